// SPDX-License-Identifier: MIT
#include "cli/display_lines.hpp"

#include "cli/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <ostream>

namespace switchback {
namespace {

constexpr std::size_t kWordColumns = 12;
constexpr std::size_t kNarrowest = 20;
constexpr std::size_t kUncounted = 10;     // sentences that are counted at a glance
constexpr std::size_t kMostPackages = 30;  // without -v
constexpr std::ptrdiff_t kSaidLines = 10;  // of what a failed check said
constexpr std::size_t kCausesShown = 4;
constexpr std::size_t kOtherLogLines = 2;
constexpr int kErr = 3;  // priorities of syslog(3)
constexpr int kInfo = 6;

std::string done_word(const std::string& step) {
  if (step == "connect") return "connected";
  if (step == "bootstrap") return "installed";
  if (step == "copy") return "copied";
  if (step == "confirm") return "confirmed";
  if (step == "wait") return "waited";
  return step;
}

}  // namespace

std::string seconds_text(double seconds) {
  return std::to_string(std::llround(std::ceil(std::clamp(seconds, 0.0, 1e9)))) + " s";
}

LineDisplay::LineDisplay(DisplaySettings settings, std::ostream& out, std::ostream& err)
    : settings_(std::move(settings)), out_(out), err_(err), step_begun_(settings_.now()) {
  // What is watched has begun with its first event.
  if (!settings_.host_times) begun_ = moment();
}

std::chrono::milliseconds LineDisplay::since(Clock::time_point begin) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(settings_.now() - begin);
}

std::chrono::milliseconds LineDisplay::took_since(const Moment& begin) const {
  if (!settings_.host_times) return since(begin.here);
  return std::chrono::milliseconds(std::max<std::int64_t>(0, told_ms_ - begin.there_ms));
}

void LineDisplay::step(const Step& step) {
  if (step.state == StepState::begun) step_begun_ = settings_.now();
  if (step.state != StepState::done || quiet()) return;
  line(Mark::good, done_word(step.name), step.detail + " (" + duration_text(since(step_begun_)) + ")");
}

void LineDisplay::event(const Event& event, const nlohmann::json& /*raw*/) {
  told_ms_ = event.time_ms;
  told_id_ = event.activation.short_text();
  if (!begun_) begun_ = moment();
  std::visit([this](const auto& body) { show(body); }, event.body);
}

void LineDisplay::note(const std::string& text) {
  if (quiet()) return;
  for (const auto& [part, to_copy] : lines_of(text)) {
    if (to_copy)
      write(err_, part + "\n");
    else
      line(Mark::none, "", part);
  }
}

void LineDisplay::failure(const Error& error, ExitStatus /*status*/) {
  ended();
  result(err_, error.message);
}

void LineDisplay::finished(const std::string& text) {
  ended();
  result(out_, text);
}

void LineDisplay::show(const LogEvent& body) {
  if (quiet()) return;
  logged_units_.insert(body.unit);
  write(err_, log_line(printable(body.unit) + " | " + printable(body.message), body.priority));
}

std::string LineDisplay::log_line(const std::string& text, int priority) const {
  const bool says_what = priority <= kErr;
  std::string lines;
  for (const auto& part : fitted(text, 4)) {
    // What did not fit stands further right, or it would look like a line of its own.
    const auto shown = (lines.empty() ? "" : "  ") + part;
    lines += prefix() + (says_what ? loud("! " + shown) : "  " + shown) + "\n";
  }
  return lines;
}

void LineDisplay::show(const DeviationEvent& body) {
  if (verbose()) line(Mark::none, "deviation", deviation_text(body));
}

void LineDisplay::show(const CheckEvent& body) {
  stands(body);
  if (body.state == CheckState::failed) {
    told_checks_.insert(body.name);
    line(Mark::bad, "check", check_text(body));
    auto said = said_by(body);
    if (!verbose() && std::ssize(said) > kSaidLines) said.erase(said.begin(), said.end() - kSaidLines);
    show_said(said);
  } else if (body.state == CheckState::passed ? !quiet() : verbose()) {
    line(body.state == CheckState::passed ? Mark::good : Mark::none, "check", check_text(body));
    show_said(said_by(body));
  }
}

void LineDisplay::show(const WarningEvent& body) { line(Mark::warning, "warning", printable(body.message)); }

