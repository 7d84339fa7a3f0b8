// SPDX-License-Identifier: MIT
// A systemd unit name, parsed once: its type, template and instance, and whose manager it is of. Knows
// nothing of what a unit does.
#pragma once

#include "activator/protocol/error.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace switchback {

enum class UnitType { service, socket, timer, path, target, mount, automount, swap, slice, scope, device };

class UnitName {
 public:
  /// Errors: invalid_request. Source: systemd.unit(5), «valid unit names»; 255 bytes at most.
  [[nodiscard]] static Result<UnitName> parse(std::string_view text);

  /// Of any manager: `web.service`, or `alice/web.service` for one of alice's. Errors: as above.
  [[nodiscard]] static Result<UnitName> parse_any(std::string_view text);
  /// The unit of that name of `user`'s manager. `user` is a user's name.
  [[nodiscard]] static UnitName of_user(const std::string& user, const UnitName& name);

  /// What parse_any() takes.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Whose manager it is of; empty: the system's.
  [[nodiscard]] std::string user() const;
  /// As its manager calls it.
  [[nodiscard]] UnitName local() const;
  [[nodiscard]] UnitType type() const { return type_; }
  /// `foo@.service`: a definition that can only run as an instance.
  [[nodiscard]] bool is_template() const;
  /// `foo@bar.service`.
  [[nodiscard]] bool is_instance() const;
  /// `foo@.service` of an instance, the name itself of any other.
  [[nodiscard]] UnitName template_name() const;
  /// `foo@bar.service` of a template, given `bar`.
  [[nodiscard]] Result<UnitName> instance(std::string_view instance_name) const;
  /// Without the type's suffix: `foo@bar`.
  [[nodiscard]] std::string stem() const;

  auto operator<=>(const UnitName& other) const { return text_ <=> other.text_; }
  bool operator==(const UnitName& other) const { return text_ == other.text_; }

 private:
  UnitName(std::string text, UnitType type) : text_(std::move(text)), type_(type) {}
  std::string text_;
  UnitType type_;
};

/// Whether `name` matches the shell glob `pattern` (`*`, `?`, `[…]`). Source: fnmatch(3).
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view name);

}  // namespace switchback
