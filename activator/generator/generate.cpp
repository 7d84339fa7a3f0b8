// SPDX-License-Identifier: MIT
#include "activator/generator/generate.hpp"

#include "activator/generator/unit_directory.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <set>

namespace switchback {
namespace {

/// Units are run by root: what somebody else could have written is not taken.
Status check_owner(const std::string& directory) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) < 0)
    return fail(Errc::io, "cannot look at " + directory + ": " + errno_text(errno));
  if (info.st_uid != 0 || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail(Errc::corrupt, directory + " can be written to by others than root");
  return {};
}

std::string_view suffix_of(DependencyKind kind) {
  switch (kind) {
    case DependencyKind::wants:
      return ".wants/";
    case DependencyKind::requires_:
      return ".requires/";
    case DependencyKind::upholds:
      return ".upholds/";
  }
  return ".wants/";
}

/// The set as entries again, with [Install] sections turned into links.
std::vector<UnitDirEntry> entries_of(const UnitSet& set) {
  std::vector<UnitDirEntry> entries;
  for (const auto& [unit, text] : set.fragments) entries.push_back({unit.text(), text, ""});
  for (const auto& mask : set.masks) entries.push_back({mask.text(), "", "/dev/null"});
  for (const auto& [alias, unit] : set.aliases) entries.push_back({alias.text(), "", unit.text()});
  for (const auto& [unit, files] : set.drop_ins) {
    for (const auto& [name, text] : files) entries.push_back({unit.text() + ".d/" + name, text, ""});
  }
  for (const auto& link : set.links) {
    const auto file = set.fragments.contains(link.unit) ? link.unit : link.unit.template_name();
    entries.push_back(
        {link.owner.text() + std::string(suffix_of(link.kind)) + link.unit.text(), "", file.text()});
  }
  return entries;
}

class Generation {
 public:
  Generation(const CopyPlaces& places, const std::string& output, const Complain& complain)
      : places_(places), output_(output), complain_(complain) {}

  void run() {
    std::set<ProfileName> profiles;
    for (const auto& directory : {places_.etc, places_.trials()}) {
      auto names = list_profiles(directory);
      if (!names) {
        complain_(names.error().message);
        continue;
      }
      profiles.insert(names->begin(), names->end());
    }
    for (const auto& profile : profiles) {
      if (auto copies = current(profile)) add(profile, *copies);
    }
  }

 private:
  /// The trial's copies if there are any, else the committed ones.
  std::optional<CurrentCopies> current(const ProfileName& profile) {
    const auto trial = places_.trials() + "/" + profile.text();
    for (const auto& link : {trial, places_.committed(profile) + "/current"}) {
      auto found = read_current(link);
      if (!found) {
        complain_("profile " + profile.text() + ": " + found.error().message);
      } else if (*found) {
        struct stat info {};
        const bool is_there = ::stat((*found)->directory.c_str(), &info) == 0 || errno != ENOENT;
        if (is_there) return std::move(**found);
        complain_("profile " + profile.text() + ": " + link + " leads to " + (*found)->directory +
                  ", which is gone");
      }
    }
    return std::nullopt;
  }

  void add(const ProfileName& profile, const CurrentCopies& copies) {
    const auto told = [&](const std::string& problem) {
      complain_("profile " + profile.text() + ": " + problem);
    };
    if (auto safe = check_owner(copies.directory); !safe) return told(safe.error().message);
    std::vector<SkippedUnit> skipped;
    const auto entries = read_unit_directory(copies.directory, &skipped);
    if (!entries) return told(entries.error().message);
    const auto set = UnitSet::from_entries(*entries, &skipped);
    for (const auto& entry : skipped) told(entry.path + " is left out: " + entry.problem);
    // One at a time, so that one whose place is taken keeps none of the others out.
    for (const auto& entry : entries_of(set)) {
      if (auto written = write_unit_entry(output_, entry); !written) told(written.error().message);
    }
  }

  const CopyPlaces& places_;
  const std::string& output_;
  const Complain& complain_;
};

}  // namespace

void generate(const CopyPlaces& places, const std::string& output, const Complain& complain) {
  Generation(places, output, complain).run();
}

}  // namespace switchback
