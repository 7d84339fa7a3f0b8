// SPDX-License-Identifier: MIT
// The copies of units that the generator reads: the committed ones in /etc/switchback/profiles, those of a
// trial in /run/switchback/trial, and the unit directories of closures. Small local files: these calls block.
#pragma once

#include "activator/core/unit_set.hpp"
#include "activator/protocol/activation_id.hpp"
#include "activator/protocol/store_path.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

class UnitCopies {
 public:
  UnitCopies() = default;
  UnitCopies(const UnitCopies&) = delete;
  UnitCopies& operator=(const UnitCopies&) = delete;
  virtual ~UnitCopies() = default;

  /// The entries of `closure`'s lib/systemd/system. Errors: invalid_closure when it has none or is over the
  /// limits.
  [[nodiscard]] virtual Result<std::vector<UnitDirEntry>> of_closure(const StorePath& closure) = 0;
  /// Profiles that have committed copies, with the closure these were made from. Errors: io, corrupt.
  [[nodiscard]] virtual Result<std::map<ProfileName, StorePath>> committed() = 0;
  /// The entries of the committed copies; empty when the profile has none. Errors: io.
  [[nodiscard]] virtual Result<std::vector<UnitDirEntry>> committed_entries(const ProfileName& profile) = 0;
  /// Writes `entries` where place_trial() finds them; without a closure the trial is one of no units. Errors:
  /// io.
  [[nodiscard]] virtual Status stage(const ActivationId& id, const ProfileName& profile,
                                     const std::optional<StorePath>& closure,
                                     const std::vector<UnitDirEntry>& entries) = 0;
  /// Where stage() wrote, for systemd-analyze.
  [[nodiscard]] virtual std::string staged_directory(const ActivationId& id, const ProfileName& profile) = 0;
  [[nodiscard]] virtual Status place_trial(const ActivationId& id, const ProfileName& profile) = 0;
  /// Whether a trial of `profile` is what the generator reads.
  [[nodiscard]] virtual bool has_trial(const ProfileName& profile) = 0;
  [[nodiscard]] virtual Status drop_trial(const ProfileName& profile) = 0;
  /// Makes `entries` the committed copies by one flip, durably; idempotent. Errors: io, nothing flipped.
  [[nodiscard]] virtual Status commit(const ProfileName& profile, const StorePath& closure,
                                      const std::vector<UnitDirEntry>& entries) = 0;
  /// The profile has no committed copies any more.
  [[nodiscard]] virtual Status forget(const ProfileName& profile) = 0;
  /// Removes everything that no link leads to, trials included. Called when no activation runs.
  virtual void clean() = 0;
  /// Whether systemd would run the generator that reads the copies, at a reload and at a boot. Errors:
  /// refused, with where it looks.
  [[nodiscard]] virtual Status check_generator() = 0;
  /// Where systemd finds the generator's copies: /run/systemd/generator.
  [[nodiscard]] virtual std::string generator_directory() const = 0;
};

}  // namespace switchback
