// SPDX-License-Identifier: MIT
// What is done with each unit, from what it was, what it shall be and what runs.
#include "activator/core/plan.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>

using namespace switchback;

namespace {

UnitName unit(const std::string& name) { return *UnitName::parse(name); }
const std::string kWanted = "[Install]\nWantedBy=multi-user.target\n";

std::string service(const std::string& exec, const std::string& more = "") {
  return "[Service]\nExecStart=" + exec + "\n" + more + "\n" + kWanted;
}

/// Two unit sets and a host on which multi-user.target is active.
struct Change {
  std::vector<UnitDirEntry> before, after;
  Snapshot live;
  Change() { set("multi-user.target", "active").fragment = "/lib/systemd/system/multi-user.target"; }

  UnitSnapshot& set(const std::string& name, const std::string& active) {
    auto& state = live[unit(name)];
    state.load = "loaded";
    state.active = active;
    state.service_type = "simple";
    state.fragment = "/run/systemd/generator/" + name;
    return state;
  }
  [[nodiscard]] UnitPlan plan() const {
    return make_plan(UnitSet::from_entries(before, nullptr), UnitSet::from_entries(after, nullptr), live);
  }
};

std::string action(const UnitPlan& plan, const std::string& name) {
  for (const auto& planned : plan.explained) {
    if (planned.unit.text() == name) return std::string(text(planned.action));
  }
  return "";
}

std::string list(const std::vector<UnitName>& units) {
  std::string out;
  for (const auto& name : units) out += (out.empty() ? "" : " ") + name.text();
  return out;
}

}  // namespace

TEST_CASE("a changed service is stopped by the old definition and started by the new one", "[plan]") {
  Change change;
  change.before = {{"web.service", service("/a"), ""}};
  change.after = {{"web.service", service("/b"), ""}};
  change.set("web.service", "active");
  const auto plan = change.plan();
  CHECK(list(plan.stop) == "web.service");
  CHECK(list(plan.start) == "web.service");
  CHECK(action(plan, "web.service") == "stop-start");
}

TEST_CASE("an equal unit is left alone, and so is one whose difference nothing that runs would see",
          "[plan]") {
  Change change;
  change.before = {{"web.service", service("/a"), ""}};
  change.after = {{"web.service", "[Unit]\nDescription=new words\n" + service("/a"), ""}};
  change.set("web.service", "active");
  CHECK(change.plan().nothing_to_do());
}

TEST_CASE("a new unit is started by name if something active wants it", "[plan]") {
  Change change;
  change.after = {{"web.service", service("/a"), ""},
                  {"idle.service", "[Service]\nExecStart=/a\n", ""},
                  {"rescue-only.service", "[Service]\nExecStart=/a\n[Install]\nWantedBy=rescue.target\n", ""},
                  {"app.target", "[Unit]\nWants=part@1.service\n" + kWanted, ""},
                  {"part@.service", "[Service]\nExecStart=/a\n", ""},
                  {"by-hand.service", service("/a") + "[Unit]\nRefuseManualStart=yes\n", ""}};
  const auto plan = change.plan();
  CHECK(list(plan.start) == "app.target part@1.service web.service");
  CHECK(action(plan, "idle.service") == "keep");
  CHECK(action(plan, "rescue-only.service") == "keep");
  CHECK(action(plan, "by-hand.service") == "skip");
}

TEST_CASE("what an administrator stopped stays stopped, what had failed is tried again", "[plan]") {
  Change change;
  change.before = {{"stopped.service", service("/a"), ""},
                   {"failed.service", service("/a"), ""},
                   {"failed-same.service", service("/a"), ""}};
  change.after = {{"stopped.service", service("/b"), ""},
                  {"failed.service", service("/b"), ""},
                  {"failed-same.service", service("/a"), ""}};
  change.set("stopped.service", "inactive");
  change.set("failed.service", "failed");
  change.set("failed-same.service", "failed");
  const auto plan = change.plan();
  CHECK(list(plan.start) == "failed.service");
  CHECK(plan.stop.empty());
}

TEST_CASE("a removed unit is stopped, unless it asks not to be", "[plan]") {
  Change change;
  change.before = {{"web.service", service("/a"), ""},
                   {"keep.service", "[Unit]\nX-StopOnRemoval=false\n" + service("/a"), ""},
                   {"idle.service", service("/a"), ""},
                   {"firm.service", service("/a"), ""}};
  change.set("web.service", "active");
  change.set("keep.service", "active");
  change.set("idle.service", "inactive");
  change.set("firm.service", "active").refuse_manual_stop = true;
  const auto plan = change.plan();
  CHECK(list(plan.stop) == "web.service");
  CHECK(list(plan.removed) == "firm.service idle.service keep.service web.service");
  CHECK(action(plan, "firm.service") == "skip");
}

