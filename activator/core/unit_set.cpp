// SPDX-License-Identifier: MIT
#include "activator/core/unit_set.hpp"

#include <utility>

namespace switchback {
namespace {

constexpr std::pair<std::string_view, DependencyKind> kDirectories[] = {
    {".wants", DependencyKind::wants},
    {".requires", DependencyKind::requires_},
    {".upholds", DependencyKind::upholds},
};
constexpr std::pair<const char*, DependencyKind> kInstallKeys[] = {
    {"WantedBy", DependencyKind::wants},
    {"RequiredBy", DependencyKind::requires_},
    {"UpheldBy", DependencyKind::upholds},
};
constexpr std::pair<const char*, DependencyKind> kUnitKeys[] = {
    {"Wants", DependencyKind::wants},
    {"Requires", DependencyKind::requires_},
    {"BindsTo", DependencyKind::requires_},
    {"Upholds", DependencyKind::upholds},
};

/// Builds a set entry by entry; what it cannot take is told to `skipped`.
class Builder {
 public:
  explicit Builder(std::vector<SkippedUnit>* skipped) : skipped_(skipped) {}

  void add(const UnitDirEntry& entry) {
    const auto slash = entry.path.find('/');
    if (slash == std::string::npos) return add_unit(entry);
    const auto directory = std::string_view(entry.path).substr(0, slash);
    const auto name = std::string_view(entry.path).substr(slash + 1);
    if (directory.ends_with(".d")) return add_drop_in(entry, directory.substr(0, directory.size() - 2), name);
    for (const auto& [suffix, kind] : kDirectories) {
      if (!directory.ends_with(suffix)) continue;
      return add_link(entry, directory.substr(0, directory.size() - suffix.size()), kind, name);
    }
    skip(entry.path, "is in a directory that systemd does not look into");
  }

  UnitSet finish() {
    for (auto& [unit, text] : set_.fragments) read_sections(unit);
    return std::move(set_);
  }

 private:
  void skip(const std::string& path, std::string problem) {
    if (skipped_ != nullptr) skipped_->push_back({path, std::move(problem)});
  }

  void add_unit(const UnitDirEntry& entry) {
    auto unit = UnitName::parse(entry.path);
    if (!unit) return skip(entry.path, unit.error().message);
    // As for systemd, an empty file is a mask too.
    if (entry.target == "/dev/null" || (entry.target.empty() && entry.text.empty())) {
      set_.masks.insert(std::move(*unit));
      return;
    }
    if (!entry.target.empty()) return add_alias(entry.path, *unit, entry.target);
    if (auto file = UnitFile::parse(entry.text); !file) return skip(entry.path, file.error().message);
    set_.fragments.insert_or_assign(std::move(*unit), entry.text);
  }

  void add_alias(const std::string& path, const UnitName& alias, const std::string& target) {
    auto unit = UnitName::parse(target);
    if (!unit || unit->type() != alias.type() || unit->is_template() != alias.is_template()) {
      // `foo@bar.service → foo@.service` says no more than that the instance exists.
      if (unit && alias.is_instance() && alias.template_name() == *unit) return;
      return skip(path, "leads to " + target + ", which cannot be another name of it");
    }
    if (*unit == alias) return;
    set_.aliases.insert_or_assign(alias, std::move(*unit));
  }

  void add_drop_in(const UnitDirEntry& entry, std::string_view owner, std::string_view name) {
    auto unit = UnitName::parse(owner);
    if (!unit) return skip(entry.path, "would apply to more than one unit; name the unit");
    if (!name.ends_with(".conf")) return;  // systemd passes over it
    if (auto file = UnitFile::parse(entry.text); !file) return skip(entry.path, file.error().message);
    set_.drop_ins[*unit][std::string(name)] = entry.text;
  }

  void add_link(const UnitDirEntry& entry, std::string_view owner, DependencyKind kind,
                std::string_view name) {
    auto from = UnitName::parse(owner);
    auto to = UnitName::parse(name);
    if (!from) return skip(entry.path, from.error().message);
    if (!to) return skip(entry.path, to.error().message);
    set_.links.insert({std::move(*from), kind, std::move(*to)});
  }

  void read_sections(const UnitName& unit) {
    const auto file = set_.definition(unit);
    if (!file) return skip(unit.text(), file.error().message);  // one of its drop-ins
    read_install(unit, *file);
    for (const auto& [key, kind] : kUnitKeys) {
      for (const auto& word : file->words("Unit", key)) {
        auto to = UnitName::parse(word);
        if (to && !unit.is_template()) set_.declared.insert({unit, kind, std::move(*to)});
      }
    }
  }

