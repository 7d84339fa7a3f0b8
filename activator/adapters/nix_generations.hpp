// SPDX-License-Identifier: MIT
// A profile's generations on disk, as nix itself lays them out: `NAME-N-link` beside the link `NAME`, changed
// under the lock that every nix takes. Decides how they are read, made, selected and removed, each durably;
// which one, and for whom, is decided by nix_profiles.hpp. All calls block. Source: nix,
// src/libstore/profiles.cc and pathlocks.cc.
#pragma once

#include "activator/adapters/unique_fd.hpp"
#include "activator/protocol/error.hpp"
#include "activator/protocol/store_path.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// The number of `link`, the file of a generation of `profile`; nullopt when it is none.
[[nodiscard]] std::optional<std::uint64_t> generation_number(const std::string& profile,
                                                             const std::string& link);

/// The file of generation `number` of `profile`.
[[nodiscard]] std::string generation_link(const std::string& profile, std::uint64_t number);

/// Those of `profile` that lead to a store path. Errors: io.
[[nodiscard]] Result<std::map<std::uint64_t, StorePath>> read_generations(const std::string& profile);

/// Nobody else, nix or we, moves the profile while it lives.
class ProfileLock {
 public:
  /// nullopt while another holds it. Errors: io.
  [[nodiscard]] static Result<std::optional<ProfileLock>> try_take(const std::string& profile);
  ProfileLock(ProfileLock&&) noexcept = default;
  ProfileLock& operator=(ProfileLock&&) = delete;
  ProfileLock(const ProfileLock&) = delete;
  ProfileLock& operator=(const ProfileLock&) = delete;
  ~ProfileLock();

 private:
  ProfileLock(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  UniqueFd fd_;
};

/// `profile` leads to a generation of `closure`: to `number` where that is one, else to the newest if that is
/// one, else to a new one. On disk when it returns. To be called with the lock. Errors: io; the old link is
/// whole.
[[nodiscard]] Status select_generation(const std::string& profile, const StorePath& closure,
                                       std::optional<std::uint64_t> number);

/// On disk when it returns. To be called with the lock. Errors: io.
[[nodiscard]] Status remove_generations(const std::string& profile,
                                        const std::vector<std::uint64_t>& numbers);

}  // namespace switchback
