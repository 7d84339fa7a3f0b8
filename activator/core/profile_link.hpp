// SPDX-License-Identifier: MIT
// Where a profile lies on a host, as a value that the record keeps. What it leads to is read elsewhere.
#pragma once

#include <string>

namespace switchback {

struct ProfileLink {
  std::string path{};
  std::string user = "root";  // whom it belongs to
  bool operator==(const ProfileLink&) const = default;
};

}  // namespace switchback
