// SPDX-License-Identifier: MIT
// What there is to be drawn of a finished activation: its phases, what was seen of each unit when, and what
// decided. Pure: from events to spans of time, in seconds since the beginning, never backwards however the
// host's clock was set meanwhile. Decides order and limits; not what anything looks like.
#pragma once

#include "cli/finished_activation.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace switchback {

/// How things stand: what a colour says.
enum class Tone { good, idle, waiting, bad, ignored, unseen };

struct PlotPhase {
  Phase phase = Phase::preparing;
  double begin = 0;
  double end = 0;
};
/// Of one unit, or of one check: how it was.
struct PlotSpan {
  double begin = 0;
  double end = 0;
  Tone tone = Tone::unseen;
  std::string word;    // that fits into it: «running»
  std::string told{};  // all of it: «active (running), healthy»
};
struct PlotRestart {
  double at = 0;
  std::uint64_t count = 0;  // since the beginning
};
struct PlotRow {
  std::string name;
  std::string planned{};    // what was to be done with it: «restart»
  std::string reason{};     // why
  std::string deviation{};  // what happened instead, a sentence
  std::vector<PlotSpan> spans{};
  std::vector<PlotRestart> restarts{};
  Tone worst = Tone::unseen;  // of all spans
  Tone last = Tone::unseen;   // that was seen
  std::string verdict{};      // what is left to say at the end: «failed, exit-code»
  std::vector<std::string> log{};
};
/// A moment that decided something.
struct PlotMark {
  double at = 0;
  Tone tone = Tone::good;
  std::string words;
};
struct PlotWarning {
  double at = 0;
  std::string message;
};

struct Timeline {
  double end = 0;
  std::vector<PlotPhase> phases{};
  std::vector<PlotMark> marks{};
  std::vector<PlotRow> rows{};            // what was bad comes first, the first cause of all
  std::size_t hidden_rows = 0;            // of those that were well, when there are too many
  std::vector<std::string> deviations{};  // sentences
  std::vector<PlotWarning> warnings{};
};

inline constexpr std::size_t kMostPlotRows = 500;
inline constexpr std::size_t kMostPlotSpans = 200;  // of one row
inline constexpr std::size_t kMostPlotPhases = 40;
inline constexpr std::size_t kMostPlotWarnings = 12;
inline constexpr std::size_t kMostPlotLog = 20;  // lines, of one row

[[nodiscard]] Timeline timeline_of(const FinishedActivation& finished);

/// How bad an outcome is.
[[nodiscard]] Tone tone_of(Outcome outcome);

}  // namespace switchback
