// SPDX-License-Identifier: MIT
// Hosts whose closures are activated by a program of their own, on the fakes.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/fakes/world.hpp"

#include <algorithm>

namespace switchback::test {

inline const ProfileName kSystem = *ProfileName::parse("system");

inline std::vector<std::string> generations_of(World& world, const std::string& link) {
  std::vector<std::string> names;
  for (const auto& closure : world.disk.profiles[link].generations) names.push_back(closure.name());
  return names;
}

/// A NixOS host on which nixos-1 runs; its programs restart web.service as switch-to-configuration would.
struct NixosHost {
  std::map<std::pair<StorePath, std::string>, int> exits;  // of a closure's program, by its verb
  std::optional<StorePath> boot_entry;
  bool breaks_web = false;
  int runs = 0;
  World world;
  StorePath old_system = add_system("nixos-1");
  NixosHost() {
    world.run.current_system = old_system;
    world.disk.profiles["/profiles/root/system"] = {{old_system}, 0};
    world.systemd->add_foreign("web.service", "/etc/systemd/system/web.service");
    world.vendor_units.emplace_back("web.service");
    world.boot_system = old_system;
  }

  StorePath add_system(const std::string& name) {
    const auto closure = world.closure_of(name, {});
    world.disk.contents[closure] = {.has_switch_to_configuration = true, .script = "activate"};
    set_exit(closure, "test", 0);
    return closure;
  }
  static std::string program(const StorePath& closure) {
    return closure.text() + "/bin/switch-to-configuration";
  }
  /// How `verb` of `closure` ends; a test that is not refused makes it the current system.
  void set_exit(const StorePath& closure, const std::string& verb, int status) {
    exits[{closure, verb}] = status;
    world.programs->effects[program(closure)] = [this, closure](const ProgramRun& run) {
      const auto& asked = run.argv.at(1);
      const auto found = exits.find({closure, asked});
      const int exit = found == exits.end() ? 0 : found->second;
      if (asked == "test" && (exit == 0 || exit == 4 || exit == 2)) {
        world.run.current_system = closure;
        world.systemd->set_active("web.service", exit == 4 && breaks_web ? "failed" : "active");
        world.systemd->set_invocation("web.service", closure.name() + std::to_string(++runs));
      }
      if (asked == "boot" && exit == 0) world.boot_system = boot_entry = closure;
      return ProgramEnd{true, exit, "", {"what it said last"}};
    };
  }
  /// What running `closure`'s program does besides.
  void also(const StorePath& closure, const std::function<void(const ProgramRun&)>& effect) {
    auto& whole = world.programs->effects[program(closure)];
    whole = [before = whole, effect](const ProgramRun& run) {
      effect(run);
      return before(run);
    };
  }
  ActivateRequest request(const StorePath& closure, ConfirmMode confirm = ConfirmMode::none) const {
    auto request = world.request(closure, confirm);
    request.changes.front().profile = kSystem;
    return request;
  }
  /// What the profile has generations of, the first one first.
  std::vector<std::string> generations() { return generations_of(world, "/profiles/root/system"); }
  std::string profile() {
    const auto current = world.profiles->current({"/profiles/root/system", "root"});
    return current && *current ? (*current)->closure.name() : "";
  }
  void check_runs(const std::string& name) {
    CHECK(world.run.current_system->name() == name);
    CHECK(profile() == name);
    CHECK((!boot_entry || boot_entry->name() == name));
    CHECK_FALSE(world.disk.record);
  }
};

/// A host that is asked to boot into nixos-2.
struct Boot {
  NixosHost host;
  StorePath next = host.add_system("nixos-2");
  FakeBootLoader& loader = host.world.boot_loader;

  ActivateRequest request(ConfirmMode confirm = ConfirmMode::manual) const {
    auto request = host.request(next, confirm);
    request.mode = Mode::boot;
    request.boot_within = std::chrono::seconds{600};
    return request;
  }
  /// The old system runs, and boots, whatever is booted; nothing of the new one is left.
  void check_old() {
    CHECK(host.generations() == std::vector<std::string>{"nixos-1"});
    host.check_runs("nixos-1");
    CHECK(host.world.boot_system->name() == "nixos-1");
    CHECK_FALSE(loader.once);
  }
};

inline std::vector<std::string> programs_run(const Boot& boot) { return boot.host.world.programs->runs; }

/// A host with a profile «app» of scripts; app-1 has been activated.
struct ScriptHost {
  World world;
  StorePath first = add("app-1");
  ScriptHost() { REQUIRE(world.activate(world.request(first)).outcome == Outcome::committed); }
  StorePath add(const std::string& name, const std::string& script = "deploy-rs-activate") {
    const auto closure = world.closure_of(name, {});
    world.disk.contents[closure] = {.script = script};
    return closure;
  }
  std::string profile() {
    const auto current = world.profiles->current({"/profiles/root/app", "root"});
    return current && *current ? (*current)->closure.name() : "";
  }
};

inline std::string all_of(const std::vector<Cause>& causes) {
  std::string text;
  for (const auto& cause : causes) text += cause.message + "\n";
  return text;
}

inline bool told(const World& world, const std::string& text) {
  return std::any_of(world.events.begin(), world.events.end(), [&](const Event& event) {
    const auto* warning = std::get_if<WarningEvent>(&event.body);
    return warning != nullptr && warning->message.find(text) != std::string::npos;
  });
}

}  // namespace switchback::test
