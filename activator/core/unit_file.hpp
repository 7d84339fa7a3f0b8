// SPDX-License-Identifier: MIT
// The text of one unit file as sections of assignments, read as systemd reads it. Decides syntax only.
#pragma once

#include "activator/protocol/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace switchback {

/// A unit's definition: its fragment with its drop-ins applied in order.
class UnitFile {
 public:
  /// Reads continuation lines, comments, and repeated sections. As systemd does, it passes over assignments
  /// before the first section and over lines that are none. Errors: corrupt, with the line, for what systemd
  /// refuses: a section header without its end, or a NUL byte. Source: systemd.syntax(7).
  [[nodiscard]] static Result<UnitFile> parse(std::string_view text);

  /// Adds `drop_in`'s assignments after this file's own.
  void apply(const UnitFile& drop_in);

  /// Every value assigned to `key`, in order; an empty assignment clears those before it.
  [[nodiscard]] std::vector<std::string> values(std::string_view section, std::string_view key) const;
  /// The last value; nullopt when there is none.
  [[nodiscard]] std::optional<std::string> last(std::string_view section, std::string_view key) const;
  /// The values split at white space, as for WantedBy=. Quotes are respected.
  [[nodiscard]] std::vector<std::string> words(std::string_view section, std::string_view key) const;
  /// The last value as a boolean: 1, yes, y, true, t and on are true, anything else is not; nullopt when
  /// absent.
  [[nodiscard]] std::optional<bool> boolean(std::string_view section, std::string_view key) const;

  struct Assignment {
    std::string section, key, value;
    bool operator==(const Assignment&) const = default;
  };
  [[nodiscard]] const std::vector<Assignment>& assignments() const { return assignments_; }

 private:
  std::vector<Assignment> assignments_;
};

}  // namespace switchback
