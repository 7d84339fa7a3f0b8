// SPDX-License-Identifier: MIT
// Where a moment of an activation is on the paper. Time goes evenly from left to right, but for a few long
// spans in which nothing happened (a soak, a person who thinks before confirming): they would leave no room
// for all the rest, and are shortened. Pure.
#pragma once

#include <vector>

namespace switchback {

/// Seconds: as far as an axis goes, and a clock is believed.
inline constexpr double kLongestPlot = 1e9;

/// Moments are seconds since the beginning; positions are in the units of the picture.
class PlotAxis {
 public:
  struct Cut {
    double begin = 0;
    double end = 0;
  };
  struct Tick {
    double at = 0;
    double x = 0;
  };

  /// From `left` to `right` are all of `moments`, which need not be sorted, and zero.
  PlotAxis(std::vector<double> moments, double left, double right);

  [[nodiscard]] double x(double moment) const;
  [[nodiscard]] double left() const { return left_; }
  [[nodiscard]] double right() const { return right_; }
  [[nodiscard]] double end() const { return knots_.back().moment; }
  /// What was shortened, in order.
  [[nodiscard]] const std::vector<Cut>& cuts() const { return cuts_; }
  /// Round moments, `distance` from each other at least, none of them in what was shortened.
  [[nodiscard]] std::vector<Tick> ticks(double distance) const;
  /// Seconds between the round moments.
  [[nodiscard]] double step(double distance) const;

 private:
  struct Knot {
    double moment = 0;
    double x = 0;
  };
  std::vector<Knot> knots_;  // between them it goes evenly
  std::vector<Cut> cuts_;
  double left_;
  double right_;
  double scale_ = 1;  // of what was not shortened
};

}  // namespace switchback