void LineDisplay::show(const OutcomeEvent& body) {
  ended();
  show_causes(body);
  result(out_, outcome_text(body, took_since(*begun_)));
  if (body.outcome == Outcome::planned) show_plan();
}

/// Of a dry run: it is the result.
void LineDisplay::show_plan() {
  std::string lines;
  auto sentences = plan_.sentences();
  if (sentences.empty()) sentences.emplace_back("no unit would be touched");
  if (sentences.size() > kUncounted) sentences.push_back("in all: " + plan_.counts());
  for (const auto& difference : differences_) {
    for (auto& line : difference_lines(difference, verbose() ? 0 : kMostPackages))
      sentences.push_back(std::move(line));
  }
  for (const auto& sentence : sentences) {
    for (const auto& part : fitted(sentence, 2)) lines += prefix() + "  " + part + "\n";
  }
  write(out_, lines);
}

/// The first cause stands in the result, and its log came while it happened. Of the others, what explains
/// them in a line or two: the history has all.
void LineDisplay::show_causes(const OutcomeEvent& body) {
  std::size_t shown = 0;
  for (const auto& cause : body.causes) {
    if (shown++ == 0)
      show_first_cause(cause);
    else if (shown <= kCausesShown)
      show_other_cause(cause);
  }
  if (shown > kCausesShown) {
    line(Mark::none, "",
         "and " + std::to_string(shown - kCausesShown) + " more, which the history of " + told_id_ + " has");
  }
  if (!body.causes.empty() && !body.causes.front().hint.empty())
    line(Mark::none, "hint", printable(body.causes.front().hint));
}

void LineDisplay::show_first_cause(const Cause& cause) {
  if (cause.log.empty() || was_told(cause)) return;
  line(Mark::bad, "because", printable(cause.message));
  std::string lines;
  for (std::size_t i = 0; i < cause.log.size(); ++i) {
    lines += log_line(printable(cause.log[i]), i < cause.priorities.size() ? cause.priorities[i] : kInfo);
  }
  write(err_, lines);
}

void LineDisplay::show_other_cause(const Cause& cause) {
  line(Mark::bad, "because", printable(cause.message));
  if (cause.unit.empty() && !was_told(cause)) show_said(cause.log);
  std::string lines;
  std::size_t left = kOtherLogLines;
  for (std::size_t i = 0; i < cause.log.size() && left > 0; ++i) {
    if (i >= cause.priorities.size() || cause.priorities[i] > kErr) continue;
    lines += log_line(printable(cause.log[i]), cause.priorities[i]);
    --left;
  }
  write(err_, lines);
}

/// The evidence for it.
bool LineDisplay::was_told(const Cause& cause) const {
  if (!cause.unit.empty()) return logged_units_.contains(cause.unit);
  return std::any_of(told_checks_.begin(), told_checks_.end(), [&](const std::string& name) {
    return cause.message.starts_with("check " + name + ": ");
  });
}

void LineDisplay::show_said(const std::vector<std::string>& said) {
  std::string lines;
  for (const auto& each : said) {
    for (const auto& part : fitted(printable(each), 4)) lines += prefix() + "    " + part + "\n";
  }
  if (!lines.empty()) write(err_, lines);
}

void LineDisplay::line(Mark mark, const std::string& word, const std::string& detail) {
  const auto parts = fitted(detail, mark_columns() + kWordColumns);
  auto lines =
      prefix() + marked(mark, detail.empty() ? word : padded(word, kWordColumns)) + parts.front() + "\n";
  for (std::size_t i = 1; i < parts.size(); ++i) {
    lines += prefix() + std::string(mark_columns() + kWordColumns, ' ') + parts[i] + "\n";
  }
  write(err_, lines);
}

void LineDisplay::result(std::ostream& stream, const std::string& text) {
  std::string lines;
  for (const auto& [part, to_copy] : lines_of(text)) {
    if (to_copy) {
      lines += part + "\n";
      continue;
    }
    for (const auto& piece : fitted(part, 0)) lines += (lines.empty() ? prefix() : "    ") + piece + "\n";
  }
  write(stream, lines);
}

std::vector<std::string> LineDisplay::fitted(const std::string& text, std::size_t indent) const {
  if (settings_.width == 0) return {text};
  const auto taken = std::max<std::size_t>(columns(prefix()), 4) + indent;
  return wrapped(text, settings_.width > taken + kNarrowest ? settings_.width - taken : kNarrowest);
}

}  // namespace switchback
