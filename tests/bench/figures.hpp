// SPDX-License-Identifier: MIT
// Measured figures: medians, what they are compared with, and how they are shown. Measures nothing itself.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace switchback::bench {

/// The middle one; of an even number the mean of the two.
[[nodiscard]] double median(std::vector<double> values);
/// How long `body` takes, in milliseconds.
[[nodiscard]] double time_ms(const std::function<void()>& body);

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::optional<double> at_most{};  // what it must reach
};

class Figures {
 public:
  void add(Figure figure);
  /// Whether every figure reached what it must.
  [[nodiscard]] bool good() const;
  void show(std::ostream& out, bool as_json) const;

 private:
  std::vector<Figure> figures_;
};

}  // namespace switchback::bench
