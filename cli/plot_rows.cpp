// SPDX-License-Identifier: MIT
// The bars: a row for each unit, and for each check.
#include "cli/plot_drawing.hpp"
#include "cli/text.hpp"

#include <algorithm>

namespace switchback {
namespace {

constexpr double kShortest = 2;     // as wide as the eye can see
constexpr double kShortestBad = 6;  // as nobody can miss
constexpr double kRestartRadius = 7;
constexpr std::size_t kLongestTold = 200;  // columns

bool restarts_at(const PlotRow& row, double moment) {
  return std::any_of(row.restarts.begin(), row.restarts.end(),
                     [&](const PlotRestart& restart) { return restart.at == moment; });
}

std::string restarts_words(std::uint64_t count) {
  return count == 1 ? "restarted once" : "restarted " + std::to_string(count) + " times";
}

}  // namespace

std::string fitted_name(const std::string& name, double width) {
  const auto plain = printable(cut(name, kMostPlotTitle));
  const auto room = static_cast<std::size_t>(std::max(width / (12 * kMonoColumn), 0.0));
  const auto dot = plain.rfind('.');
  const auto ending = dot == std::string::npos ? "" : plain.substr(dot);
  if (columns(plain) <= room || columns(ending) + 8 > room) return cut(plain, room);
  return cut(plain.substr(0, dot), room - columns(ending)) + ending;
}

void PlotDrawing::rows(double top) {
  if (timeline_.rows.empty()) svg_.text(axis_.left() + 8, top + 16, "muted", "no unit was touched");
  for (const auto& each : timeline_.rows) {
    row(each, top);
    top += row_height_;
  }
}

void PlotDrawing::row(const PlotRow& row, double top) {
  const auto base = top + row_height_ / 2 + 4;
  const bool bad = row.worst == Tone::bad;
  svg_.begin("unit", cut(row.name, kMostPlotTitle));
  const auto planned_room = row.planned.empty() ? 0 : text_width(row.planned, 11) + 12;
  const auto name = fitted_name(row.name, kPlotNames - 16 - planned_room);
  svg_.text(kPlotMargin + 4, base, bad ? "mono strong bad" : "mono", name,
            name == row.name ? "" : cut(row.name, kMostPlotTitle));
  if (!row.planned.empty()) {
    const bool as_planned = row.deviation.empty();
    svg_.text(axis_.left() - 8, base, as_planned ? "small right muted" : "small right waiting", row.planned,
              cut(as_planned ? row.reason : row.deviation, kMostPlotTitle));
  }
  spans(row, top);
  restarts(row, top);
  if (!row.verdict.empty()) {
    const auto verdict = fitted_text(row.verdict, kPlotVerdicts - 12, 11);
    const auto tone = bad ? Tone::bad : row.spans.empty() ? Tone::ignored : row.last;
    svg_.text(axis_.right() + 10, base, "small " + std::string(class_of(tone)), verdict,
              verdict == row.verdict ? "" : cut(row.verdict, kMostPlotTitle));
  }
  svg_.end();
}

void PlotDrawing::spans(const PlotRow& row, double top) {
  const auto middle = top + row_height_ / 2;
  for (const auto& span : row.spans) {
    const auto x = axis_.x(span.begin);
    const auto width = axis_.x(span.end) - x;
    auto title = cut(span.told, kLongestTold) + ", " + plot_seconds(span.end - span.begin);
    if (span.tone == Tone::unseen) {
      svg_.path("M" + svg_number(x) + " " + svg_number(middle) + "h" + svg_number(width), "unseen", title);
      continue;
    }
    const bool bad = span.tone == Tone::bad;
    if (bad) {
      for (const auto& line : row.log) title += " · " + cut(line, 160);
    }
    svg_.rect({x, top + 2, std::max(width, bad ? kShortestBad : kShortest), row_height_ - 4},
              class_of(span.tone), title);
    const auto before = restarts_at(row, span.begin) ? kRestartRadius + 4 : 5;
    const auto word = printable(cut(span.word, 40));
    if (before + text_width(word, 11) + 3 <= width) svg_.text(x + before, middle + 4, "small", word);
  }
}

void PlotDrawing::restarts(const PlotRow& row, double top) {
  const auto middle = top + row_height_ / 2;
  for (const auto& restart : row.restarts) {
    const auto x = axis_.x(restart.at);
    svg_.circle(x, middle, kRestartRadius, "restart", restarts_words(restart.count));
    svg_.text(x, middle + 3.2, "on-restart", restart.count > 99 ? "…" : std::to_string(restart.count));
  }
}

}  // namespace switchback
