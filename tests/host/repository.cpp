// SPDX-License-Identifier: MIT
#include "tests/host/repository.hpp"

namespace switchback::test {

CommandResult in_repository(TestHost& host, const std::string& command) {
  PusherOptions options;
  options.deadline = std::chrono::seconds(120);
  return host.pusher({"sh", "-c", "mkdir -p repository && cd repository && " + command}, options);
}

void write(TestHost& host, const std::string& name, const std::string& text) {
  PusherOptions options;
  options.input = text;
  host.pusher().output_of({"sh", "-c", "mkdir -p repository && cat >repository/" + name}, options);
}

void write_flake(TestHost& host, const std::string& name, const std::string& settings,
                 const std::string& outputs) {
  const std::string text = R"({
  outputs = { self }: {
    deploy.nodes.web = {
      hostname = "target";
      sshUser = "root";
      gate.soak = 1;
      SETTINGS
      profiles.app = {
        user = "root";
        path = derivation {
          name = "NAME";
          system = "x86_64-linux";
          builder = "/bin/sh";
          PATH = "/usr/bin:/bin";
          unit = ''
            [Service]
            ExecStart=/bin/sleep infinity
            [Install]
            WantedBy=multi-user.target
          '';
          args = [ "-euc" ''mkdir -p "$out/lib/systemd/system"; uname -n >$out/built-on; printf %s "$unit" >"$out/lib/systemd/system/web.service"'' ];
        };
      };
    };
    OUTPUTS
  };
})";
  auto filled = text;
  for (const auto& [word, value] :
       {std::pair<std::string, std::string>{"SETTINGS", settings}, {"NAME", name}, {"OUTPUTS", outputs}}) {
    filled.replace(filled.find(word), word.size(), value);
  }
  write(host, "flake.nix", filled);
}

}  // namespace switchback::test
