// SPDX-License-Identifier: MIT
// The parts of a picture (plot.hpp), drawn from top to bottom, and the measures that they share. Included by
// the plot_*.cpp alone.
#pragma once

#include "cli/plot_axis.hpp"
#include "cli/plot_timeline.hpp"
#include "cli/svg.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace switchback {

inline constexpr double kPlotWidth = 1560;
inline constexpr double kPlotMargin = 20;
inline constexpr double kPlotNames = 340;           // what stands left of the bars
inline constexpr double kPlotVerdicts = 320;        // and right of them
inline constexpr double kPlotLine = 17;             // of text
inline constexpr std::size_t kMostPlotTitle = 400;  // columns of what is shown under the pointer
inline constexpr std::size_t kMostPlotCauses = 5;

// Letters are not as wide as each other: these are on the safe side.
inline constexpr double kSansColumn = 0.56;  // of the font's size
inline constexpr double kMonoColumn = 0.605;

[[nodiscard]] double text_width(const std::string& text, double size, double column = kSansColumn);
/// As much of `text` as there is room for.
[[nodiscard]] std::string fitted_text(const std::string& text, double width, double size,
                                      double column = kSansColumn);
/// The same, cut in the middle: what a unit's name ends with tells what it is.
[[nodiscard]] std::string fitted_name(const std::string& name, double width);
/// «90 ms», «2.3 s», «9 min 41 s».
[[nodiscard]] std::string plot_seconds(double seconds);
[[nodiscard]] std::string_view class_of(Tone tone);
[[nodiscard]] std::string class_of(Phase phase);

class PlotDrawing {
 public:
  PlotDrawing(const FinishedActivation& finished, const std::string& host);
  [[nodiscard]] std::string draw();

 private:
  // plot.cpp
  void head();
  [[nodiscard]] std::vector<std::string> generation_lines() const;
  void sign(Tone tone, double x, double y, double radius);
  void legend();
  void told();
  [[nodiscard]] std::string document() const;
  // plot_phases.cpp
  void phases();
  void marks();
  void background(double top, double bottom);
  void tick_labels(double y);
  void tears(double top, double bottom);
  // plot_rows.cpp
  void rows(double top);
  void row(const PlotRow& row, double top);
  void spans(const PlotRow& row, double top);
  void restarts(const PlotRow& row, double top);

  const FinishedActivation& finished_;
  const std::string& host_;
  Timeline timeline_;
  PlotAxis axis_;
  double row_height_;
  double y_ = 0;  // how far it is drawn
  Svg svg_;
};

}  // namespace switchback