  void read_install(const UnitName& unit, const UnitFile& file) {
    const auto enabled = enabled_name(unit, file);
    if (enabled) {
      for (const auto& [key, kind] : kInstallKeys) {
        for (const auto& word : file.words("Install", key)) {
          auto owner = UnitName::parse(word);
          if (owner)
            set_.links.insert({std::move(*owner), kind, *enabled});
          else
            skip(unit.text(), "[Install] " + std::string(key) + "=: " + owner.error().message);
        }
      }
    }
    for (const auto& word : file.words("Install", "Alias")) {
      auto alias = UnitName::parse(word);
      if (!alias)
        skip(unit.text(), "[Install] Alias=: " + alias.error().message);
      else
        add_alias(alias->text(), *alias, unit.text());
    }
  }

  /// What «enable» would enable: the unit, of a template its default instance if it has one.
  static std::optional<UnitName> enabled_name(const UnitName& unit, const UnitFile& file) {
    if (!unit.is_template()) return unit;
    const auto instance = file.last("Install", "DefaultInstance");
    if (!instance) return std::nullopt;
    auto name = unit.instance(*instance);
    if (!name) return std::nullopt;
    return std::move(*name);
  }

  UnitSet set_;
  std::vector<SkippedUnit>* skipped_;
};

/// `foo-.service` and `foo-bar-.service` of `foo-bar-baz.service`, the shortest first.
std::vector<std::string> prefixes_of(const UnitName& unit) {
  std::vector<std::string> prefixes;
  const auto stem = unit.template_name().stem();
  const auto suffix = unit.text().substr(unit.text().rfind('.'));
  for (auto dash = stem.find('-'); dash != std::string::npos; dash = stem.find('-', dash + 1)) {
    if (dash + 1 < stem.size()) prefixes.push_back(stem.substr(0, dash + 1) + suffix);
  }
  return prefixes;
}

}  // namespace

UnitSet UnitSet::from_entries(const std::vector<UnitDirEntry>& entries, std::vector<SkippedUnit>* skipped) {
  Builder builder(skipped);
  for (const auto& entry : entries) builder.add(entry);
  return builder.finish();
}

UnitName UnitSet::canonical(const UnitName& unit) const {
  const auto alias = aliases.find(unit);
  return alias == aliases.end() ? unit : alias->second;
}

const std::string* UnitSet::fragment_of(const UnitName& unit) const {
  for (const auto& name : {canonical(unit), canonical(canonical(unit).template_name())}) {
    const auto found = fragments.find(name);
    if (found != fragments.end()) return &found->second;
  }
  return nullptr;
}

std::map<std::string, std::string> UnitSet::drop_ins_of(const UnitName& unit) const {
  std::map<std::string, std::string> found;
  const auto take = [&](const UnitName& name) {
    const auto own = drop_ins.find(name);
    if (own == drop_ins.end()) return;
    for (const auto& [file, text] : own->second) found.insert_or_assign(file, text);
  };
  // The more special directory wins where two have a file of one name.
  for (const auto& prefix : prefixes_of(unit)) {
    if (auto name = UnitName::parse(prefix); name) take(*name);
  }
  take(unit.template_name());
  take(unit);
  return found;
}

Result<UnitFile> UnitSet::definition(const UnitName& unit) const {
  const auto* text = fragment_of(unit);
  auto file = UnitFile::parse(text == nullptr ? std::string_view() : std::string_view(*text));
  if (!file) return file;
  for (const auto& [name, drop_in_text] : drop_ins_of(canonical(unit))) {
    const auto drop_in = UnitFile::parse(drop_in_text);
    if (!drop_in) return tl::make_unexpected(with_context(drop_in.error(), name));
    file->apply(*drop_in);
  }
  return file;
}

bool UnitSet::defines(const UnitName& unit) const {
  return fragment_of(unit) != nullptr || !drop_ins_of(canonical(unit)).empty();
}

std::set<UnitName> UnitSet::runnable() const {
  std::set<UnitName> units;
  const auto take = [&](const UnitName& unit) {
    const auto name = canonical(unit);
    const bool is_prefix = name.stem().ends_with('-');
    if (!name.is_template() && !is_prefix && !masks.contains(name) && defines(name)) units.insert(name);
  };
  for (const auto& [unit, text] : fragments) take(unit);
  for (const auto& [unit, files] : drop_ins) take(unit);
  for (const auto* pulls : {&links, &declared}) {
    for (const auto& link : *pulls) take(link.unit);
  }
  return units;
}

std::set<UnitName> UnitSet::wanted_by(const UnitName& unit) const {
  std::set<UnitName> owners;
  for (const auto* pulls : {&links, &declared}) {
    for (const auto& link : *pulls) {
      if (canonical(link.unit) == canonical(unit)) owners.insert(canonical(link.owner));
    }
  }
  return owners;
}

}  // namespace switchback
