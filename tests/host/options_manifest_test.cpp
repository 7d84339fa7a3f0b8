// SPDX-License-Identifier: MIT
// What the command line says beside a manifest: where its nodes are, what is built, checked, kept and copied,
// and what becomes of nodes that were done before one failed.
#include "tests/host/deploy.hpp"
#include "tests/host/repository.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

/// A node with profile «app», which belongs to root.
json node(const std::string& hostname, const std::string& closure) {
  return {{"hostname", hostname},
          {"sshUser", "root"},
          {"gate", {{"soak", 1}}},
          {"profiles", {{"app", {{"user", "root"}, {"path", closure}}}}}};
}

std::string committed(TestHost& host) {
  return "/nix/store/" + host.output_of("readlink /etc/switchback/profiles/app/current");
}

/// Two hosts of one pusher, in a manifest, each with a generation of its own.
struct Pair {
  std::shared_ptr<Pusher> pusher = std::make_shared<Pusher>();
  TestHost one = TestHost::boot({.name = "one", .pusher = pusher});
  TestHost two = TestHost::boot({.name = "two", .pusher = pusher});
  std::string first = web(one, "web-1");

  Pair() {
    manifest(first, first);
    expect(in_repository(one, "switchback deploy --file fleet.json --targets one two"), 0, "two: committed");
  }
  void manifest(const std::string& on_one, const std::string& on_two) {
    write(one, "fleet.json",
          json{{"nodes", {{"one", node("one", on_one)}, {"two", node("two", on_two)}}}}.dump());
  }
};

}  // namespace

TEST_CASE("every verb finds the node of a manifest where the command line says that it is", "[options]") {
  auto host = TestHost::boot();
  const auto closure = web(host, "web-1");
  auto lost = node("nowhere.invalid", closure);
  lost["sshUser"] = "nobody";
  lost["sshOpts"] = {"-p", "2222"};
  write(host, "fleet.json", json{{"nodes", {{"web", lost}}}}.dump());
  const std::string rightly = "--hostname target --ssh-user root --ssh-opts '-p 22' ";
  const auto at = [&](const std::string& verb, const std::string& more = "") {
    return in_repository(host, "switchback " + verb + " -f fleet.json " + rightly + more);
  };
  expect(in_repository(host, "switchback deploy --file fleet.json web"), 5, "nowhere.invalid");
  expect(in_repository(host, "switchback deploy -f fleet.json --hostname target --ssh-opts '-p 22' web"), 5,
         "nobody@");
  expect(in_repository(host, "switchback check -f fleet.json --hostname target --ssh-user root web"), 5,
         "port 2222");
  expect(at("deploy", "web"), 0, "web: committed: app generation 1");
  check_runs(host, closure);
  expect(at("status", "--targets web"), 0, "committed: app generation 1");
  expect(at("check", "web"), 0, "web: ready to be deployed to");
  expect(at("history", "web"), 0, "committed: app generation 1");
  expect(at("watch", "web"), 1, "");
  expect(at("remove", "--dry-run web.app"), 0, "nothing has changed");
  expect(at("deploy", "--test web"), 0, "the test runs until");
  expect(at("confirm", "web"), 1, "");
  expect(at("cancel", "web"), 0, "cancelled");
  await_rest(host);
  settle(host, web(host, "web-2"));
  expect(at("rollback", "web.app"), 0, "committed: app generation 1");
  check_runs(host, closure);
}

TEST_CASE("the option --host takes its user and its words for ssh from options, too", "[options]") {
  auto host = TestHost::boot();
  const auto check = [&](const std::vector<std::string>& more) {
    std::vector<std::string> argv{"switchback", "check", "--host", "target"};
    argv.insert(argv.end(), more.begin(), more.end());
    return host.pusher(argv);
  };
  expect(check({"--ssh-user", "root"}), 0, "reached as root");
  expect(check({"--ssh-user", "nobody"}), 5, "nobody@");
  expect(check({"--ssh-opts", "-l root -p 2222"}), 5, "port 2222");
  expect(check({"--ssh-opt=-p", "--ssh-opt=22", "--ssh-opts", "-p 2222"}), 0, "ready");
  expect(host.pusher({"switchback", "check", "--host", "root@target", "--ssh-user", "root"}), 2,
         "names a user already");
}

TEST_CASE("nodes done before one fails are rolled back with it, unless they are to be kept", "[options]") {
  Pair pair;
  const auto second = web(pair.one, "web-2");
  pair.manifest(second, web_running(pair.two, "sleep 0.5; exit 1"));
  SECTION("as usual") {
    const auto result = in_repository(pair.one, "switchback deploy --file fleet.json one two");
    expect(result, 3, "two: reverted: web.service exited with status 1");
    expect(result, 3, "rolling back app, because two failed");
    check_runs(pair.one, pair.first);
  }
  SECTION("kept") {
    expect(in_repository(pair.one,
                         "switchback deploy --file fleet.json --rollback-succeeded false --targets one two"),
           3, "one: committed: app generation 2");
    check_runs(pair.one, second);
  }
  check_runs(pair.two, pair.first);
  const auto status = in_repository(pair.one, "switchback status -f fleet.json one --targets two");
  expect(status, 0, "one: activator");
  expect(status, 0, "two: activator");
}

