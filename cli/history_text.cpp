// SPDX-License-Identifier: MIT
#include "cli/history_text.hpp"

#include "cli/text.hpp"
#include "cli/words.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace switchback {
namespace {

constexpr std::size_t kLabelColumns = 12;
constexpr std::size_t kDateMinutes = 16;  // «2026-08-01 12:00»
constexpr std::size_t kShortId = 8;
constexpr int kErr = 3;  // a priority of syslog(3)

/// Lines of a label and what it is about, broken where they would be too wide.
class Rows {
 public:
  explicit Rows(std::size_t width) : width_(width) {}

  void add(const std::string& label, const std::string& text, std::size_t indent = 0) {
    const auto before = 2 + kLabelColumns + indent;
    const auto room = width_ > before + 20 ? width_ - before : width_ == 0 ? text.size() + 1 : 20;
    bool first = true;
    for (const auto& line : wrapped(text, room)) {
      out_ += "  " + padded(first ? label : "", kLabelColumns) + std::string(indent, ' ') + line + "\n";
      first = false;
    }
  }
  /// A label once, then a line for each text.
  void add_all(const std::string& label, const std::vector<std::string>& texts) {
    for (std::size_t i = 0; i < texts.size(); ++i) add(i == 0 ? label : "", texts[i]);
  }
  [[nodiscard]] std::string text() && { return std::move(out_); }

 private:
  std::size_t width_;
  std::string out_;
};

std::string date(double seconds) { return date_text(std::llround(std::clamp(seconds, 0.0, 1e12))); }

/// «app (web-2), db (removed)».
std::string changes_text(const std::vector<GenerationInfo>& changes) {
  std::string out;
  for (const auto& change : changes) {
    out += (out.empty() ? "" : ", ") + printable(change.profile) +
           (change.closure.empty() ? " (removed)" : " (" + closure_name(change.closure) + ")");
  }
  return out;
}

/// What it was about: the closures that were to run, or at least the profiles.
std::string about(const FinishedActivation& finished) {
  if (!finished.changes.empty()) return changes_text(finished.changes);
  std::string out;
  for (const auto& generation : finished.before) {
    out += (out.empty() ? "" : ", ") + printable(generation.profile);
  }
  return out;
}

std::vector<std::string> generation_lines(const std::vector<GenerationInfo>& generations) {
  std::vector<std::string> lines;
  for (const auto& generation : generations) {
    lines.push_back(generation.closure.empty() ? printable(generation.profile) + ": none"
                                               : generation_text(generation));
  }
  return lines;
}

std::chrono::milliseconds span(double seconds) {
  return std::chrono::milliseconds(std::llround(std::clamp(seconds, 0.0, 1e9) * 1000));
}

/// What the events tell, gathered by what they are about.
struct Told {
  PlanWords plan;
  std::map<std::string, UnitEvent> units;          // the last that was told of each
  std::map<std::string, UnitEvent> faults;         // the last of each that was unhealthy
  std::vector<std::string> unit_lines;             // every one
  std::map<std::string, CheckEvent> checks;        // the last that was told of each
  std::map<std::string, CheckEvent> check_faults;  // the last of each that failed
  std::vector<std::string> deviations;
  std::vector<std::string> warnings;
  std::vector<std::string> log;

  void operator()(const PhaseEvent& /*body*/) const {}
  void operator()(const OutcomeEvent& /*body*/) const {}
  void operator()(const PlanEvent& body) { plan.add(body); }
  void operator()(const DeviationEvent& body) { deviations.push_back(deviation_text(body)); }
  void operator()(const UnitEvent& body) {
    units.insert_or_assign(body.unit, body);
    if (body.verdict == UnitVerdict::unhealthy) faults.insert_or_assign(body.unit, body);
    unit_lines.push_back(unit_line(body));
  }
  void operator()(const CheckEvent& body) {
    checks.insert_or_assign(body.name, body);
    if (body.state == CheckState::failed) check_faults.insert_or_assign(body.name, body);
  }
  void operator()(const WarningEvent& body) { warnings.push_back(printable(body.message)); }
  void operator()(const LogEvent& body) {
    log.push_back(printable(body.unit) + " | " + printable(body.message));
  }

