// SPDX-License-Identifier: MIT
// What the displays for people have in common: the words of steps, warnings, logs and the end. Where a line
// goes, and how phases and units are shown, is decided by each.
#pragma once

#include "cli/display.hpp"
#include "cli/words.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace switchback {

enum class Mark { none, good, bad, warning };

class LineDisplay : public Display {
 public:
  LineDisplay(DisplaySettings settings, std::ostream& out, std::ostream& err);

  void step(const Step& step) override;
  void event(const Event& event, const nlohmann::json& raw) final;
  void note(const std::string& text) override;
  void failure(const Error& error, ExitStatus status) override;
  void finished(const std::string& text) override;
  void difference(const ClosureDifference& difference) override { differences_.push_back(difference); }

 protected:
  virtual void show(const PhaseEvent& body) = 0;
  virtual void show(const UnitEvent& body) = 0;
  /// Writes whole lines, each ended.
  virtual void write(std::ostream& stream, const std::string& lines) = 0;
  /// What stands between the node's name and the word.
  [[nodiscard]] virtual std::string marked(Mark mark, const std::string& word) const = 0;
  [[nodiscard]] virtual std::size_t mark_columns() const = 0;
  /// A line of a log that says what went wrong.
  [[nodiscard]] virtual std::string loud(const std::string& text) const { return text; }
  virtual void ended() {}
  /// What may be shown as long as it is so.
  virtual void stands(const CheckEvent& /*body*/) {}

  /// «web1: word        detail», as many lines as that takes.
  void line(Mark mark, const std::string& word, const std::string& detail);
  [[nodiscard]] const DisplaySettings& settings() const { return settings_; }
  [[nodiscard]] bool quiet() const { return settings_.verbosity < 0; }
  [[nodiscard]] bool verbose() const { return settings_.verbosity > 0; }
  [[nodiscard]] const PlanWords& plan() const { return plan_; }
  [[nodiscard]] std::chrono::milliseconds since(Clock::time_point begin) const;

  /// A moment by both clocks.
  struct Moment {
    Clock::time_point here;
    std::int64_t there_ms = 0;
  };
  [[nodiscard]] Moment moment() const { return {settings_.now(), told_ms_}; }
  /// From `begin` to what is told now, by the clock that counts.
  [[nodiscard]] std::chrono::milliseconds took_since(const Moment& begin) const;
  std::ostream& err() { return err_; }

 private:
  void show(const PlanEvent& body) { plan_.add(body); }
  void show(const DeviationEvent& body);
  void show(const LogEvent& body);
  void show(const CheckEvent& body);
  void show(const WarningEvent& body);
  void show(const OutcomeEvent& body);
  void show_causes(const OutcomeEvent& body);
  void show_said(const std::vector<std::string>& said);
  [[nodiscard]] bool was_told(const Cause& cause) const;
  void show_first_cause(const Cause& cause);
  void show_other_cause(const Cause& cause);
  /// Lines of a unit's log, those of an error marked.
  [[nodiscard]] std::string log_line(const std::string& text, int priority) const;
  void show_plan();
  void result(std::ostream& stream, const std::string& text);
  /// `text` in lines that leave room for the node's name and `indent`.
  [[nodiscard]] std::vector<std::string> fitted(const std::string& text, std::size_t indent) const;
  [[nodiscard]] std::string prefix() const { return settings_.node + ": "; }

  DisplaySettings settings_;
  std::ostream& out_;
  std::ostream& err_;
  std::optional<Moment> begun_;  // none until something was shown
  Clock::time_point step_begun_;
  std::int64_t told_ms_ = 0;  // when the host saw what it tells now
  std::string told_id_;       // of the activation that is told of, as people read it
  PlanWords plan_;
  std::vector<ClosureDifference> differences_;
  std::set<std::string> logged_units_;
  std::set<std::string> told_checks_;  // that failed
};

/// «30 s», for a number that a host has sent.
[[nodiscard]] std::string seconds_text(double seconds);

}  // namespace switchback
