// SPDX-License-Identifier: MIT
// What a deployment is going to do, what it did instead, and its picture, on hosts that are really asked.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/golden.hpp"

#include <regex>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string last_id(TestHost& host) {
  return events_of(verb(host, "history", {"--json", "--limit", "1"})).at(0).at("id").get<std::string>();
}

/// What an XML parser finds in a picture.
std::string found_in(TestHost& host, const std::string& picture, const std::string& expression) {
  PusherOptions options;
  options.input = picture;
  const auto result = host.pusher({"xmllint", "--nonet", "--xpath", expression, "-"}, options);
  INFO(shown(result));
  REQUIRE(result.status == 0);
  return result.out.substr(0, result.out.find_last_not_of('\n') + 1);
}

std::string service(const std::string& more, const std::string& start = "/bin/sleep infinity") {
  return "[Service]\nExecStart=" + start + "\nExecReload=/bin/true\n[Unit]\n" + more +
         "\n[Install]\nWantedBy=multi-user.target\n";
}

/// Of a program and of a library that it needs, with units of every fate.
std::string release(TestHost& host, const std::string& version,
                    const std::map<std::string, std::string>& files) {
  const auto library = Closure("greeting-" + version)
                           .file("share/words", std::string(version == "1.0" ? 2000 : 20'000, 'x'))
                           .build(host.pusher());
  Closure closure("web-" + version);
  closure.file("share/needs", library + "\n").needs(library);
  for (const auto& [path, text] : files) closure.file("lib/systemd/system/" + path, text);
  return closure.build(host.pusher());
}

/// `first` runs, `second` is to be planned.
struct Releases {
  TestHost host;
  std::string first, second;

  static HostOptions web1() {
    HostOptions options;
    options.name = "web1";
    return options;
  }
  Releases() : host(TestHost::boot(web1())) {
    const auto changed = "Environment=CHANGED=yes\n";
    const std::map<std::string, std::string> before{
        {"changed.service", service("Description=one")},
        {"restarted.service", service("X-SwitchMethod=restart")},
        {"reloaded.service", service("X-SwitchMethod=reload")},
        {"kept.service", service("Description=left\n[Service]\nX-RestartIfChanged=false")},
        {"same.service", service("Description=the same")},
        {"removed.service", service("Description=it goes")},
        {"stopped.service", service("Description=nobody wants it any more")}};
    auto after = before;
    for (const char* unit :
         {"changed.service", "restarted.service", "reloaded.service", "kept.service", "stopped.service"}) {
      after[unit].insert(std::string("[Service]\n").size(), changed);
    }
    after.erase("removed.service");
    after["new.service"] = service("Description=it comes");
    after["unwanted.service"] = "[Service]\nExecStart=/bin/true\n";
    first = release(host, "1.0", before);
    second = release(host, "1.1", after);
    REQUIRE(host.pusher(command(first)).status == 0);
    host.output_of("systemctl stop stopped.service");
  }
  std::vector<std::string> command(const std::string& closure,
                                   const std::vector<std::string>& more = {}) const {
    std::vector<std::string> argv{"switchback", "deploy", "--host", "root@web1", "--profile",
                                  "app",        "--path", closure,  "--soak",    "0.5"};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }
};

std::string without_hashes(const std::string& text) {
  return std::regex_replace(text, std::regex("/nix/store/[0-9a-z]{32}-"), "/nix/store/HASH-");
}

}  // namespace

TEST_CASE("a dry run tells the fate of every unit, and what the closure brings", "[picture]") {
  Releases world;
  const auto result = world.host.pusher(world.command(world.second, {"--dry-run"}));
  INFO(result.err);
  CHECK(result.status == 0);
  check_text("host/dry_run.txt", without_hashes(result.out));
  std::string told;
  for (auto& event : events_of(world.host.pusher(world.command(world.second, {"--dry-run", "--json"})))) {
    const auto type = event.at("type");
    if (type != "plan" && type != "closure" && type != "outcome") continue;
    for (const char* key : {"time", "seq", "activation"}) event.erase(key);
    told += event.dump() + "\n";
  }
  check_text("host/dry_run.json", without_hashes(told));
  CHECK(world.host.output_of("readlink -f " + std::string(kProfile)) == world.first);
  CHECK(world.host.unit_property("new.service", "ActiveState") == "inactive");
}

TEST_CASE("a dry run of a first generation is compared with nothing", "[picture]") {
  auto host = TestHost::boot();
  const auto result = deploy(host, release(host, "1.0", {{"web.service", service("")}}), {"--dry-run"});
  expect(result, 0, "app: nothing → web-1.0, +");
  expect(result, 0, "greeting: new, 1.0");
}

TEST_CASE("what was done otherwise than planned is told by the history, and by -v", "[picture]") {
  Settled settled;
  auto& host = settled.host;
  for (const char* name : {"other", "rival"}) {
    host.write_file("/etc/systemd/system/" + std::string(name) + ".service",
                    "[Service]\nExecStart=/bin/sleep infinity\n");
  }
  host.output_of("systemctl daemon-reload && systemctl start other.service rival.service");
  const auto closure = units(
      host, {{"web.service",
              "[Unit]\nConflicts=rival.service\n[Service]\nExecStart=/bin/sleep infinity\n"
              "ExecStartPost=/bin/systemctl restart other.service\n[Install]\nWantedBy=multi-user.target\n"},
             {"never.service", service("ConditionPathExists=/nowhere")}});
  const auto result = deploy(host, closure, {"-v"});
  const auto check = [](const CommandResult& told) {
    expect(told, 0, "never.service was to be started, but was not: a condition of it is not met");
    expect(told, 0, "other.service was restarted, which was not planned");
    expect(told, 0, "rival.service was stopped, which was not planned");
    CHECK(shown(told).find("web.service was") == std::string::npos);
  };
  check(result);
  check(verb(host, "history", {last_id(host)}));
}

TEST_CASE("a deployment that was committed, and one that was reverted, are drawn", "[picture]") {
  Settled settled;
  auto& host = settled.host;
  REQUIRE(deploy(host, web(host, "web-2")).status == 0);
  const auto drawn = verb(host, "history", {last_id(host), "--plot", "-"});
  REQUIRE(drawn.status == 0);
  const auto phases = [&](const std::string& picture) {
    std::string out;
    for (int i = 1; i <= 8; ++i) {
      const auto name =
          found_in(host, picture, "string(//*[@class='phase'][" + std::to_string(i) + "]/@data-name)");
      if (!name.empty()) out += (out.empty() ? "" : ", ") + name;
    }
    return out;
  };
  CHECK(phases(drawn.out) == "preparing, switching, observing, awaiting confirmation, committing");
  CHECK(found_in(host, drawn.out, "string(//*[@class='unit']/@data-name)") == "web.service");
  CHECK_THAT(found_in(host, drawn.out, "string(//*[@class='mark good'][1])"), ContainsSubstring("committed"));

  REQUIRE(deploy(host, web_running(host, "echo table users is missing >&2; sleep 0.5; exit 1")).status == 3);
  const auto file = (host.pusher().scratch() / "picture.svg").string();
  expect(verb(host, "history", {"--plot", file}), 0, "is drawn in " + file);
  const auto picture = host.pusher().output_of({"cat", file});
  CHECK(phases(picture) == "preparing, switching, observing, reverting");
  CHECK_THAT(found_in(host, picture, "string(//*[@class='unit'])"), ContainsSubstring("exit-code"));
  CHECK_THAT(picture,
             ContainsSubstring("table users is missing") && ContainsSubstring("reverted: web.service"));
  expect(verb(host, "history", {"--plot", "/nowhere/picture.svg"}), 1, "cannot write /nowhere/picture.svg");
}
