// SPDX-License-Identifier: MIT
// Where the copies of a profile's units lie, and how the current ones are found: a link that names the
// closure that they were made from. The activator writes them, the generator reads them; both take the layout
// from here.
//
//   <etc>/<profile>/current → <closure's name in the store>     committed: what a boot starts
//   <etc>/<profile>/<closure's name in the store>/web.service …
//   <run>/trial/<profile> → ../staged/<id>/<profile>/<closure's name in the store>
#pragma once

#include "activator/protocol/error.hpp"
#include "activator/protocol/store_path.hpp"

#include <optional>
#include <string>
#include <vector>

namespace switchback {

struct CopyPlaces {
  std::string etc = "/etc/switchback/profiles";
  std::string run = "/run/switchback";
  [[nodiscard]] std::string committed(const ProfileName& profile) const { return etc + "/" + profile.text(); }
  [[nodiscard]] std::string trials() const { return run + "/trial"; }
  [[nodiscard]] std::string staged() const { return run + "/staged"; }
};

struct CurrentCopies {
  StorePath closure;
  std::string directory;
};

/// What `link` leads to; nullopt when there is none. Errors: corrupt when it does not name a closure; io.
[[nodiscard]] Result<std::optional<CurrentCopies>> read_current(const std::string& link);

/// The profiles that `directory` has an entry for. A directory that is not there has none. Errors: io.
[[nodiscard]] Result<std::vector<ProfileName>> list_profiles(const std::string& directory);

}  // namespace switchback
