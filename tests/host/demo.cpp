// SPDX-License-Identifier: MIT
// The demo: a booted host, four deployments as a user would type them, and what the host says in the end.
// Everything that is shown is what the command really printed.
#include "tests/support/testhost/closure.hpp"
#include "tests/support/testhost/test_host.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

using namespace switchback::test;

namespace {

constexpr std::chrono::minutes kDeadline{2};

std::string web(TestHost& host, const std::string& name, const std::string& script) {
  return Closure(name)
      .file("bin/web", "#!/bin/sh\n" + script + "\n")
      .file("lib/systemd/system/web.service",
            "[Unit]\nDescription=The web service\n[Service]\nExecStart=@out@/bin/web\n"
            "[Install]\nWantedBy=multi-user.target\n")
      .build(host.pusher());
}

void say(const std::string& text) { std::cout << "\n\x1b[1m# " << text << "\x1b[0m\n" << std::flush; }

/// Runs what a user would type, on a terminal of 80 columns, and shows it as it comes.
int type(TestHost& host, const std::vector<std::string>& argv) {
  std::cout << "\x1b[2m$";
  for (const auto& word : argv) std::cout << ' ' << word;
  std::cout << "\x1b[0m\n" << std::flush;
  PusherOptions options;
  options.terminal = true;
  const auto process = host.start_pusher(argv, options);
  std::size_t shown = 0;
  const auto show = [&] {
    const auto out = process->out();
    std::cout << out.substr(shown) << std::flush;
    shown = out.size();
  };
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (!process->ended_within(std::chrono::milliseconds(50)) && std::chrono::steady_clock::now() < end)
    show();
  const int status = process->wait(std::chrono::seconds(1));
  show();
  std::cout << "\x1b[2m(exit status " << status << ")\x1b[0m\n" << std::flush;
  return status;
}

int deploy(TestHost& host, const std::string& path) {
  return type(host, {"switchback", "deploy", "--host", "root@web1", "--profile", "app", "--path", path,
                     "--soak", "5", "--confirm-timeout", "5"});
}

bool demo() {
  HostOptions options;
  options.name = "web1";
  std::cout << "booting a Debian host with systemd, sshd and nix …\n" << std::flush;
  auto host = TestHost::boot(options);
  bool as_told = true;

  say("a good generation");
  as_told &= deploy(host, web(host, "web-1", "exec sleep infinity")) == 0;
  say("one whose service crashes three seconds after it was started");
  as_told &= deploy(host, web(host, "web-2", "sleep 3; echo 'no such table: users' >&2; exit 1")) == 3;
  say("one that stops sshd: nobody could confirm it");
  as_told &= deploy(host, web(host, "web-3", "systemctl stop ssh.service; exec sleep infinity")) == 3;
  say("a good one again");
  as_told &= deploy(host, web(host, "web-4", "exec sleep infinity; :")) == 0;
  say("what the host says");
  as_told &= type(host, {"switchback", "status", "--host", "root@web1"}) == 0;
  return as_told;
}

}  // namespace

int main() {
  try {
    if (demo()) return 0;
    std::cerr << "demo: a deployment did not end as it was told above\n";
  } catch (const std::exception& error) {
    std::cerr << "demo: " << error.what() << '\n';
  }
  return 1;
}
