// SPDX-License-Identifier: MIT
#include "activator/generator/profile_copies.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>

namespace switchback {

Result<std::optional<CurrentCopies>> read_current(const std::string& link) {
  std::array<char, PATH_MAX> buffer{};
  const auto length = ::readlink(link.c_str(), buffer.data(), buffer.size());
  if (length < 0 && errno == ENOENT) return std::optional<CurrentCopies>();
  if (length < 0) return fail(Errc::io, "cannot read the link " + link + ": " + errno_text(errno));
  const std::string target(buffer.data(), static_cast<std::size_t>(length));
  auto closure = StorePath::parse("/nix/store/" + target.substr(target.rfind('/') + 1));
  if (!closure) return fail(Errc::corrupt, link + " leads to " + target + ", which names no closure");
  const auto parent = link.substr(0, link.rfind('/'));
  return std::optional(
      CurrentCopies{std::move(*closure), target.starts_with('/') ? target : parent + "/" + target});
}

Result<std::vector<ProfileName>> list_profiles(const std::string& directory) {
  std::vector<ProfileName> profiles;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (auto profile = ProfileName::parse(entry->path().filename().string()))
      profiles.push_back(std::move(*profile));
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Errc::io, "cannot list " + directory + ": " + error.message());
  std::sort(profiles.begin(), profiles.end());
  return profiles;
}

}  // namespace switchback