TEST_CASE("the author's keys decide how a changed service follows", "[plan]") {
  const auto [key, expected] = GENERATE(table<std::string, std::string>({
      {"", "stop-start"},
      {"[Unit]\nX-SwitchMethod=restart", "restart"},
      {"[Unit]\nX-SwitchMethod=reload", "reload"},
      {"[Unit]\nX-SwitchMethod=stop-start\n[Service]\nX-RestartIfChanged=false", "stop-start"},
      {"[Unit]\nX-SwitchMethod=keep-old", "skip"},
      {"[Unit]\nX-SwitchMethod=nonsense", "stop-start"},
      {"[Service]\nX-ReloadIfChanged=true", "reload"},
      {"[Service]\nX-RestartIfChanged=false", "skip"},
      {"[Service]\nX-StopIfChanged=false", "restart"},
      {"[Unit]\nRefuseManualStop=true", "skip"},
      {"[Unit]\nX-OnlyManualStart=true", "skip"},
  }));
  Change change;
  change.before = {{"web.service", service("/a"), ""}};
  change.after = {{"web.service", service("/b", key), ""}};
  change.set("web.service", "active").can_reload = true;
  INFO(key);
  CHECK(action(change.plan(), "web.service") == expected);
}

TEST_CASE("a reload is only asked of what can reload", "[plan]") {
  Change change;
  change.before = {{"web.service", service("/a", "ExecReload=/r"), ""}};
  change.after = {{"web.service", service("/a", "ExecReload=/s"), ""}};
  change.set("web.service", "active").can_reload = GENERATE(true, false);
  const auto plan = change.plan();
  CHECK(action(plan, "web.service") ==
        (change.live[unit("web.service")].can_reload ? "reload" : "stop-start"));
}

TEST_CASE("each type of unit follows in its own way", "[plan]") {
  const auto [name, expected] = GENERATE(table<std::string, std::string>({
      {"a.timer", "restart"},
      {"a.path", "skip"},
      {"a.target", "skip"},
      {"a.slice", "skip"},
      {"srv.mount", "restart"},
      {"nix.mount", "skip"},
      {"a.socket", "stop-start"},
      {"a.service", "stop-start"},
  }));
  Change change;
  change.before = {{name, "[X]\nA=1\n", ""}};
  change.after = {{name, "[X]\nA=2\n", ""}};
  change.set(name, "active");
  INFO(name);
  CHECK(action(change.plan(), name) == expected);
}

TEST_CASE("the ground that a host stands on is never stopped", "[plan]") {
  const std::string name =
      GENERATE("dbus.service", "dbus.socket", "systemd-logind.service", "systemd-journald.service",
               "user@1000.service", "switchback-activator.service");
  Change change;
  change.before = {{name, service("/a"), ""}};
  change.set(name, "active");
  SECTION("by a change") { change.after = {{name, service("/b"), ""}}; }
  SECTION("by a removal") { change.after = {}; }
  SECTION("by a drop-in") {
    change.before = {};
    change.after = {{name + ".d/x.conf", "[Service]\nNice=1\n", ""}};
  }
  const auto plan = change.plan();
  CHECK(plan.nothing_to_do());
  CHECK(action(plan, name) == "skip");
}

TEST_CASE("a service goes and comes with its socket, so that no traffic starts the old one", "[plan]") {
  Change change;
  const std::string socket = "[Socket]\nListenStream=/run/a\n[Install]\nWantedBy=sockets.target\n";
  change.before = {{"a.service", "[Service]\nExecStart=/a\n", ""}, {"a.socket", socket, ""}};
  change.set("a.service", "active").triggered_by = {"a.socket"};
  change.set("a.socket", "active");
  SECTION("a changed service of an own socket takes the socket along") {
    change.after = {{"a.service", "[Service]\nExecStart=/b\n", ""}, {"a.socket", socket, ""}};
    const auto plan = change.plan();
    CHECK(list(plan.stop) == "a.service a.socket");
    CHECK(list(plan.start) == "a.service a.socket");
  }
  SECTION("a changed socket takes its service along") {
    change.after = {{"a.service", "[Service]\nExecStart=/a\n", ""},
                    {"a.socket", "[Socket]\nListenStream=/run/b\n", ""}};
    CHECK(list(change.plan().stop) == "a.service a.socket");
  }
  SECTION("a socket of the host's goes on listening") {
    change.before = {{"a.service", "[Service]\nExecStart=/a\n", ""}};
    change.after = {{"a.service", "[Service]\nExecStart=/b\n", ""}};
    const auto plan = change.plan();
    CHECK(list(plan.restart) == "a.service");
    CHECK(plan.stop.empty());
  }
}