  static std::string unit_line(const UnitEvent& unit) {
    return unit_text(unit) + ": " + std::string(text(unit.verdict));
  }
};

/// Each as it ended; one that has failed, with what it said then.
void add_checks(Rows& rows, const Told& told) {
  bool first = true;
  for (const auto& [name, check] : told.checks) {
    const auto fault = told.check_faults.find(name);
    const auto& shown = fault != told.check_faults.end() ? fault->second : check;
    rows.add(std::exchange(first, false) ? "checks" : "", check_text(shown));
    for (const auto& line : said_by(shown)) rows.add("", line, 2);
  }
}

void add_causes(Rows& rows, const OutcomeEvent& outcome) {
  for (const auto& cause : outcome.causes) {
    rows.add("because", printable(cause.message));
    if (!cause.hint.empty()) rows.add("", printable(cause.hint), 2);
    for (std::size_t i = 0; i < cause.log.size(); ++i) {
      const bool says_what = i < cause.priorities.size() && cause.priorities[i] <= kErr;
      rows.add("", (says_what ? "! " : "| ") + printable(cause.log[i]), 2);
    }
  }
}

}  // namespace

std::string entry_text(const FinishedActivation& finished, std::size_t width, bool whole) {
  const auto id = whole ? finished.id.text() : finished.id.short_text();
  const auto when = cut(date(finished.finished), kDateMinutes + 1).substr(0, kDateMinutes);
  const auto indent = 2 + (whole ? 32 : kShortId) + 2;
  const auto head = "  " + id + "  " + when + "  ";
  const auto room = [&](std::size_t taken) { return width > taken + 20 ? width - taken : 20; };
  const auto broken = [&](const std::string& text, std::size_t taken) {
    return width == 0 ? std::vector<std::string>{text} : wrapped(text, room(taken));
  };
  std::string out;
  for (const auto& line : broken(outcome_summary(finished.outcome), indent + kDateMinutes + 2)) {
    out += (out.empty() ? head : std::string(head.size(), ' ')) + line + "\n";
  }
  const auto what = about(finished);
  const auto by = "by " + printable(finished.holder) + (what.empty() ? "" : ": " + what);
  for (const auto& line : broken(by, indent)) out += std::string(indent, ' ') + line + "\n";
  return out;
}

std::string finished_text(const FinishedActivation& finished, std::size_t width, bool verbose) {
  Told told;
  for (const auto& event : finished.events) std::visit(told, event.body);
  Rows rows(width);
  rows.add("outcome", outcome_text(finished.outcome));
  rows.add("begun", date(finished.begun) + ", by " + printable(finished.holder));
  rows.add("took", duration_text(span(finished.finished - finished.begun)));
  if (!finished.changes.empty()) rows.add("to run", changes_text(finished.changes));
  rows.add_all("ran before", generation_lines(finished.before));
  rows.add_all("ran after", generation_lines(finished.outcome.generations));
  std::vector<std::string> phases;
  for (const auto& [phase, seconds] : phases_of(finished)) {
    phases.push_back(padded(std::string(text(phase)), 23) + duration_text(span(seconds)));
  }
  rows.add_all("phases", phases);
  rows.add_all("plan", told.plan.sentences());
  rows.add_all("deviations", told.deviations);
  std::vector<std::string> units;
  for (const auto& [name, unit] : told.units) {
    // One that failed in the trial and runs again after the revert: both are worth knowing.
    const auto fault = told.faults.find(name);
    const bool mended = fault != told.faults.end() && unit.verdict != UnitVerdict::unhealthy;
    if (mended) units.push_back(Told::unit_line(fault->second));
    units.push_back(Told::unit_line(unit));
  }
  rows.add_all("units", verbose ? told.unit_lines : units);
  add_checks(rows, told);
  rows.add_all("warnings", told.warnings);
  add_causes(rows, finished.outcome);
  if (verbose) rows.add_all("log", told.log);
  return std::move(rows).text();
}

}  // namespace switchback
