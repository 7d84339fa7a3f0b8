// SPDX-License-Identifier: MIT
// Builds what a test deploys: a store path on the pusher, from files given in the test.
#pragma once

#include "tests/support/testhost/pusher.hpp"

#include <map>
#include <string>
#include <vector>

namespace switchback::test {

class Closure {
 public:
  explicit Closure(std::string name = "closure") : name_(std::move(name)) {}

  /// `@out@` in a text becomes the store path of the closure. Executable if under bin/ or if it begins with
  /// "#!".
  Closure& file(const std::string& path, std::string text);
  /// A symbolic link in the closure.
  Closure& link(const std::string& path, std::string target);
  /// A store path that a text names and that belongs to the closure.
  Closure& needs(std::string store_path);

  /// Returns the store path. The same files give the same path.
  [[nodiscard]] std::string build(Pusher& pusher) const;

 private:
  std::string name_;
  std::map<std::string, std::string> files_;
  std::map<std::string, std::string> links_;
  std::vector<std::string> needed_;
};

/// A closure with one service, `web.service`: runs `script` (a shell script) from the closure, wanted by
/// multi-user.target.
Closure web_closure(const std::string& script);

}  // namespace switchback::test
