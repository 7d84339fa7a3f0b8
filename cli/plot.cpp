// SPDX-License-Identifier: MIT
#include "cli/plot.hpp"

#include "cli/plot_drawing.hpp"
#include "cli/plot_style.hpp"
#include "cli/text.hpp"
#include "cli/words.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace switchback {
namespace {

constexpr std::size_t kMostTitleLines = 3;
constexpr std::size_t kMostGenerations = 4;
constexpr std::size_t kLongestLine = 200;  // columns, of what is said about the whole
constexpr std::size_t kManyRows = 40;

std::vector<double> moments_of(const Timeline& timeline) {
  std::vector<double> out{timeline.end};
  for (const auto& phase : timeline.phases) out.push_back(phase.begin);
  for (const auto& mark : timeline.marks) out.push_back(mark.at);
  for (const auto& row : timeline.rows) {
    for (const auto& span : row.spans) out.push_back(span.begin);
  }
  return out;
}

}  // namespace

double text_width(const std::string& text, double size, double column) {
  return static_cast<double>(columns(text)) * size * column;
}

std::string fitted_text(const std::string& text, double width, double size, double column) {
  return cut(printable(text), static_cast<std::size_t>(std::max(width / (size * column), 0.0)));
}

std::string plot_seconds(double seconds) {
  const auto milliseconds = std::chrono::milliseconds(std::llround(std::clamp(seconds, 0.0, 1e9) * 1000));
  if (milliseconds.count() < 100) return std::to_string(milliseconds.count()) + " ms";
  return duration_text(milliseconds);
}

std::string_view class_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "good";
    case Tone::idle:
      return "idle";
    case Tone::waiting:
      return "waiting";
    case Tone::bad:
      return "bad";
    case Tone::ignored:
      return "ignored";
    case Tone::unseen:
      return "unseen";
  }
  return "unseen";
}

std::string class_of(Phase phase) {
  const bool waits = phase == Phase::awaiting_confirmation || phase == Phase::awaiting_boot;
  return waits ? "awaiting" : std::string(text(phase));
}

PlotDrawing::PlotDrawing(const FinishedActivation& finished, const std::string& host)
    : finished_(finished),
      host_(host),
      timeline_(timeline_of(finished)),
      axis_(moments_of(timeline_), kPlotMargin + kPlotNames, kPlotWidth - kPlotMargin - kPlotVerdicts),
      row_height_(timeline_.rows.size() <= kManyRows ? 24 : 18) {}

std::string PlotDrawing::draw() {
  head();
  phases();
  marks();
  tick_labels(y_ + 15);
  const auto top = y_ + 22;
  const auto bottom = top + std::max(row_height_ * static_cast<double>(timeline_.rows.size()), row_height_);
  // Told first is drawn behind.
  background(top, bottom);
  rows(top);
  tears(top, bottom);
  tick_labels(bottom + 18);
  y_ = bottom + 22;
  legend();
  told();
  return document();
}

void PlotDrawing::head() {
  const auto tone = tone_of(finished_.outcome.outcome);
  const auto left = kPlotMargin + 28;
  y_ = 40;
  sign(tone, kPlotMargin + 9, y_ - 6, 9);
  const auto title = cut(printable(host_) + ": " + outcome_text(finished_.outcome), kMostPlotTitle);
  const auto room = (kPlotWidth - kPlotMargin - left) / (18 * kSansColumn);
  auto lines = wrapped(title, static_cast<std::size_t>(room));
  if (lines.size() > kMostTitleLines) lines.resize(kMostTitleLines);
  for (const auto& line : lines) {
    svg_.text(left, y_, "title " + std::string(class_of(tone)), line);
    y_ += 23;
  }
  const auto begun = date_text(std::llround(std::clamp(finished_.begun, 0.0, 1e12)));
  svg_.text(left, y_, "muted",
            cut("activation " + finished_.id.text() + " · " + begun + " · by " + printable(finished_.holder) +
                    " · took " + plot_seconds(finished_.finished - finished_.begun),
                kLongestLine));
  for (const auto& line : generation_lines()) {
    y_ += kPlotLine;
    svg_.text(left, y_, "muted", cut(line, kLongestLine));
  }
  y_ += 22;
}

/// «app generation 12 (web-2), before: web-1».
std::vector<std::string> PlotDrawing::generation_lines() const {
  std::vector<std::string> out;
  for (const auto& now : finished_.outcome.generations) {
    if (out.size() == kMostGenerations) break;
    auto line = now.closure.empty() ? printable(now.profile) + " names nothing" : generation_text(now);
    const auto found = std::find_if(finished_.before.begin(), finished_.before.end(),
                                    [&](const auto& before) { return before.profile == now.profile; });
    if (found != finished_.before.end()) {
      const auto before = found->closure.empty() ? std::string("nothing") : closure_name(found->closure);
      line += found->closure == now.closure ? ", as before" : ", before: " + before;
    }
    out.push_back(std::move(line));
  }
  return out;
}

