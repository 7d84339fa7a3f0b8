// SPDX-License-Identifier: MIT
// What a closure brings and takes away in comparison with another: packages, versions, sizes, as `nix store
// diff-closures` tells them. Pure: from lists of store paths. Where the lists come from is decided by
// closure_query.hpp.
#pragma once

#include "activator/protocol/store_path.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace switchback {

/// Store paths and what each takes, in bytes.
using PathSizes = std::map<std::string, std::uint64_t>;

struct PackageDifference {
  std::string name;
  std::set<std::string> before{};  // versions that go; an empty one: the name has none
  std::set<std::string> after{};   // versions that come
  bool is_new = false;             // nothing of that name was there
  bool is_gone = false;            // nothing of it is left
  std::int64_t bytes = 0;          // more than before
  bool operator==(const PackageDifference&) const = default;
};

struct ClosureDifference {
  std::string profile;
  std::optional<StorePath> before{};  // what the profile names; absent: nothing
  std::optional<StorePath> after{};
  std::vector<PackageDifference>
      packages{};           // by name; without those that differ in nothing that can be told
  std::size_t rebuilt = 0;  // packages of the same versions, and of about the same size
  std::int64_t bytes = 0;   // of all together
};

struct PackageName {
  std::string name;
  std::string version;
};
/// «openssl», «3.0.2» of /nix/store/…-openssl-3.0.2-bin: the version begins at the first dash that no letter
/// follows. Source: nix, src/libstore/names.cc and src/nix/diff-closures.cc.
[[nodiscard]] PackageName package_of(const std::string& store_path);

/// `before` and `after` are whole closures; `sizes` holds at least those paths that are in one of them alone.
[[nodiscard]] ClosureDifference compare_closures(const std::set<std::string>& before,
                                                 const std::set<std::string>& after, const PathSizes& sizes);

/// For people, the closure first, then packages: `most` at most, zero: all.
[[nodiscard]] std::vector<std::string> difference_lines(const ClosureDifference& difference,
                                                        std::size_t most);
[[nodiscard]] nlohmann::json to_json(const ClosureDifference& difference);
/// «+12.0 KiB», «-3.4 MiB», «+0 B».
[[nodiscard]] std::string size_difference_text(std::int64_t bytes);

}  // namespace switchback
