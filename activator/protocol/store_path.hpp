// SPDX-License-Identifier: MIT
// Two names from the wire that end up in file paths and command lines: parsed once, trusted afterwards.
#pragma once

#include "activator/protocol/error.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace switchback {

/// `/nix/store/<32 base-32 characters>-<name>`, the path itself and nothing below it.
class StorePath {
 public:
  /// Errors: invalid_request. Source: nix store path format, nix manual «Store Path».
  [[nodiscard]] static Result<StorePath> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  /// What follows the hash: `web-1.2`.
  [[nodiscard]] std::string name() const;
  auto operator<=>(const StorePath&) const = default;

 private:
  explicit StorePath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// A profile's name: 1 to 64 of `A-Z a-z 0-9 . _ + -`, not beginning with a dot or a dash.
class ProfileName {
 public:
  /// Errors: invalid_request.
  [[nodiscard]] static Result<ProfileName> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const ProfileName&) const = default;

 private:
  explicit ProfileName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace switchback