TEST_CASE("a flake's checks are run when that is asked for, and stop a deployment that fails them",
          "[options]") {
  auto host = TestHost::boot();
  const auto check = [](const std::string& script) {
    return "checks.x86_64-linux.table = derivation { name = \"table\"; system = \"x86_64-linux\"; "
           "builder = \"/bin/sh\"; args = [ \"-c\" ''" +
           script + "'' ]; };";
  };
  write_flake(host, "web-1", "", check("echo table users is missing; exit 1"));
  const auto failed = in_repository(host, "switchback deploy --checks .#web");
  expect(failed, 1, "the checks of . fail");
  check_runs(host, "");
  SECTION("not run as usual, nor when they are skipped") {
    expect(in_repository(host, "switchback deploy .#web"), 0, "committed");
    expect(in_repository(host, "switchback deploy --checks --skip-checks .#web"), 0, "committed");
    expect(in_repository(host, "switchback deploy --checks -s .#web"), 0, "--skip-checks is not needed");
  }
  SECTION("passed") {
    write_flake(host, "web-1", "", check("echo well >$out"));
    expect(in_repository(host, "switchback deploy -v --checks .#web"), 0, "switchback: check .");
    check_runs(host, committed(host));
  }
}

TEST_CASE("what was built is kept by links where that is asked for", "[options]") {
  auto host = TestHost::boot();
  write_flake(host, "web-1");
  const auto link = [&](const std::string& path) { return in_repository(host, "readlink -f " + path).out; };
  expect(in_repository(host, "switchback deploy .#web && test ! -e .deploy-gc"), 0, "committed");
  expect(in_repository(host, "switchback deploy -k .#web"), 0, "committed");
  CHECK(link(".deploy-gc/web/app") == committed(host) + "\n");
  expect(in_repository(host, "switchback deploy --keep-result --result-path kept/here .#web"), 0,
         "committed");
  CHECK(link("kept/here/web/app") == committed(host) + "\n");
  expect(in_repository(host, "nix-store --query --roots " + committed(host)), 0, "kept/here/web/app");
}

TEST_CASE("a host builds its closure itself where that is asked for", "[options]") {
  auto host = TestHost::boot();
  const auto here = host.pusher().output_of({"uname", "-n"});
  REQUIRE(here != "target");
  const auto built_on = [&] { return host.output_of("cat " + committed(host) + "/built-on"); };
  const auto known_here = [&] {
    return host.pusher({"nix-store", "--check-validity", committed(host)}).status == 0;
  };
  write_flake(host, "web-1");
  SECTION("by the command line") {
    expect(in_repository(host, "switchback deploy --remote-build .#web"), 0, "committed: app generation 1");
    CHECK(built_on() == "target");
    CHECK_FALSE(known_here());
    write_flake(host, "web-2");
    expect(in_repository(host, "switchback deploy .#web"), 0, "committed: app generation 2");
    CHECK(built_on() == here);
    CHECK(known_here());
  }
  SECTION("by the manifest") {
    write_flake(host, "web-1", "remoteBuild = true;");
    expect(in_repository(host, "switchback deploy .#web"), 0, "committed: app generation 1");
    CHECK(built_on() == "target");
    check_runs(host, committed(host));
  }
  SECTION("not with --path, where there is nothing to build") {
    expect(deploy(host, web(host, "web"), {"--remote-build"}), 2, "there is nothing to build");
  }
}

TEST_CASE("a host that is to build and cannot be reached is told as one that cannot be reached",
          "[options]") {
  auto host = TestHost::boot();
  write_flake(host, "web-1");
  host.cut_network();
  expect(in_repository(host, "switchback deploy --ssh-opt=-oConnectTimeout=2 --remote-build .#web"), 5,
         "web: ");
  write_flake(host, "web-1", "remoteBuild = true;");
  expect(in_repository(host, "switchback deploy --ssh-opt=-oConnectTimeout=2 .#web"), 5, "web: ");
  host.restore_network();
  check_runs(host, "");
}

TEST_CASE("a host fetches from its own substituters what they have, unless the connection to it is fast",
          "[options]") {
  auto host = TestHost::boot();
  const std::string cache = "file:///var/cache/nix";
  const auto closure = web(host, "web-1");
  host.copy_closure(closure);
  host.output_of("cd /root && nix-store --generate-binary-cache-key cache-1 key key.pub && nix copy --to '" +
                 cache + "?secret-key=/root/key' " + closure + " && nix-store --delete " + closure +
                 " && printf '\\nsubstituters = " + cache +
                 "\\ntrusted-public-keys = %s\\n' \"$(cat key.pub)\" " +
                 ">>/etc/nix/nix.conf && systemctl try-restart nix-daemon.service");
  const auto signatures = [&] { return host.output_of("nix path-info --sigs " + closure); };
  SECTION("slow") {
    expect(deploy(host, closure, {"--fast-connection", "false"}), 0, "committed");
    CHECK_THAT(signatures(), ContainsSubstring("cache-1:"));
  }
  SECTION("fast") {
    expect(deploy(host, closure, {"--fast-connection", "true"}), 0, "committed");
    CHECK(signatures().find("cache-1:") == std::string::npos);
  }
  check_runs(host, closure);
}

TEST_CASE("a host that is to check signatures refuses a closure without one", "[options]") {
  auto host = TestHost::boot();
  const auto closure = web(host, "web-1");
  host.pusher().output_of({"nix-store", "--generate-binary-cache-key", "builder-1", "key", "key.pub"});
  const auto public_key = host.pusher().output_of({"cat", "key.pub"});
  host.output_of("printf '\\ntrusted-public-keys = %s\\n' '" + public_key +
                 "' >>/etc/nix/nix.conf && systemctl try-restart nix-daemon.service");
  const auto refused = deploy(host, closure, {"--checksigs"});
  INFO(refused.out << refused.err);
  REQUIRE(refused.status == 1);
  CHECK_THAT(refused.err, ContainsSubstring("signature"));
  CHECK_FALSE(host.exists(closure));
  host.pusher().output_of({"nix", "store", "sign", "--key-file", "key", closure});
  expect(deploy(host, closure, {"-c"}), 0, "committed");
  check_runs(host, closure);
}
