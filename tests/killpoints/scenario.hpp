// SPDX-License-Identifier: MIT
// What is deployed in a test of kill points, to which host, and how it ends when nothing goes wrong.
#pragma once

#include "activator/protocol/request.hpp"
#include "activator/protocol/vocabulary.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace switchback::test {

struct Scenario {
  std::string name;
  Kind kind = Kind::units;
  std::string before = "app-1";        // the closure that runs; empty: the profile has none yet
  std::string after = "app-2";         // the one that is deployed; empty: the profile is removed
  Outcome ends = Outcome::committed;   // without a fault
  bool confirms = true;                // whether the pusher does
  std::map<std::string, int> exits{};  // of programs: «nixos-2 test»; else 0
  bool locked = false;                 // another nix holds the profile's lock: nix-env is left to move it
  std::string dies_first_at{};         // the point at which the activator dies beforehand
  bool reboots_first = false;          // and the host with it
};

/// Every closure that a scenario may name, in this thread's /nix/store. Their units' [X-Model] sections are
/// FakeSystemd's.
void make_closures();
[[nodiscard]] StorePath closure_path(const std::string& name);
/// The units of closure `name`, by their names; those of a host without it when it is empty.
[[nodiscard]] std::map<std::string, std::string> units_of(const std::string& name);
/// The names of all closures with units.
[[nodiscard]] std::vector<std::string> closures_of(Kind kind);

[[nodiscard]] ProfileName profile_of(const Scenario& scenario);
[[nodiscard]] ActivateRequest request_for(const Scenario& scenario);

}  // namespace switchback::test
