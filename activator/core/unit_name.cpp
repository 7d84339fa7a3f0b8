// SPDX-License-Identifier: MIT
#include "activator/core/unit_name.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <utility>

namespace switchback {
namespace {

constexpr std::size_t kMaxUnitName = 255;
constexpr std::size_t kMaxUserName = 32;

constexpr std::array<std::pair<std::string_view, UnitType>, 11> kTypes{{
    {".service", UnitType::service},
    {".socket", UnitType::socket},
    {".timer", UnitType::timer},
    {".path", UnitType::path},
    {".target", UnitType::target},
    {".mount", UnitType::mount},
    {".automount", UnitType::automount},
    {".swap", UnitType::swap},
    {".slice", UnitType::slice},
    {".scope", UnitType::scope},
    {".device", UnitType::device},
}};

bool is_unit_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(":-_.\\@").find(c) != std::string_view::npos;
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 120)) shown += (c >= ' ' && c != 0x7f) ? c : '?';
  return shown;
}

}  // namespace

Result<UnitName> UnitName::parse(std::string_view text) {
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || text.size() > kMaxUnitName || text.front() == '@' ||
      !std::all_of(text.begin(), text.end(), is_unit_character)) {
    return fail(Errc::invalid_request, "«" + printable(text) + "» is not a unit name");
  }
  for (const auto& [suffix, type] : kTypes) {
    if (text.substr(dot) == suffix) return UnitName(std::string(text), type);
  }
  return fail(Errc::invalid_request, "«" + printable(text) + "» ends in no type of unit");
}

Result<UnitName> UnitName::parse_any(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return parse(text);
  auto name = parse(text.substr(slash + 1));
  if (!name || slash == 0 || slash > kMaxUserName)
    return fail(Errc::invalid_request, "«" + printable(text) + "» is not a unit name");
  return of_user(std::string(text.substr(0, slash)), *name);
}

UnitName UnitName::of_user(const std::string& user, const UnitName& name) {
  return {user + "/" + name.text_, name.type_};
}

std::string UnitName::user() const {
  const auto slash = text_.find('/');
  return slash == std::string::npos ? "" : text_.substr(0, slash);
}

UnitName UnitName::local() const {
  const auto slash = text_.find('/');
  return slash == std::string::npos ? *this : UnitName(text_.substr(slash + 1), type_);
}

std::string UnitName::stem() const { return text_.substr(0, text_.rfind('.')); }

bool UnitName::is_template() const { return stem().ends_with('@') && stem().find('@') == stem().size() - 1; }

bool UnitName::is_instance() const {
  const auto name = stem();
  const auto at = name.find('@');
  return at != std::string::npos && at + 1 < name.size();
}

UnitName UnitName::template_name() const {
  if (!is_instance()) return *this;
  return {text_.substr(0, text_.find('@') + 1) + text_.substr(text_.rfind('.')), type_};
}

Result<UnitName> UnitName::instance(std::string_view instance_name) const {
  if (!is_template()) return fail(Errc::invalid_request, text_ + " is no template");
  return parse(stem() + std::string(instance_name) + text_.substr(text_.rfind('.')));
}

bool matches_glob(std::string_view pattern, std::string_view name) {
  return fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), 0) == 0;
}

}  // namespace switchback
