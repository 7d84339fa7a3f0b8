// SPDX-License-Identifier: MIT
// The ways in: a colmena hive, a NixOps and a morph network of our own writing, and a flake's
// nixosConfigurations, deployed to a host that runs a NixOS system. What they say of their machines holds
// there, and what is wrong goes back to the system that the other tool brought.
#include "tests/host/repository.hpp"
#include "tests/host/systems.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/replaced.hpp"

#include <filesystem>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// A host, and beside the networks what stands in the place of nixpkgs; a system of theirs is one like
/// `base`.
struct Site : NixosHost {
  std::string base = web_system("base").build(host.pusher());

  Site() {
    const fs::path source = SWITCHBACK_SOURCE;
    fs::create_directories(host.pusher().home() / "repository");
    for (const auto* part : {"nixpkgs", "other-nixpkgs"}) {
      fs::copy(source / "tests/nix/ways" / part, host.pusher().home() / "repository" / part,
               fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    }
  }

  /// BASE and WEB (the text of a service that runs until it is stopped) are put in.
  void network(const std::string& name, const std::string& text, const std::string& web = "exec sleep 1d") {
    const auto unit = "''\n" + service_running(web) + "''";
    write(host, name, replaced(replaced(text, "BASE", base), "WEB", unit));
  }
  CommandResult command(const std::string& words) {
    return in_repository(host, "export SWITCHBACK_NIX=" SWITCHBACK_SOURCE "/nix; " + words);
  }
  /// The system of a node of an imported manifest.
  std::string system_of(const std::string& node, const std::string& file = "fleet.json") {
    const auto text = host.pusher().output_of({"cat", "repository/" + file});
    return json::parse(text).at("nodes").at(node).at("profiles").at("system").at("path");
  }
  std::string settings() { return host.read_file("/run/current-system/etc/settings"); }
};

/// Who logs in on port 2222 alone, whom nix trusts, and who becomes root by a program that is called doas.
void add_deploy_user(TestHost& host) {
  host.output_of(
      "useradd --create-home --shell /bin/sh --groups nix-users deploy && "
      "install -d -o deploy -m 700 /home/deploy/.ssh && "
      "install -o deploy -m 600 /root/.ssh/authorized_keys /home/deploy/.ssh/ && "
      "printf '\\ntrusted-users = root deploy\\n' >>/etc/nix/nix.conf && "
      "systemctl try-restart nix-daemon.service");
  host.write_file("/etc/sudoers.d/switchback",
                  "deploy ALL=(root) NOPASSWD: /usr/bin/switchback-activator bridge\n", "0440");
  host.write_file("/usr/local/bin/doas",
                  "#!/bin/sh\n[ \"$1 $2\" = '-u root' ] || exit 64\nshift 2\n"
                  "echo \"$*\" >>/home/deploy/became-root\nexec sudo -n \"$@\"\n",
                  "0755");
  host.write_file("/etc/ssh/sshd_config.d/port.conf",
                  "Port 22\nPort 2222\nMatch LocalPort 22\n  DenyUsers deploy\n");
  host.output_of("systemctl restart ssh.service");
}

const std::string kHive = R"({
  meta = {
    nixpkgs = import ./nixpkgs { };
    nodeNixpkgs.web = import ./nixpkgs { overlays = [ (_: _: { pin = "of web"; }) ]; };
    specialArgs.colour = "green";
    nodeSpecialArgs.web.size = "large";
  };
  defaults = { name, colour, ... }: {
    standin.base = "BASE";
    environment.etc = { inherit colour name; };
    systemd.services.web = WEB;
  };
  web = { nodes, pkgs, size, ... }: {
    environment.etc = { inherit size; inherit (pkgs) pin; peer = nodes.db.config.networking.hostName; };
    deployment = {
      targetHost = "target";
      targetPort = 2222;
      targetUser = "deploy";
      tags = [ "front" ];
      sshOptions = [ "-o" "SetEnv=LC_WAY=colmena" ];
      buildOnTarget = true;
      privilegeEscalationCommand = [ "doas" "--" ];
      keys.cert.text = "secret";
    };
  };
  db.networking.hostName = "db-1";
})";

const std::string kNixops = R"({
  network = { description = "shop"; nixpkgs = import ./other-nixpkgs { }; enableRollback = true; };
  defaults = { name, ... }: {
    standin.base = "BASE";
    environment.etc = { inherit name; };
    systemd.services.web = WEB;
  };
  web = { nodes, ... }: { environment.etc.peer = nodes.db.config.networking.privateIPv4; };
  db.networking.privateIPv4 = "10.0.0.2";
})";

