// SPDX-License-Identifier: MIT
// The identity of one activation: 128 random bits, written as 32 lower-case hexadecimal digits.
#pragma once

#include "activator/protocol/error.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace switchback {

class ActivationId {
 public:
  /// A new random id. Source: getrandom(2).
  [[nodiscard]] static ActivationId random();
  /// Errors: invalid_request unless `text` is 32 lower-case hexadecimal digits.
  [[nodiscard]] static Result<ActivationId> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  /// The first eight digits, enough for a person to tell two activations apart.
  [[nodiscard]] std::string short_text() const { return text_.substr(0, 8); }
  auto operator<=>(const ActivationId&) const = default;

 private:
  explicit ActivationId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace switchback
