// SPDX-License-Identifier: MIT
// An activation's id as people type it: whole, or as many of its first digits as tell it from others.
#pragma once

#include "activator/protocol/activation_id.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace switchback {

class IdPrefix {
 public:
  /// Errors: invalid_request unless `text` is 4 to 32 hexadecimal digits.
  [[nodiscard]] static Result<IdPrefix> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool begins(const ActivationId& id) const { return id.text().starts_with(text_); }
  /// The id, when this is all of it.
  [[nodiscard]] std::optional<ActivationId> whole() const;

 private:
  explicit IdPrefix(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace switchback