TEST_CASE("a job that its timer runs at this moment is left to its end", "[plan]") {
  Change change;
  change.before = {{"backup.service", "[Service]\nType=oneshot\nExecStart=/a\n", ""}};
  change.after = {{"backup.service", "[Service]\nType=oneshot\nExecStart=/b\n", ""}};
  auto& state = change.set("backup.service", "activating");
  state.service_type = "oneshot";
  state.triggered_by = {"backup.timer"};
  CHECK(change.plan().nothing_to_do());
}

TEST_CASE("what depends on a stopped unit is started again", "[plan]") {
  Change change;
  change.before = {{"db.service", service("/a"), ""}};
  change.after = {{"db.service", service("/b"), ""}};
  change.set("db.service", "active").dependents = {"app.service", "idle.service"};
  change.set("app.service", "active").dependents = {"front.service"};
  change.set("front.service", "active");
  change.set("idle.service", "inactive");
  const auto plan = change.plan();
  CHECK(list(plan.dependents) == "app.service front.service");
  CHECK(list(plan.stop) == "db.service");
}

TEST_CASE("a running instance follows its template", "[plan]") {
  Change change;
  change.before = {{"job@.service", "[Service]\nExecStart=/a\n", ""}};
  change.after = {{"job@.service", "[Service]\nExecStart=/b\n", ""}};
  change.set("job@x.service", "active");
  CHECK(list(change.plan().start) == "job@x.service");
}

TEST_CASE("a drop-in for a unit of the host's restarts it, and so does its removal", "[plan]") {
  Change change;
  change.set("ssh.service", "active").fragment = "/lib/systemd/system/ssh.service";
  const std::vector<UnitDirEntry> with{{"ssh.service.d/x.conf", "[Service]\nNice=1\n", ""}};
  SECTION("new") { change.after = with; }
  SECTION("changed") {
    change.before = with;
    change.after = {{"ssh.service.d/x.conf", "[Service]\nNice=2\n", ""}};
  }
  SECTION("removed") { change.before = with; }
  const auto plan = change.plan();
  CHECK(list(plan.restart) == "ssh.service");
  CHECK(plan.removed.empty());
}

TEST_CASE("a unit of the vendor's that the closure replaces is switched like a changed one", "[plan]") {
  Change change;
  change.after = {{"nginx.service", service("/b"), ""}};
  change.set("nginx.service", "active").fragment = "/lib/systemd/system/nginx.service";
  const auto plan = change.plan();
  CHECK(list(plan.stop) == "nginx.service");
  CHECK(list(plan.start) == "nginx.service");
}

TEST_CASE("a unit that the administrator masked is left masked", "[plan]") {
  Change change;
  change.after = {{"web.service", service("/a"), ""}};
  change.set("web.service", "inactive").load = "masked";
  const auto plan = change.plan();
  CHECK(plan.nothing_to_do());
  CHECK(action(plan, "web.service") == "skip");
}

TEST_CASE("a unit that the closure masks is stopped", "[plan]") {
  Change change;
  change.after = {{"apache2.service", "", "/dev/null"}};
  change.set("apache2.service", "active").fragment = "/lib/systemd/system/apache2.service";
  CHECK(list(change.plan().stop) == "apache2.service");
}

TEST_CASE("going back is the same plan with old and new exchanged", "[plan]") {
  Change change;
  change.before = {{"a.service", service("/a"), ""}, {"gone.service", service("/a"), ""}};
  change.after = {{"a.service", service("/b"), ""}, {"new.service", service("/a"), ""}};
  change.set("a.service", "active");
  change.set("gone.service", "active");
  CHECK(list(change.plan().stop) == "a.service gone.service");
  std::swap(change.before, change.after);
  change.set("gone.service", "inactive");
  change.set("new.service", "active");
  const auto back = change.plan();
  CHECK(list(back.stop) == "a.service new.service");
  CHECK(list(back.start) == "a.service gone.service");
}
