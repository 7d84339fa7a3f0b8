// SPDX-License-Identifier: MIT
#include "cli/manifest/target.hpp"

#include "cli/text.hpp"

#include <algorithm>

namespace switchback {
namespace {

constexpr std::string_view kSystems = "nixosConfigurations";

tl::unexpected<Error> wrong(std::string_view text, const std::string& why) {
  return fail(Errc::invalid_request, "target «" + printable(text) + "»: " + why);
}

/// Takes the name at the beginning of `rest`; nullopt when a quote is never closed.
std::optional<std::string> take_name(std::string_view& rest) {
  std::string name;
  if (!rest.starts_with('"')) {
    const auto length = std::min(rest.find_first_of(".\""), rest.size());
    name = rest.substr(0, length);
    rest.remove_prefix(length);
    return name;
  }
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '"') {
      rest.remove_prefix(at + 1);
      return name;
    }
    if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
    name += rest[at];
  }
  return std::nullopt;
}

std::string joined_by_dots(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ".") + name;
  return out;
}

Result<std::vector<std::string>> split_names(std::string_view whole, std::string_view fragment) {
  std::vector<std::string> names;
  while (true) {
    const auto name = take_name(fragment);
    if (!name) return wrong(whole, "a quote is not closed");
    if (name->empty()) return wrong(whole, "expected NODE or NODE.PROFILE, and found an empty name");
    names.push_back(*name);
    if (fragment.empty()) return names;
    if (!fragment.starts_with('.')) {
      return wrong(whole, "expected a dot or the end behind " + attribute_text(printable(*name)));
    }
    fragment.remove_prefix(1);
  }
}

/// What leads from a NixOS system to its closure is the same with every one: it may stand there, too.
bool leads_to_closure(const std::vector<std::string>& names) {
  static const std::vector<std::string> way{"config", "system", "build", "toplevel"};
  return names.size() == 2 || std::equal(names.begin() + 2, names.end(), way.begin(), way.end());
}

Result<Target> with_system(Target target, std::string_view whole, const std::vector<std::string>& names) {
  if (names.size() < 2 || !leads_to_closure(names)) {
    return wrong(whole, "expected nixosConfigurations.NAME; a name with dots is quoted");
  }
  target.node = names[1];
  target.system = true;
  return target;
}

Result<Target> with_names(Target target, std::string_view whole, std::string_view fragment) {
  const auto names = split_names(whole, fragment);
  if (!names) return tl::make_unexpected(names.error());
  if (!target.flake.empty() && names->front() == kSystems) return with_system(target, whole, *names);
  if (names->size() > 2) {
    return wrong(whole, "expected NODE or NODE.PROFILE; a name with dots is quoted, as in \"" +
                            printable(joined_by_dots(*names)) + "\"");
  }
  target.node = names->front();
  if (names->size() == 2) target.profile = names->back();
  return target;
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  const auto hash = std::min(text.find('#'), text.size());
  const auto fragment = text.substr(std::min(hash + 1, text.size()));
  Target target;
  if (hash > 0) target.flake = text.substr(0, hash);
  if (target.flake.starts_with('-')) return wrong(text, "expected FLAKE[#NODE[.PROFILE]], not an option");
  if (fragment.empty()) return target;
  return with_names(std::move(target), text, fragment);
}

Result<Target> parse_attribute(std::string_view text) {
  if (text.empty() || text == ".") return Target{};
  if (text.find('#') != std::string_view::npos && !text.starts_with('"')) {
    return wrong(text, "expected NODE or NODE.PROFILE: with --file there is no flake to name");
  }
  auto target = with_names({.flake = ""}, text, text);
  if (target) target->flake = Target{}.flake;
  return target;
}

Result<std::vector<Target>> parse_targets(const std::vector<std::string>& texts, bool attributes) {
  std::vector<Target> targets;
  for (const auto& text : texts) {
    auto target = attributes ? parse_attribute(text) : parse_target(text);
    if (!target) return tl::make_unexpected(target.error());
    targets.push_back(std::move(*target));
  }
  return targets;
}

std::string attribute_text(const std::string& name) {
  const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (bare) return name;
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace switchback
