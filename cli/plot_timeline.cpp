// SPDX-License-Identifier: MIT
#include "cli/plot_timeline.hpp"

#include "cli/plot_axis.hpp"
#include "cli/text.hpp"
#include "cli/words.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

namespace switchback {
namespace {

Tone tone_of(const UnitEvent& unit) {
  switch (unit.verdict) {
    case UnitVerdict::unhealthy:
      return Tone::bad;
    case UnitVerdict::pending:
      return Tone::waiting;
    case UnitVerdict::ignored:
      return Tone::ignored;
    case UnitVerdict::healthy:
      return unit.active == "active" || unit.active == "reloading" ? Tone::good : Tone::idle;
  }
  return Tone::unseen;
}

Tone tone_of(CheckState state) {
  switch (state) {
    case CheckState::pending:
    case CheckState::missed:
      return Tone::waiting;
    case CheckState::passed:
      return Tone::good;
    case CheckState::failed:
      return Tone::bad;
  }
  return Tone::unseen;
}

/// How much a row is worth looking at.
int weight(Tone tone) {
  switch (tone) {
    case Tone::bad:
      return 3;
    case Tone::waiting:
      return 2;
    case Tone::good:
    case Tone::idle:
      return 1;
    case Tone::ignored:
    case Tone::unseen:
      return 0;
  }
  return 0;
}

/// Without the unit's name, which stands in the row.
std::string state_text(const UnitEvent& unit) {
  auto text = unit_text(unit);
  return text.substr(std::min(text.size(), unit_text({unit.unit, "", "", "", 0, {}}).size()));
}

class Teller {
 public:
  explicit Teller(const FinishedActivation& finished) : finished_(finished) {}

  Timeline tell() {
    if (!finished_.events.empty()) zero_ms_ = static_cast<double>(finished_.events.front().time_ms);
    for (const auto& event : finished_.events) {
      const auto moment = (static_cast<double>(event.time_ms) - zero_ms_) / 1000.0;
      now_ = std::min(std::max(now_, moment), kLongestPlot);
      std::visit([this](const auto& body) { take(body); }, event.body);
    }
    end();
    return std::move(out_);
  }

 private:
  struct Kept {
    PlotRow row;
    double settled = std::numeric_limits<double>::max();  // when it was no longer waited for
    bool was_waited_for = false;
    std::uint64_t restarts = 0;  // as they are counted now: a revert counts from zero
    std::string verdict;         // the last
    std::string fault;           // the last that was bad
  };

  Kept& row(const std::string& unit) {
    auto& kept = rows_[unit];
    if (kept.row.name.empty()) kept.row.name = unit;
    return kept;
  }

  void take(const PlanEvent& plan) {
    if (plan.action == UnitAction::keep) return;
    auto& kept = row(plan.unit).row;
    kept.planned = plan.action == UnitAction::skip ? "left" : std::string(text(plan.action));
    kept.reason = plan.reason;
  }

  void take(const PhaseEvent& event) {
    const auto before = out_.phases.empty() ? Phase::preparing : out_.phases.back().phase;
    close_phase();
    if (event.phase == Phase::finished) return;
    if (out_.phases.size() < kMostPlotPhases) out_.phases.push_back({event.phase, now_, now_});
    mark_change(before, event.phase);
    if (event.phase == Phase::switching) switched_ = now_;
    // What a revert does with a unit is not looked at while it does it.
    if (event.phase != Phase::reverting) return;
    for (auto& [unit, kept] : rows_) {
      kept.restarts = 0;
      if (!kept.row.spans.empty() && kept.row.spans.back().tone != Tone::unseen)
        add(kept.row, {now_, now_, Tone::unseen, "", "not looked at while it is reverted"});
    }
  }

  void mark_change(Phase before, Phase now) {
    const bool judged = before == Phase::observing;
    if (now == Phase::reverting) {
      const auto& causes = finished_.outcome.causes;
      mark(Tone::bad, causes.empty() ? "reverting" : causes.front().message);
    } else if (judged) {
      mark(Tone::good, "healthy");
    } else if (before == Phase::awaiting_confirmation && now == Phase::committing) {
      mark(Tone::good, "confirmed");
    }
  }

  void mark(Tone tone, std::string words) {
    if (out_.marks.size() < kMostPlotPhases) out_.marks.push_back({now_, tone, std::move(words)});
  }

  void take(const UnitEvent& unit) {
    auto& kept = row(unit.unit);
    const auto tone = tone_of(unit);
    if (kept.row.spans.empty() && switched_ && !kept.row.planned.empty())
      add(kept.row, {*switched_, now_, Tone::unseen, "", "being switched: " + kept.row.planned});
    see(kept, tone, unit.sub.empty() ? unit.active : unit.sub,
        state_text(unit) + ": " + std::string(text(unit.verdict)));
    if (unit.restarts > kept.restarts && kept.row.restarts.size() < kMostPlotSpans)
      kept.row.restarts.push_back({now_, unit.restarts});
    kept.restarts = unit.restarts;
    kept.verdict = state_text(unit);
    if (tone == Tone::bad) kept.fault = kept.verdict;
  }