const std::string kMachines = R"({
  resources.ec2KeyPairs.shop.region = "eu-west-1";
  web.deployment = { targetHost = "target"; hasFastConnection = true; keys.cert.text = "secret"; };
})";

const std::string kMorph = R"({
  network = { pkgs = import ./nixpkgs { }; specialArgs.colour = "green"; };
  defaults = { name, colour, ... }: {
    standin.base = "BASE";
    environment.etc = { inherit colour name; };
    systemd.services.web = WEB;
  };
  web.deployment = {
    targetHost = "target";
    targetUser = "root";
    tags = [ "front" ];
    healthChecks.cmd = [ { description = "is ready"; cmd = [ "test" "-e" "/run/ready" "&&" "true" ]; period = 1; } ];
    healthChecks.http = [ { description = "answers"; port = 8080; period = 1; timeout = 2; } ];
    preDeployChecks.cmd = [ { description = "not at night"; cmd = [ "true" ]; } ];
  };
})";

/// A web server of one line for each connection, in the host's own network.
void serve(TestHost& host) {
  host.write_file("/usr/local/bin/answer",
                  "#!/bin/sh\nread -r line\nprintf 'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n"
                  "Connection: close\\r\\n\\r\\n'\n",
                  "0755");
  host.write_file("/run/systemd/system/answer.socket", "[Socket]\nListenStream=8080\nAccept=yes\n");
  host.write_file("/run/systemd/system/answer@.service",
                  "[Service]\nExecStart=/usr/local/bin/answer\nStandardInput=socket\n");
  host.output_of("systemctl daemon-reload && systemctl start answer.socket");
}

}  // namespace

TEST_CASE("a colmena hive is deployed from its file, with all that it says of a machine", "[ways]") {
  Site site;
  auto& host = site.host;
  add_deploy_user(host);
  // A derivation brings its sources along; the stand-in is none, and nobody has signed it.
  host.copy_closure(site.base);
  site.network("hive.nix", kHive);
  const auto imported = site.command("switchback import hive.nix --output fleet.json");
  expect(imported, 0, "hive.nix is a colmena hive; nodes: db, web");
  expect(imported, 0, "  web: deployment.keys.cert\n    not sent: sops-nix or agenix");
  const auto system = site.system_of("web");
  const auto result = site.command("switchback deploy --file hive.nix --soak 1 web");
  expect(result, 0, "web: committed: system generation 2");
  expect(result, 0, "not carried over: web: deployment.keys.cert: ");
  check_system(host, system);
  CHECK(json::parse(site.settings()) ==
        json{{"name", "web"}, {"colour", "green"}, {"size", "large"}, {"pin", "of web"}, {"peer", "db-1"}});
  // Built there, by who was let in on that port only, and became root by no other way.
  CHECK(host.pusher({"test", "-e", system}).status == 1);
  CHECK_THAT(host.read_file("/home/deploy/became-root"), ContainsSubstring("switchback-activator bridge"));
  expect(site.command("switchback status --file hive.nix web"), 0, "committed: system generation 2");
  expect(site.command("switchback check --file fleet.json web"), 0, "reached as deploy, with doas");
}

TEST_CASE("a user becomes root by what --sudo names", "[ways]") {
  auto host = TestHost::boot();
  add_deploy_user(host);
  const auto closure = web(host, "web-1");
  const auto result =
      in_repository(host,
                    "switchback deploy --host deploy@target --ssh-opts '-p 2222' --profile app --soak 1 "
                    "--sudo 'doas -u' --path " +
                        closure);
  expect(result, 0, "committed: app generation 1");
  check_runs(host, closure);
  CHECK_THAT(host.read_file("/home/deploy/became-root"), ContainsSubstring("switchback-activator bridge"));
}

TEST_CASE("a manifest that was imported builds what it names, and is the same as the hive", "[ways]") {
  Site site;
  auto& host = site.host;
  auto hive = kHive;
  for (const std::string option :
       {"targetPort = 2222;", "targetUser = \"deploy\";", "buildOnTarget = true;"}) {
    hive = replaced(hive, option, "");
  }
  site.network("hive.nix", hive);
  expect(site.command("switchback import hive.nix >fleet.json"), 0, "not carried over");
  const auto system = site.system_of("web");
  REQUIRE(host.pusher({"test", "-e", system}).status == 1);
  expect(site.command("switchback deploy --file fleet.json --soak 1 web"), 0,
         "web: committed: system generation 2");
  check_system(host, system);
  CHECK(host.pusher({"test", "-e", system}).status == 0);
}

