// SPDX-License-Identifier: MIT
// What the engine needs from Nix: whether a closure is there, what a profile names, and moving it.
#pragma once

#include "activator/core/profile_link.hpp"
#include "activator/ports/unit_manager.hpp"
#include "activator/protocol/store_path.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace switchback {

/// A profile's current generation. `number` is absent when the link is not one that nix-env made.
struct CurrentGeneration {
  StorePath closure;
  std::optional<std::uint64_t> number;
  std::optional<std::int64_t> made_ms;  // CLOCK_REALTIME
};

class Profiles {
 public:
  Profiles() = default;
  Profiles(const Profiles&) = delete;
  Profiles& operator=(const Profiles&) = delete;
  virtual ~Profiles() = default;

  /// Where `user`'s profile lies, as deploy-rs derives it on the host. Errors: refused when there is no such
  /// user.
  [[nodiscard]] virtual Result<ProfileLink> locate(const ProfileName& profile, const std::string& user) = 0;
  /// nullopt: the profile has no generation. Errors: io; corrupt when it leads to no store path.
  [[nodiscard]] virtual Result<std::optional<CurrentGeneration>> current(const ProfileLink& profile) = 0;
  /// Every generation that still has its link, by number. Errors: io.
  [[nodiscard]] virtual Result<std::map<std::uint64_t, StorePath>> generations(
      const ProfileLink& profile) = 0;
  /// Makes the profile name `closure`; with `number`, by selecting that generation if it still is
  /// `closure`'s. Repeating it makes no second generation. nullopt: removes the link (its generations stay).
  virtual void set(const ProfileLink& profile, std::optional<StorePath> closure,
                   std::optional<std::uint64_t> number, Callback<void> done) = 0;
  /// Deletes the generations that lead to `closure`, but none of `spared` and not the current one. Fine if
  /// there are none. Errors: io; corrupt when the profile leads to no store path.
  virtual void drop_generations(const ProfileLink& profile, const StorePath& closure,
                                std::set<std::uint64_t> spared, Callback<void> done) = 0;
  /// Errors: invalid_closure when the store does not know `closure` or lacks a part of it.
  virtual void check_valid(const StorePath& closure, Callback<void> done) = 0;
  /// Holds `closure` against garbage collection under `name` until unpin(). Errors: io.
  [[nodiscard]] virtual Status pin(const std::string& name, const StorePath& closure) = 0;
  virtual void unpin_all(const std::string& name_prefix) = 0;
};

}  // namespace switchback
