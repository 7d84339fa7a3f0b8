// SPDX-License-Identifier: MIT
// Closures as they lie in the store: what they hold, and for which machine their programs are. Decides how
// that is read, with limits; what follows from it is core/kind.hpp's affair.
#pragma once

#include "activator/ports/closures.hpp"

#include <string>

namespace switchback {

class FileClosures : public Closures {
 public:
  /// `self` is a program that runs here.
  explicit FileClosures(std::string self = "/proc/self/exe") : self_(std::move(self)) {}

  [[nodiscard]] Result<ClosureContent> inspect(const StorePath& closure) override;
  [[nodiscard]] Status check_architecture(const StorePath& closure,
                                          const std::vector<std::string>& programs) override;

 private:
  std::string self_;
};

}  // namespace switchback
