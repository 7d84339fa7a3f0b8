// SPDX-License-Identifier: MIT
// All units of one closure: what lies in its `lib/systemd/system/`, as values. The activator reads it from
// the store to plan, the generator from the copies to install; both understand it here, so they cannot
// disagree.
#pragma once

#include "activator/core/unit_file.hpp"
#include "activator/core/unit_name.hpp"
#include "activator/protocol/error.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace switchback {

/// One entry of a unit directory as it was read, before it is understood.
struct UnitDirEntry {
  std::string path;  // relative: `web.service`, `web.service.d/10-limits.conf`, `x.target.wants/web.service`
  std::string text;  // the file's content; empty for an alias, a mask or a dependency link
  std::string target;  // of a link: the file name beside it that it leads to; `/dev/null` for a mask
  bool operator==(const UnitDirEntry&) const = default;
};

enum class DependencyKind { wants, requires_, upholds };

/// `owner` pulls in `unit`.
struct DependencyLink {
  UnitName owner;
  DependencyKind kind = DependencyKind::wants;
  UnitName unit;
  auto operator<=>(const DependencyLink&) const = default;
};

/// A unit, or one entry of it, that could not be understood: left out of the set, and told.
struct SkippedUnit {
  std::string path;
  std::string problem;
};

struct UnitSet {
  std::map<UnitName, std::string> fragments;                        // name → the file's text
  std::map<UnitName, std::map<std::string, std::string>> drop_ins;  // unit → file name → text
  std::map<UnitName, UnitName> aliases;                             // alias → unit
  std::set<UnitName> masks;
  std::set<DependencyLink> links;     // from `.wants/` and such directories, and from [Install] sections
  std::set<DependencyLink> declared;  // from Wants= and such of the set's own [Unit] sections

  /// Understands what was read from a directory. One bad unit is skipped, never the set.
  [[nodiscard]] static UnitSet from_entries(const std::vector<UnitDirEntry>& entries,
                                            std::vector<SkippedUnit>* skipped);

  /// What `unit` is called in this set: an alias's unit, any other name itself.
  [[nodiscard]] UnitName canonical(const UnitName& unit) const;
  /// The fragment that defines `unit` (its template's for an instance), nullptr when the set has none.
  [[nodiscard]] const std::string* fragment_of(const UnitName& unit) const;
  /// The drop-ins that apply to `unit`: its own, its template's, and those of `prefix-.type.d` directories,
  /// by file name. Source: systemd.unit(5).
  [[nodiscard]] std::map<std::string, std::string> drop_ins_of(const UnitName& unit) const;
  /// The fragment with the set's drop-ins for `unit` applied. Errors: corrupt; no fragment reads as an empty
  /// file.
  [[nodiscard]] Result<UnitFile> definition(const UnitName& unit) const;
  /// Whether the set has a say in how `unit` is defined, by a fragment or a drop-in.
  [[nodiscard]] bool defines(const UnitName& unit) const;
  /// Every unit that can run and that the set names: fragments and drop-ins of no template, and instances
  /// that something pulls in.
  [[nodiscard]] std::set<UnitName> runnable() const;
  /// The units that pull in `unit`.
  [[nodiscard]] std::set<UnitName> wanted_by(const UnitName& unit) const;
  [[nodiscard]] bool empty() const { return fragments.empty() && drop_ins.empty() && masks.empty(); }
};

}  // namespace switchback