  void take(const CheckEvent& check) {
    auto& kept = row("check " + check.name);
    const auto told = check_text(check);
    kept.verdict = told.substr(std::min(told.size(), printable(check.name).size() + 1));
    // Nothing was changed yet that could be to blame.
    if (!switched_ && check.state == CheckState::failed)
      return see(kept, Tone::ignored, "fails", told + ", before the switch");
    see(kept, tone_of(check.state), std::string(text(check.state)), told);
    if (check.state == CheckState::failed) kept.fault = kept.verdict;
  }

  /// From now on it is so.
  void see(Kept& kept, Tone tone, std::string word, std::string told) {
    add(kept.row, {now_, now_, tone, std::move(word), std::move(told)});
    if (tone == Tone::waiting)
      kept.was_waited_for = true;
    else if (kept.settled == std::numeric_limits<double>::max())
      kept.settled = kept.was_waited_for ? now_ : 0;
    if (weight(tone) > weight(kept.row.worst) || kept.row.worst == Tone::unseen) kept.row.worst = tone;
    kept.row.last = tone;
  }

  static void add(PlotRow& row, PlotSpan span) {
    if (!row.spans.empty()) row.spans.back().end = span.begin;
    if (row.spans.size() < kMostPlotSpans) row.spans.push_back(std::move(span));
  }

  void take(const DeviationEvent& deviation) {
    auto& kept = row(deviation.unit).row;
    kept.deviation = deviation_text(deviation);
    if (out_.deviations.size() < kMostPlotWarnings) out_.deviations.push_back(kept.deviation);
    if (kept.planned.empty()) kept.planned = "not planned";
  }

  void take(const LogEvent& log) {
    const auto known = rows_.find(log.unit);
    if (known == rows_.end()) return;
    auto& lines = known->second.row.log;
    lines.push_back(log.message);
    if (lines.size() > kMostPlotLog) lines.erase(lines.begin());
  }

  void take(const WarningEvent& warning) {
    // Why it is reverted stands in larger letters already.
    for (const auto& cause : finished_.outcome.causes) {
      if (warning.message == "reverting: " + cause.message) return;
    }
    if (out_.warnings.size() < kMostPlotWarnings) out_.warnings.push_back({now_, warning.message});
  }

  void take(const OutcomeEvent& /*outcome*/) { close_phase(); }

  void close_phase() {
    if (!out_.phases.empty()) out_.phases.back().end = now_;
  }

  void end() {
    close_phase();
    out_.end = now_;
    mark(switchback::tone_of(finished_.outcome.outcome), std::string(text(finished_.outcome.outcome)));
    for (auto& [name, kept] : rows_) {
      if (!kept.row.spans.empty()) kept.row.spans.back().end = now_;
      say_verdict(kept);
    }
    sort_rows();
  }

  static void say_verdict(Kept& kept) {
    auto& row = kept.row;
    if (row.spans.empty()) {
      if (row.planned == "left") row.verdict = row.reason.empty() ? "left as it is" : row.reason;
      return;
    }
    row.verdict = kept.fault.empty() ? kept.verdict : kept.fault;
    if (!kept.fault.empty() && row.last != Tone::bad) row.verdict += "; well again";
  }

  /// A position for each row that is a cause: the first cause first.
  [[nodiscard]] std::size_t blame(const std::string& row) const {
    const auto& causes = finished_.outcome.causes;
    const auto found = std::find_if(causes.begin(), causes.end(), [&](const Cause& cause) {
      return cause.unit == row || (cause.unit.empty() && cause.message.starts_with(row + ": "));
    });
    return static_cast<std::size_t>(found - causes.begin());
  }

  void sort_rows() {
    std::vector<Kept> rows;
    for (auto& [unit, kept] : rows_) rows.push_back(std::move(kept));
    const auto key = [&](const Kept& kept) {
      const bool bad = kept.row.worst == Tone::bad;
      return std::tuple(blame(kept.row.name), bad ? 0 : kept.row.spans.empty() ? 2 : 1, kept.settled);
    };
    std::stable_sort(rows.begin(), rows.end(), [&](const Kept& a, const Kept& b) { return key(a) < key(b); });
    for (auto& kept : rows) {
      if (out_.rows.size() < kMostPlotRows)
        out_.rows.push_back(std::move(kept.row));
      else
        ++out_.hidden_rows;
    }
  }

  const FinishedActivation& finished_;
  Timeline out_;
  double zero_ms_ = 0;
  double now_ = 0;
  std::optional<double> switched_;
  std::map<std::string, Kept> rows_;
};

}  // namespace

Tone tone_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::committed:
    case Outcome::planned:
      return Tone::good;
    case Outcome::refused:
    case Outcome::reverted:
      return Tone::waiting;
    case Outcome::committed_unhealthy:
    case Outcome::reverted_unhealthy:
    case Outcome::revert_failed:
    case Outcome::superseded:
      return Tone::bad;
  }
  return Tone::bad;
}

Timeline timeline_of(const FinishedActivation& finished) { return Teller(finished).tell(); }

}  // namespace switchback