/// A tick or a cross: a colour is not all that tells.
void PlotDrawing::sign(Tone tone, double x, double y, double radius) {
  using Points = std::vector<std::pair<double, double>>;
  static const Points kTick{{-1, 0.05}, {-0.7, -0.3}, {-0.3, 0.15}, {0.65, -0.85}, {1, -0.5}, {-0.3, 0.85}};
  static const Points kCross{{-0.9, -0.6}, {-0.6, -0.9}, {0, -0.3}, {0.6, -0.9}, {0.9, -0.6}, {0.3, 0},
                             {0.9, 0.6},   {0.6, 0.9},   {0, 0.3},  {-0.6, 0.9}, {-0.9, 0.6}, {-0.3, 0}};
  std::string data;
  for (const auto& [dx, dy] : tone == Tone::good ? kTick : kCross) {
    data += (data.empty() ? "M" : "L") + svg_number(x + dx * radius) + " " + svg_number(y + dy * radius);
  }
  svg_.path(data + "Z", class_of(tone));
}

void PlotDrawing::legend() {
  static constexpr std::array<std::pair<Tone, const char*>, 5> kTones{
      {{Tone::good, "runs"},
       {Tone::idle, "does not run, as it should"},
       {Tone::waiting, "is waited for"},
       {Tone::bad, "unhealthy"},
       {Tone::ignored, "does not count"}}};
  y_ += 18;
  double x = kPlotMargin + 4;
  const auto word = [&](const std::string& words) {
    svg_.text(x + 22, y_, "small muted", words);
    x += 22 + text_width(words, 11) + 20;
  };
  for (const auto& [tone, words] : kTones) {
    svg_.rect({x, y_ - 10, 16, 12}, class_of(tone));
    word(words);
  }
  svg_.path("M" + svg_number(x) + " " + svg_number(y_ - 4) + "h16", "unseen");
  word("not looked at");
  svg_.circle(x + 9, y_ - 4, 7, "restart");
  svg_.text(x + 9, y_ - 0.8, "on-restart", "2");
  word("restarts");
  if (timeline_.hidden_rows > 0) {
    svg_.text(kPlotWidth - kPlotMargin, y_, "small muted right",
              std::to_string(timeline_.hidden_rows) + " more units are not shown");
  }
  y_ += 14;
}

/// Why, what was done otherwise than planned, and what was warned of.
void PlotDrawing::told() {
  const auto line = [&](std::string_view classes, double indent, const std::string& words,
                        double column = kSansColumn) {
    y_ += kPlotLine;
    svg_.text(kPlotMargin + 4 + indent, y_, classes,
              fitted_text(words, kPlotWidth - 2 * kPlotMargin - 4 - indent, 12, column));
  };
  const auto& causes = finished_.outcome.causes;
  for (std::size_t i = 0; i < std::min(causes.size(), kMostPlotCauses); ++i) {
    line("strong bad", 0, causes[i].message);
    const auto& log = causes[i].log;
    for (auto at = log.size() - std::min(log.size(), kMostPlotLog); at < log.size(); ++at) {
      line("small mono", 16, log[at], kMonoColumn);
    }
  }
  if (causes.size() > kMostPlotCauses) {
    line("muted", 0, "and " + std::to_string(causes.size() - kMostPlotCauses) + " more causes");
  }
  y_ += timeline_.deviations.empty() ? 0 : 6;
  for (const auto& sentence : timeline_.deviations) line("waiting", 0, sentence);
  y_ += timeline_.warnings.empty() ? 0 : 6;
  for (const auto& warning : timeline_.warnings) {
    line("", 0, "after " + plot_seconds(warning.at) + ": " + warning.message);
  }
  y_ += kPlotMargin;
}

std::string PlotDrawing::document() const {
  const auto width = svg_number(kPlotWidth);
  const auto height = svg_number(y_);
  const auto size = " width=\"" + width + "\" height=\"" + height + "\"";
  const auto title = cut(host_ + ": " + outcome_summary(finished_.outcome), kMostPlotTitle);
  return R"(<?xml version="1.0" encoding="UTF-8"?>)"
         "\n<svg xmlns=\"http://www.w3.org/2000/svg\"" +
         size + " viewBox=\"0 0 " + width + " " + height + "\" role=\"img\">\n<title>" + xml_text(title) +
         "</title>\n<style>" + std::string(kPlotStyle) + "</style>\n<rect class=\"page\"" + size + "/>\n" +
         svg_.elements() + "</svg>\n";
}

std::string plot_svg(const FinishedActivation& finished, const std::string& host) {
  return PlotDrawing(finished, host).draw();
}

}  // namespace switchback
