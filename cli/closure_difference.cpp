// SPDX-License-Identifier: MIT
#include "cli/closure_difference.hpp"

#include "cli/text.hpp"
#include "cli/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <string_view>

namespace switchback {
namespace {

constexpr std::size_t kPathHead = 44;         // «/nix/store/», 32 characters, a dash
constexpr std::int64_t kWorthTelling = 8192;  // bytes, as nix has it

bool is_letter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

/// Of packages that are divided into several store paths.
bool is_output(std::string_view word) {
  constexpr std::array kOutputs{"bin", "data",  "debug", "dev", "devdoc", "dist",   "doc", "info",
                                "lib", "lib32", "lib64", "man", "out",    "static", "sys", "terminfo"};
  return std::find(kOutputs.begin(), kOutputs.end(), word) != kOutputs.end();
}

/// Of one name: versions, and what their paths take together.
struct Side {
  std::set<std::string> versions;
  std::int64_t bytes = 0;
  bool differs = false;
};

std::map<std::string, Side> by_name(const std::set<std::string>& closure, const std::set<std::string>& other,
                                    const PathSizes& sizes) {
  std::map<std::string, Side> out;
  for (const auto& path : closure) {
    const auto package = package_of(path);
    auto& side = out[package.name];
    side.versions.insert(package.version);
    if (other.contains(path)) continue;
    side.differs = true;
    const auto size = sizes.find(path);
    if (size != sizes.end()) side.bytes += static_cast<std::int64_t>(size->second);
  }
  return out;
}

std::set<std::string> without(const std::set<std::string>& versions, const std::set<std::string>& others) {
  std::set<std::string> out;
  std::set_difference(versions.begin(), versions.end(), others.begin(), others.end(),
                      std::inserter(out, out.end()));
  return out;
}

std::string versions_text(const std::set<std::string>& versions) {
  std::string out;
  for (const auto& version : versions) {
    out += (out.empty() ? "" : ", ") + (version.empty() ? "no version" : printable(version));
  }
  return out;
}

std::string package_text(const PackageDifference& package) {
  auto out = printable(package.name) + ": ";
  const bool versions = !package.before.empty() || !package.after.empty();
  const bool named =
      package.before != std::set<std::string>{""} && package.after != std::set<std::string>{""};
  if (package.is_new) {
    out += "new" + (named ? ", " + versions_text(package.after) : "");
  } else if (package.is_gone) {
    out += "gone" + (named ? ", " + versions_text(package.before) : "");
  } else if (versions) {
    out += (package.before.empty() ? "none" : versions_text(package.before)) + " → " +
           (package.after.empty() ? "none" : versions_text(package.after));
  }
  if (std::abs(package.bytes) < kWorthTelling && (versions || package.is_new || package.is_gone)) return out;
  return out + (versions ? ", " : "") + size_difference_text(package.bytes);
}

}  // namespace

PackageName package_of(const std::string& store_path) {
  auto name = store_path.size() > kPathHead && store_path.starts_with("/nix/store/")
                  ? store_path.substr(kPathHead)
                  : store_path;
  const auto dash = name.rfind('-');
  if (dash != std::string::npos && dash > 0 && is_output(std::string_view(name).substr(dash + 1)))
    name.resize(dash);
  for (std::size_t at = 1; at + 1 < name.size(); ++at) {
    if (name[at] == '-' && !is_letter(name[at + 1])) return {name.substr(0, at), name.substr(at + 1)};
  }
  return {name, ""};
}

ClosureDifference compare_closures(const std::set<std::string>& before, const std::set<std::string>& after,
                                   const PathSizes& sizes) {
  ClosureDifference out;
  const auto olds = by_name(before, after, sizes);
  const auto news = by_name(after, before, sizes);
  std::set<std::string> names;
  for (const auto* side : {&olds, &news}) {
    for (const auto& [name, all] : *side) {
      if (all.differs) names.insert(name);
    }
  }
  for (const auto& name : names) {
    const auto side_of = [&](const std::map<std::string, Side>& sides) {
      const auto found = sides.find(name);
      return found == sides.end() ? Side{} : found->second;
    };
    const auto old_side = side_of(olds);
    const auto new_side = side_of(news);
    PackageDifference package{.name = name,
                              .before = without(old_side.versions, new_side.versions),
                              .after = without(new_side.versions, old_side.versions),
                              .is_new = old_side.versions.empty(),
                              .is_gone = new_side.versions.empty(),
                              .bytes = new_side.bytes - old_side.bytes};
    out.bytes += package.bytes;
    const bool told =
        !package.before.empty() || !package.after.empty() || std::abs(package.bytes) >= kWorthTelling;
    if (told)
      out.packages.push_back(std::move(package));
    else
      ++out.rebuilt;
  }
  return out;
}

std::string size_difference_text(std::int64_t bytes) {
  constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB"};
  const auto sign = bytes < 0 ? "-" : "+";
  auto size = std::abs(static_cast<double>(bytes));
  if (size < 1024) return sign + std::to_string(std::llround(size)) + " B";
  std::size_t unit = 0;
  for (size /= 1024; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  const auto tenths = std::llround(size * 10);
  return sign + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + kUnits[unit];
}

std::vector<std::string> difference_lines(const ClosureDifference& difference, std::size_t most) {
  const auto name = [](const std::optional<StorePath>& closure) {
    return closure ? closure_name(closure->text()) : std::string("nothing");
  };
  const auto profile = printable(difference.profile);
  if (difference.before == difference.after)
    return {profile + ": " + name(difference.after) + ", as it is now"};
  std::vector<std::string> out{profile + ": " + name(difference.before) + " → " + name(difference.after) +
                               ", " + size_difference_text(difference.bytes)};
  const auto& packages = difference.packages;
  const auto shown = most == 0 ? packages.size() : std::min(most, packages.size());
  for (std::size_t i = 0; i < shown; ++i) out.push_back("  " + package_text(packages[i]));
  if (shown < packages.size())
    out.push_back("  and " + std::to_string(packages.size() - shown) + " more packages (-v shows them)");
  if (difference.rebuilt > 0) {
    out.push_back("  rebuilt, of the same version: " + std::to_string(difference.rebuilt) +
                  (difference.rebuilt == 1 ? " package" : " packages"));
  }
  return out;
}

nlohmann::json to_json(const ClosureDifference& difference) {
  auto packages = nlohmann::json::array();
  for (const auto& package : difference.packages) {
    packages.push_back({{"name", package.name},
                        {"before", package.before},
                        {"after", package.after},
                        {"bytes", package.bytes}});
  }
  nlohmann::json out{{"profile", difference.profile},
                     {"packages", std::move(packages)},
                     {"rebuilt", difference.rebuilt},
                     {"bytes", difference.bytes}};
  if (difference.before) out["before"] = difference.before->text();
  if (difference.after) out["after"] = difference.after->text();
  return out;
}

}  // namespace switchback
