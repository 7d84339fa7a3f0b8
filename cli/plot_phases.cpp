// SPDX-License-Identifier: MIT
// What stands above the bars and behind them: phases, what decided, and time.
#include "cli/plot_drawing.hpp"

#include <algorithm>
#include <cmath>

namespace switchback {
namespace {

constexpr double kTickDistance = 70;
constexpr double kPhaseHeight = 24;
constexpr double kTooth = 6;  // of torn paper

/// Labels beside each other that must not overlap, nor be crossed by the lines that lead to them: taken from
/// the right to the left, each begins at its line.
class Levels {
 public:
  std::size_t take(double begin, double end) {
    for (std::size_t level = 0; level < taken_.size(); ++level) {
      if (end > taken_[level]) continue;
      taken_[level] = begin;
      return level;
    }
    taken_.push_back(begin);
    return taken_.size() - 1;
  }
  [[nodiscard]] double height() const { return static_cast<double>(taken_.size()) * kPlotLine; }

 private:
  std::vector<double> taken_;  // where the leftmost label of each begins
};

struct Label {
  double x = 0;
  double level = 0;
  std::string text;
  Tone tone = Tone::good;
};

std::string phase_words(const PlotPhase& phase) {
  return std::string(text(phase.phase)) + " " + plot_seconds(phase.end - phase.begin);
}

/// «2 s», «0.05 s», «3 min»: of a moment on the axis, which is a multiple of `step`.
std::string tick_words(double at, double step) {
  if (step >= 60) return svg_number(at / 60) + " min";
  if (step >= 0.1) return svg_number(at) + " s";
  const auto hundredths = std::lround(at * 100);
  const auto rest = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (rest.size() < 2 ? "0" : "") + rest + " s";
}

}  // namespace

void PlotDrawing::phases() {
  const auto fits = [&](const PlotPhase& phase) {
    return text_width(phase_words(phase), 12) + 10 <= axis_.x(phase.end) - axis_.x(phase.begin);
  };
  Levels levels;
  std::vector<Label> labels;
  for (auto phase = timeline_.phases.rbegin(); phase != timeline_.phases.rend(); ++phase) {
    if (fits(*phase)) continue;
    const auto x = axis_.x(phase->begin);
    auto words = fitted_text(phase_words(*phase), kPlotWidth - kPlotMargin - x, 12);
    const auto level = levels.take(x, x + text_width(words, 12) + 14);
    labels.push_back({x, static_cast<double>(level), std::move(words)});
  }
  const auto top = y_ + levels.height();
  for (const auto& label : labels) {
    const auto base = top - label.level * kPlotLine - 5;
    svg_.line(label.x + 0.5, base - 9, label.x + 0.5, top, "edge");
    svg_.text(label.x + 4, base, "small", label.text);
  }
  svg_.text(kPlotMargin + 4, top + 16, "muted", "phases");
  for (const auto& phase : timeline_.phases) {
    const auto x = axis_.x(phase.begin);
    svg_.begin("phase", text(phase.phase));
    svg_.rect({x, top, std::max(axis_.x(phase.end) - x - 1, 1.0), kPhaseHeight}, class_of(phase.phase),
              phase_words(phase));
    if (fits(phase)) svg_.text(x + 6, top + 16, "on", phase_words(phase));
    svg_.end();
  }
  y_ = top + kPhaseHeight;
}

/// What decided, each beneath its moment.
void PlotDrawing::marks() {
  Levels levels;
  std::vector<Label> labels;
  for (auto mark = timeline_.marks.rbegin(); mark != timeline_.marks.rend(); ++mark) {
    const auto x = axis_.x(mark->at);
    auto words = fitted_text(mark->words, kPlotWidth - kPlotMargin - x - 10, 12);
    const auto level = levels.take(x - 6, x + text_width(words, 12) + 18);
    labels.push_back({x, static_cast<double>(level), std::move(words), mark->tone});
  }
  for (const auto& label : labels) {
    const auto y = y_ + 12 + label.level * kPlotLine;
    const auto tone = std::string(class_of(label.tone));
    svg_.begin("mark " + tone);
    svg_.line(label.x, y_, label.x, y, "edge");
    svg_.path("M" + svg_number(label.x) + " " + svg_number(y - 5) + "l5 5l-5 5l-5 -5Z", tone);
    svg_.text(label.x + 10, y + 4, "strong " + tone, label.text);
    svg_.end();
  }
  y_ += 14 + levels.height();
}

void PlotDrawing::background(double top, double bottom) {
  for (const auto& phase : timeline_.phases) {
    const auto x = axis_.x(phase.begin);
    const auto width = axis_.x(phase.end) - x;
    svg_.rect({x, top, width, bottom - top}, "band " + class_of(phase.phase));
    svg_.rect({x, bottom, std::max(width - 1, 1.0), 4}, class_of(phase.phase));  // where the top is far away
  }
  for (std::size_t i = 1; i < timeline_.rows.size(); i += 2) {
    const auto y = top + row_height_ * static_cast<double>(i);
    svg_.rect({kPlotMargin, y, kPlotWidth - 2 * kPlotMargin, row_height_}, "stripe");
  }
  for (const auto& tick : axis_.ticks(kTickDistance)) svg_.line(tick.x, top, tick.x, bottom, "grid");
}

void PlotDrawing::tick_labels(double y) {
  const auto step = axis_.step(kTickDistance);
  for (const auto& tick : axis_.ticks(kTickDistance)) {
    svg_.text(tick.x, y, "tiny muted middle", tick_words(tick.at, step));
  }
  for (const auto& cut : axis_.cuts()) {
    svg_.text((axis_.x(cut.begin) + axis_.x(cut.end)) / 2, y, "tiny muted middle",
              "… " + plot_seconds(cut.end - cut.begin) + " …");
  }
}

/// Where time was shortened, the paper is torn.
void PlotDrawing::tears(double top, double bottom) {
  for (const auto& cut : axis_.cuts()) {
    const auto x = (axis_.x(cut.begin) + axis_.x(cut.end)) / 2;
    std::string left;
    std::string right;
    bool out = false;
    for (double y = top; y < bottom + kTooth; y += kTooth, out = !out) {
      const auto at = " " + svg_number(std::min(y, bottom));
      left += (left.empty() ? "M" : "L") + svg_number(x - (out ? 1 : 4)) + at;
      right.insert(0, "L" + svg_number(x + (out ? 5 : 2)) + at);
    }
    svg_.path(left + right + "Z", "tear", "nothing happened for " + plot_seconds(cut.end - cut.begin));
  }
}

}  // namespace switchback