TEST_CASE("a first deployment over a generation that NixOps made goes back to it", "[ways]") {
  Site site;
  auto& host = site.host;
  // As NixOps activates: the profile first, then the switch.
  const auto made = web_system("of-nixops").build(host.pusher());
  host.copy_closure(made);
  host.output_of("nix-env --profile /nix/var/nix/profiles/system --set " + made + " && " + made +
                 "/bin/switch-to-configuration switch");
  check_system(host, made);
  site.network("machines.nix", kMachines);
  // A service that is up for a moment: its start succeeds, and the gate sees it fail.
  site.network("network.nix", kNixops, "sleep 0.5; exit 7");
  const auto imported = site.command("switchback import network.nix machines.nix -o fleet.json");
  expect(imported, 0, "network.nix is a NixOps network; nodes: db, web");
  for (const auto* left : {"resources.ec2KeyPairs.shop", "web: deployment.keys.cert",
                           "network.enableRollback", "web: the ssh key that NixOps made"}) {
    CHECK_THAT(imported.err, ContainsSubstring(left));
  }
  expect(site.command("switchback deploy --file fleet.json --soak 2 web"), 3,
         "web.service exited with status 7");
  check_system(host, made);
  SECTION("and a good one is committed, from which it can be rolled back to that of NixOps") {
    site.network("network.nix", kNixops);
    expect(site.command("switchback import network.nix machines.nix -o fleet.json"), 0, "NixOps network");
    expect(site.command("switchback deploy --file fleet.json --soak 1 web"), 0, "web: committed");
    check_system(host, site.system_of("web"));
    CHECK(json::parse(site.settings()) ==
          json{{"name", "web"}, {"peer", "10.0.0.2"}, {"pin", "the other nixpkgs"}});
    expect(site.command("switchback rollback --file fleet.json --soak 1 web"), 0, "web: committed");
    check_system(host, made);
  }
}

TEST_CASE("a morph network's health checks decide", "[ways]") {
  Site site;
  auto& host = site.host;
  site.network("network.nix", kMorph);
  expect(site.command("switchback import network.nix -o fleet.json"), 0,
         "web: deployment.preDeployChecks (not at night)");
  const std::string deploy =
      "switchback deploy --file network.nix --soak 1 --gate-deadline 40 --confirm-timeout 12 ";
  serve(host);
  SECTION("that of a command, which the host asks") {
    expect(site.command(deploy + "--gate-deadline 15 web"), 3, "check is ready");
    check_system(host, site.first);
  }
  host.output_of("touch /run/ready");
  SECTION("that over http, which is asked from here") {
    host.output_of("systemctl stop answer.socket");
    expect(site.command(deploy + "web"), 3, "check answers");
    check_system(host, site.first);
  }
  SECTION("both pass") {
    expect(site.command(deploy + "web"), 0, "web: committed: system generation 2");
    check_system(host, site.system_of("web"));
    CHECK(json::parse(site.settings()) == json{{"name", "web"}, {"colour", "green"}});
  }
}

TEST_CASE("one of a flake's nixosConfigurations is deployed to where --host says, with no deploy", "[ways]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto second = web_system("two").build(host.pusher());
  write(host, "flake.nix",
        "{ outputs = { self }: { nixosConfigurations.web.config.system.build.toplevel = \"" + second +
            "\"; }; }");
  const std::string target = ".#nixosConfigurations.web ";
  expect(in_repository(host, "switchback deploy " + target), 2, "where does it run? Give --host");
  expect(in_repository(host, "switchback deploy .#nixosConfigurations.wbe --host root@target"), 2,
         "did you mean web?");
  expect(in_repository(host, "switchback deploy " + target + "--host root@target --soak 1"), 0,
         "web: committed: system generation 2");
  check_system(host, second);
}

TEST_CASE("a file that is no network is told as such, and no host is reached for it", "[ways]") {
  Site site;
  site.network("module.nix", "{ config, pkgs, ... }: { }");
  expect(site.command("switchback import module.nix"), 2, "found a function that needs config, pkgs");
  expect(site.command("switchback deploy --file module.nix web"), 2, "expected a colmena hive");
  expect(site.command("switchback import none.nix"), 2, "cannot open none.nix");
}
