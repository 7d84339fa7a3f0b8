// SPDX-License-Identifier: MIT
#include "cli/closure.hpp"

#include <filesystem>

namespace switchback {
namespace {

constexpr std::string_view kStoreDir = "/nix/store/";

Result<StorePath> parse_whole(const std::string& text) {
  const auto below = text.find('/', kStoreDir.size());
  if (text.starts_with(kStoreDir) && below != std::string::npos) {
    const auto whole = StorePath::parse(text.substr(0, below));
    if (whole) {
      return fail(Errc::invalid_request,
                  text + " lies inside a store path; give the store path itself: " + whole->text());
    }
  }
  return StorePath::parse(text);
}

}  // namespace

Result<StorePath> resolve_closure(const std::string& text) {
  auto bare = text;
  while (bare.size() > 1 && bare.ends_with('/')) bare.pop_back();
  if (bare.starts_with(kStoreDir)) return parse_whole(bare);
  std::error_code error;
  const auto real = std::filesystem::canonical(bare, error);
  if (error) return fail(Errc::invalid_request, "cannot open " + text + ": " + error.message());
  return parse_whole(real.string());
}

}  // namespace switchback
