// SPDX-License-Identifier: MIT
#include "cli/plot_axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace switchback {
namespace {

constexpr std::size_t kMostCuts = 4;
constexpr double kShortestCut = 2;     // seconds
constexpr double kShortestEnd = 0.01;  // an activation takes time, whatever its clock says

struct Gap {
  std::size_t after = 0;  // the moment that it follows
  double length = 0;
};

/// How many of the longest of `gaps`, which are sorted, are out of all proportion to the rest.
std::size_t too_long(const std::vector<Gap>& gaps) {
  for (auto count = std::min(kMostCuts, gaps.size()); count > 0; --count) {
    double rest = 0;
    for (std::size_t i = count; i < gaps.size(); ++i) rest += gaps[i].length;
    const auto shortest = gaps[count - 1].length;
    if (shortest >= kShortestCut && shortest > 2 * rest) return count;
  }
  return 0;
}

}  // namespace

PlotAxis::PlotAxis(std::vector<double> moments, double left, double right) : left_(left), right_(right) {
  moments.push_back(0);
  std::erase_if(moments, [](double moment) { return !(moment >= 0 && moment <= kLongestPlot); });
  std::sort(moments.begin(), moments.end());
  if (moments.back() < kShortestEnd) moments.push_back(kShortestEnd);
  std::vector<Gap> gaps;
  for (std::size_t i = 0; i + 1 < moments.size(); ++i) gaps.push_back({i, moments[i + 1] - moments[i]});
  std::stable_sort(gaps.begin(), gaps.end(), [](const Gap& a, const Gap& b) { return a.length > b.length; });
  const auto cut = too_long(gaps);
  double rest = 0;
  for (std::size_t i = cut; i < gaps.size(); ++i) rest += gaps[i].length;
  // Each gets as much room as half of all that happens, or as all there is to divide.
  const double shortened = rest > 0 ? rest / 2 : 1;
  scale_ = (right - left) / (rest + shortened * static_cast<double>(cut));
  std::vector<double> drawn(moments.size(), -1);
  for (std::size_t i = 0; i < cut; ++i) drawn[gaps[i].after] = shortened;
  double x = left;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    knots_.push_back({moments[i], x});
    if (i + 1 == moments.size()) break;
    if (drawn[i] >= 0) cuts_.push_back({moments[i], moments[i + 1]});
    x += scale_ * (drawn[i] >= 0 ? drawn[i] : moments[i + 1] - moments[i]);
  }
}

double PlotAxis::x(double moment) const {
  if (!(moment > 0)) return left_;
  if (moment >= end()) return right_;
  const auto after = std::upper_bound(knots_.begin(), knots_.end(), moment,
                                      [](double at, const Knot& knot) { return at < knot.moment; });
  const auto& next = *after;
  const auto& before = *std::prev(after);
  return before.x + (moment - before.moment) / (next.moment - before.moment) * (next.x - before.x);
}

double PlotAxis::step(double distance) const {
  constexpr std::array kSteps{0.01, 0.02, 0.05, 0.1,  0.2,   0.5,   1.0,    2.0,
                              5.0,  10.0, 30.0, 60.0, 300.0, 600.0, 3600.0, 14'400.0};
  for (const double step : kSteps) {
    if (step * scale_ >= distance) return step;
  }
  auto longer = kSteps.back();
  while (longer * scale_ < distance) longer *= 10;  // a clock may be set by years
  return longer;
}

std::vector<PlotAxis::Tick> PlotAxis::ticks(double distance) const {
  constexpr std::size_t kMost = 200;
  std::vector<Tick> out;
  const auto wide = step(distance);
  double at = 0;
  for (std::size_t cut = 0; out.size() < kMost; ++cut) {
    const bool last = cut == cuts_.size();
    const auto until = last ? end() : cuts_[cut].begin;
    for (; at <= until && out.size() < kMost; at += wide) {
      const auto where = x(at);
      if (out.empty() || where - out.back().x >= distance * 0.75) out.push_back({at, where});
    }
    if (last) break;
    at = std::ceil(cuts_[cut].end / wide) * wide;
  }
  return out;
}

}  // namespace switchback
