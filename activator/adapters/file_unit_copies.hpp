// SPDX-License-Identifier: MIT
// The copies of units in files, in the layout of generator/profile_copies.hpp: the committed ones durable in
// /etc, those of a trial in /run, where a reboot takes them. Decides how copies become current by one flip of
// a link; what is in them is decided elsewhere.
#pragma once

#include "activator/generator/profile_copies.hpp"
#include "activator/ports/unit_copies.hpp"

#include <string>
#include <vector>

namespace switchback {

/// The directories in which this host's systemd looks for generators, those that win first. Source:
/// systemd.generator(7); the last is the one that belongs to the systemd that runs, as the NixOS's in the
/// store.
[[nodiscard]] std::vector<std::string> generator_places();

class FileUnitCopies : public UnitCopies {
 public:
  explicit FileUnitCopies(CopyPlaces places = {}, std::vector<std::string> generators = generator_places(),
                          std::string generator_directory = "/run/systemd/generator")
      : places_(std::move(places)),
        generators_(std::move(generators)),
        generator_directory_(std::move(generator_directory)) {}

  [[nodiscard]] Result<std::vector<UnitDirEntry>> of_closure(const StorePath& closure) override;
  [[nodiscard]] Result<std::map<ProfileName, StorePath>> committed() override;
  [[nodiscard]] Result<std::vector<UnitDirEntry>> committed_entries(const ProfileName& profile) override;
  [[nodiscard]] Status stage(const ActivationId& id, const ProfileName& profile,
                             const std::optional<StorePath>& closure,
                             const std::vector<UnitDirEntry>& entries) override;
  [[nodiscard]] std::string staged_directory(const ActivationId& id, const ProfileName& profile) override;
  [[nodiscard]] Status place_trial(const ActivationId& id, const ProfileName& profile) override;
  [[nodiscard]] bool has_trial(const ProfileName& profile) override;
  [[nodiscard]] Status drop_trial(const ProfileName& profile) override;
  [[nodiscard]] Status commit(const ProfileName& profile, const StorePath& closure,
                              const std::vector<UnitDirEntry>& entries) override;
  [[nodiscard]] Status forget(const ProfileName& profile) override;
  void clean() override;
  [[nodiscard]] Status check_generator() override;
  [[nodiscard]] std::string generator_directory() const override { return generator_directory_; }

 private:
  [[nodiscard]] std::string staging(const ActivationId& id, const ProfileName& profile) const {
    return places_.staged() + "/" + id.text() + "/" + profile.text();
  }

  CopyPlaces places_;
  std::vector<std::string> generators_;
  std::string generator_directory_;
};

}  // namespace switchback
