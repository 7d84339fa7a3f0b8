// SPDX-License-Identifier: MIT
#include "activator/protocol/store_path.hpp"

#include <algorithm>

namespace switchback {
namespace {

constexpr std::string_view kStoreDir = "/nix/store/";
constexpr std::size_t kHashLength = 32;
constexpr std::size_t kMaxStoreName = 211;  // nix's own limit
constexpr std::size_t kMaxProfileName = 64;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("+-._").find(c) != std::string_view::npos;
}

bool is_hash_character(char c) {
  return std::string_view("0123456789abcdfghijklmnpqrsvwxyz").find(c) != std::string_view::npos;
}

/// A text from the wire, cut to what fits into an error message.
std::string quoted(std::string_view text) {
  std::string shown = "«";
  for (const char c : text.substr(0, 120)) shown += (c >= ' ' && c != 0x7f) ? c : '?';
  return shown + (text.size() > 120 ? "…»" : "»");
}

}  // namespace

Result<StorePath> StorePath::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(Errc::invalid_request, quoted(text) + " is not a store path: " + std::string(why));
  };
  if (!text.starts_with(kStoreDir)) return refuse("it does not begin with /nix/store/");
  const auto base = text.substr(kStoreDir.size());
  if (base.find('/') != std::string_view::npos) return refuse("it goes on below the store path");
  if (base.size() < kHashLength + 2 || base[kHashLength] != '-') return refuse("no hash and name follow");
  const auto hash = base.substr(0, kHashLength);
  const auto name = base.substr(kHashLength + 1);
  if (!std::all_of(hash.begin(), hash.end(), is_hash_character))
    return refuse("its hash has a wrong character");
  if (name.size() > kMaxStoreName || name.front() == '.' ||
      !std::all_of(name.begin(), name.end(),
                   [](char c) { return is_name_character(c) || c == '?' || c == '='; })) {
    return refuse("its name has a wrong character or is too long");
  }
  return StorePath(std::string(text));
}

std::string StorePath::name() const { return text_.substr(kStoreDir.size() + kHashLength + 1); }

Result<ProfileName> ProfileName::parse(std::string_view text) {
  const bool good = !text.empty() && text.size() <= kMaxProfileName && text.front() != '.' &&
                    text.front() != '-' && std::all_of(text.begin(), text.end(), is_name_character);
  if (!good) {
    return fail(Errc::invalid_request,
                quoted(text) +
                    " is not a profile name: 1 to 64 letters, digits and the signs . _ + - "
                    "are allowed, and neither a dot nor a dash comes first");
  }
  return ProfileName(std::string(text));
}

}  // namespace switchback
