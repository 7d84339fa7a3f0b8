// SPDX-License-Identifier: MIT
#include "cli/words.hpp"

#include "cli/text.hpp"

#include <algorithm>
#include <cmath>

namespace switchback {
namespace {

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

std::string generations_text(const OutcomeEvent& outcome) {
  std::vector<std::string> parts;
  for (const auto& generation : outcome.generations) parts.push_back(generation_text(generation));
  return joined(parts, ", ");
}

/// «: web.service exited with status 1»; nothing when the host gave no reason.
std::string reason(const OutcomeEvent& outcome) {
  if (outcome.causes.empty()) return "";
  auto text = printable(outcome.causes.front().message);
  while (text.ends_with('.')) text.pop_back();
  const auto more = outcome.causes.size() - 1;
  return ": " + text + (more > 0 ? " (and " + std::to_string(more) + " more)" : "");
}

std::string action_word(UnitAction action) {
  return action == UnitAction::stop_start ? "stop and start" : std::string(text(action));
}

std::string past_word(UnitAction action) {
  switch (action) {
    case UnitAction::stop:
      return "stopped";
    case UnitAction::start:
      return "started";
    case UnitAction::restart:
      return "restarted";
    case UnitAction::stop_start:
      return "stopped and started";
    case UnitAction::reload:
      return "reloaded";
    case UnitAction::keep:
    case UnitAction::skip:
      return "left as it is";
  }
  return "changed";
}

bool had_generations(const OutcomeEvent& outcome) {
  return std::any_of(outcome.generations.begin(), outcome.generations.end(),
                     [](const GenerationInfo& generation) { return !generation.closure.empty(); });
}

}  // namespace

std::string closure_name(const std::string& store_path) {
  const auto closure = StorePath::parse(store_path);
  return closure ? closure->name() : printable(store_path);
}

std::string generation_text(const GenerationInfo& generation) {
  auto out = printable(generation.profile);
  if (generation.number) out += " generation " + std::to_string(*generation.number);
  if (!generation.closure.empty()) out += " (" + closure_name(generation.closure) + ")";
  return out;
}

std::string outcome_summary(const OutcomeEvent& outcome) {
  const auto word = std::string(text(outcome.outcome));
  const auto generations = generations_text(outcome);
  if (outcome.outcome == Outcome::committed && !generations.empty()) return word + ": " + generations;
  return word + reason(outcome);
}

std::string outcome_text(const OutcomeEvent& outcome, std::optional<std::chrono::milliseconds> took) {
  auto said = outcome_summary(outcome);
  switch (outcome.outcome) {
    case Outcome::committed:
      return said + (took ? " in " + duration_text(*took) : "");
    case Outcome::committed_unhealthy:
      return said + "; it is kept all the same, because autoRollback is off";
    case Outcome::planned:
      return "planned: this is what would be done; nothing has changed";
    case Outcome::refused:
      return said + "; nothing has changed";
    case Outcome::reverted:
      return said + (had_generations(outcome) ? "; the old generation runs and is healthy"
                                              : "; the host runs what it ran before");
    case Outcome::reverted_unhealthy:
      return said + "; the old generation runs, but something is worse than before: this needs a person";
    case Outcome::revert_failed:
      return said + "; this needs a person";
    case Outcome::superseded:
      return said + "; nothing was forced, this needs a person";
  }
  return said;
}

std::string phase_word(Phase phase) {
  if (phase == Phase::awaiting_confirmation) return "confirming";
  if (phase == Phase::awaiting_boot) return "next boot";
  return std::string(text(phase));
}

std::string test_text(std::optional<double> seconds, std::int64_t now_since_epoch,
                      const std::string& cancel) {
  auto until = std::string("until it is cancelled");
  if (seconds) {
    until = "until " + date_text(now_since_epoch + std::llround(std::clamp(*seconds, 0.0, 86'400.0)));
  }
  return "healthy: the test runs " + until + " and is then reverted. To end it now:\n    " + cancel;
}

std::string boot_text(std::optional<double> seconds, std::int64_t now_since_epoch, const std::string& confirm,
                      const std::string& cancel) {
  auto out = std::string("the next boot runs it, and that boot alone: reboot the host");
  if (seconds) out += " by " + date_text(now_since_epoch + std::llround(std::clamp(*seconds, 0.0, 86'400.0)));
  out += confirm.empty() ? ". Healthy then it is kept, otherwise the host is rebooted into what it runs now"
                         : ". Once it is healthy then it is kept by\n    " + confirm +
                               "\nand without that the host is rebooted into what it runs now";
  return out + ". To take it back before:\n    " + cancel;
}

std::string unit_text(const UnitEvent& unit) {
  auto out = printable(unit.unit) + " " + printable(unit.active);
  if (!unit.sub.empty() && unit.sub != unit.active) out += " (" + printable(unit.sub) + ")";
  if (!unit.result.empty() && unit.result != "success") out += ", " + printable(unit.result);
  if (unit.restarts == 1) out += ", restarted once";
  if (unit.restarts > 1) out += ", restarted " + std::to_string(unit.restarts) + " times";
  return out;
}

std::string deviation_text(const DeviationEvent& deviation) {
  const auto unit = printable(deviation.unit);
  const auto why = deviation.reason.empty() ? "" : ": " + printable(deviation.reason);
  const bool nothing = deviation.happened == UnitAction::keep;
  const auto done = past_word(deviation.happened);
  switch (deviation.planned) {
    case UnitAction::keep:
      return unit + " was " + done + ", which was not planned" + why;
    case UnitAction::skip:
      return unit + " was to be left as it is, but was " + done + why;
    case UnitAction::stop:
      return unit + " was to be stopped, but " + (nothing ? "still runs" : "was " + done) + why;
    case UnitAction::start:
      return unit + " was to be started, but " + (nothing ? "was not" : "was " + done) + why;
    case UnitAction::restart:
    case UnitAction::stop_start:
    case UnitAction::reload:
      break;
  }
  return unit + " was to be " + past_word(deviation.planned) + ", but " +
         (nothing ? "runs as before" : "was " + done) + why;
}

std::string check_text(const CheckEvent& check) {
  const auto words = [&] {
    switch (check.state) {
      case CheckState::pending:
        return " does not pass yet";
      case CheckState::passed:
        return " passed";
      case CheckState::missed:
        return " does not pass any more";
      case CheckState::failed:
        break;
    }
    return " failed";
  }();
  const auto how = printable(check.output.substr(0, check.output.find('\n')));
  return printable(check.name) + words + (how.empty() || check.state == CheckState::passed ? "" : ": " + how);
}

std::vector<std::string> said_by(const CheckEvent& check) {
  std::vector<std::string> out;
  for (auto at = check.output.find('\n'); at != std::string::npos;) {
    const auto next = check.output.find('\n', at + 1);
    const auto line = printable(check.output.substr(at + 1, next - at - 1));
    if (!line.empty()) out.push_back(line);
    at = next;
  }
  return out;
}

void PlanWords::add(const PlanEvent& event) {
  const auto unit = printable(event.unit);
  const auto why = event.reason.empty() ? "" : ": " + printable(event.reason);
  if (event.action == UnitAction::keep && why.empty()) return;
  if (event.action == UnitAction::keep || event.action == UnitAction::skip) {
    // Of what does not run there is nothing to say while others are switched.
    const auto sentence = unit + " is left as it is" + why;
    if (event.action == UnitAction::skip) skipped_.push_back(sentence);
    sentences_[UnitAction::skip].push_back(sentence);
    return;
  }
  units_[event.action].push_back(unit);
  sentences_[event.action].push_back(action_word(event.action) + " " + unit + why);
}

std::vector<std::string> PlanWords::sentences() const {
  std::vector<std::string> out;
  for (const auto& [action, sentences] : sentences_)
    out.insert(out.end(), sentences.begin(), sentences.end());
  return out;
}

std::string PlanWords::counts() const {
  std::string out;
  for (const auto& [action, sentences] : sentences_) {
    const bool left = action == UnitAction::skip;
    out += (out.empty() ? "" : ", ") + (left ? "left as they are" : action_word(action)) + " " +
           std::to_string(sentences.size());
  }
  return out;
}

std::string PlanWords::text() const {
  std::vector<std::string> parts;
  for (const auto& [action, units] : units_) {
    parts.push_back(action_word(action) + " " + joined(units, ", "));
  }
  return joined(parts, " · ");
}

}  // namespace switchback
