// SPDX-License-Identifier: MIT
// A mount namespace of this thread's own: what is mounted while it lives is seen by nobody else and is gone
// with it, also when the test is killed. Needs root.
#pragma once

#include "activator/adapters/unique_fd.hpp"

#include <string>

namespace switchback::test {

class PrivateMounts {
 public:
  PrivateMounts();
  ~PrivateMounts();
  PrivateMounts(const PrivateMounts&) = delete;
  PrivateMounts& operator=(const PrivateMounts&) = delete;

  /// An empty file system of `options` (as in «size=64k») at `directory`, which must exist.
  void mount_empty(const std::string& directory, const std::string& options = "") const;
  /// `source`, a file or directory, in the place of `target`.
  void bind(const std::string& source, const std::string& target) const;

 private:
  UniqueFd outside_;
};

}  // namespace switchback::test
