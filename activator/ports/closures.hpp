// SPDX-License-Identifier: MIT
// What the engine needs to know of a closure that is on the host: what it has in it, and whether it was built
// for this machine. Small local reads: these calls block.
#pragma once

#include "activator/core/kind.hpp"
#include "activator/protocol/error.hpp"
#include "activator/protocol/store_path.hpp"

#include <string>
#include <vector>

namespace switchback {

class Closures {
 public:
  Closures() = default;
  Closures(const Closures&) = delete;
  Closures& operator=(const Closures&) = delete;
  virtual ~Closures() = default;

  /// Errors: io.
  [[nodiscard]] virtual Result<ClosureContent> inspect(const StorePath& closure) = 0;
  /// Errors: invalid_closure when what `closure` says of itself (NixOS does), one of `programs`, or an
  /// interpreter that one of them names, is for a machine of another kind; both kinds are named. What is not
  /// there, and what is no program, is not judged.
  [[nodiscard]] virtual Status check_architecture(const StorePath& closure,
                                                  const std::vector<std::string>& programs) = 0;
};

}  // namespace switchback
