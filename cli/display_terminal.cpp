// SPDX-License-Identifier: MIT
// Finished phases as lines that stay; below them a few that are written over: the phase that runs, and the
// units that it waits for.
#include "cli/display_lines.hpp"
#include "cli/text.hpp"
#include "cli/words.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <utility>

namespace switchback {
namespace {

constexpr std::size_t kUnitLines = 5;

std::string done_word(Phase phase) {
  switch (phase) {
    case Phase::preparing:
      return "prepared";
    case Phase::switching:
      return "switched";
    case Phase::observing:
      return "observed";
    default:
      return "";  // the outcome tells
  }
}

class TerminalDisplay final : public LineDisplay {
 public:
  using LineDisplay::LineDisplay;
  ~TerminalDisplay() override { erase(); }
  TerminalDisplay(const TerminalDisplay&) = delete;
  TerminalDisplay& operator=(const TerminalDisplay&) = delete;

  void step(const Step& step) override {
    room_ = false;
    LineDisplay::step(step);
  }

  void note(const std::string& text) override {
    room_ = false;
    LineDisplay::note(text);
  }

  void tick() override { draw(); }

  void make_room() override {
    erase();
    room_ = true;
    if (phase_ != Phase::awaiting_confirmation) return;
    line(Mark::none, "confirming", "over a new login, " + time_left() + " left");
  }

 private:
  struct Interest {
    std::string text;
    bool unhealthy = false;
  };

  void show(const PhaseEvent& body) override {
    room_ = false;
    finish_phase(body.phase);
    phase_ = body.phase;
    phase_begun_ = moment();
    deadline_ = body.deadline;
    units_.clear();
    draw();
  }

  void finish_phase(Phase next) {
    const auto ended = std::exchange(phase_, std::nullopt);
    const auto word = ended ? done_word(*ended) : "";
    if (word.empty()) return;
    const auto took = "(" + duration_text(took_since(phase_begun_)) + ")";
    if (next == Phase::reverting) return line(Mark::bad, phase_word(*ended), took);
    if (next == Phase::awaiting_boot) return line(Mark::good, "staged", "for the next boot " + took);
    if (*ended != Phase::preparing) return line(Mark::good, word, took);
    const auto what = plan().text();
    line(Mark::good, word, (what.empty() ? "nothing to do" : what) + " " + took);
    for (const auto& sentence : plan().skipped()) line(Mark::none, "", sentence);
  }

  void show(const UnitEvent& body) override {
    if (body.verdict == UnitVerdict::healthy || body.verdict == UnitVerdict::ignored) {
      units_.erase(body.unit);
    } else {
      units_[body.unit] = {unit_text(body), body.verdict == UnitVerdict::unhealthy};
    }
    if (verbose()) line(Mark::none, std::string(text(body.verdict)), unit_text(body));
    draw();
  }

  void stands(const CheckEvent& body) override {
    const auto key = "check " + body.name;
    const bool misses =
        body.state == CheckState::pending ? !body.output.empty() : body.state == CheckState::missed;
    if (misses)
      units_[key] = {"check " + check_text(body)};
    else
      units_.erase(key);
    draw();
  }

  void ended() override {
    erase();
    phase_.reset();
  }

  void write(std::ostream& stream, const std::string& lines) override {
    erase();
    stream << lines << std::flush;
    draw();
  }

  [[nodiscard]] std::string painted(const std::string& text, const char* colour) const {
    return settings().colours ? "\x1b[" + std::string(colour) + "m" + text + "\x1b[0m" : text;
  }

  [[nodiscard]] std::string marked(Mark mark, const std::string& word) const override {
    switch (mark) {
      case Mark::good:
        return painted("✓", "32") + " " + word;
      case Mark::bad:
        return painted("✗", "31") + " " + painted(word, "31");
      case Mark::warning:
        return painted("!", "33") + " " + painted(word, "33");
      case Mark::none:
        break;
    }
    return "  " + word;
  }
  [[nodiscard]] std::size_t mark_columns() const override { return 2; }
  [[nodiscard]] std::string loud(const std::string& text) const override { return painted(text, "31"); }

  [[nodiscard]] std::string time_left() const {
    if (!deadline_) return "";
    const double spent = static_cast<double>(since(phase_begun_.here).count()) / 1000.0;
    return seconds_text(*deadline_ - spent);
  }

  /// The lines that are written over, uncoloured and cut to the width.
  [[nodiscard]] std::vector<std::string> live_lines() const {
    const auto name = settings().node + ": ";
    if (!phase_) return {};
    const auto spent = std::to_string(since(phase_begun_.here).count() / 1000) + " s";
    const auto limit = deadline_ ? ", at most " + time_left() + " more" : "";
    std::vector<std::string> lines{name + "· " + padded(phase_word(*phase_), 12) + spent + limit};
    for (const auto& [unit, interest] : units_) {
      if (lines.size() > kUnitLines) {
        lines.push_back(name + "    and " + std::to_string(units_.size() - kUnitLines) + " more");
        break;
      }
      lines.push_back(name + (interest.unhealthy ? "  ✗ " : "    ") + interest.text);
    }
    for (auto& line : lines) line = cut(line, std::max<std::size_t>(settings().width, 40) - 1);
    return lines;
  }

  void draw() {
    if (room_) return;
    auto lines = live_lines();
    if (lines == drawn_) return;
    erase();
    for (const auto& line : lines) err() << painted(line, "2") << '\n';
    err() << std::flush;
    drawn_ = std::move(lines);
  }

  void erase() {
    if (drawn_.empty()) return;
    err() << "\x1b[" << drawn_.size() << "A\r\x1b[J" << std::flush;
    drawn_.clear();
  }

  std::optional<Phase> phase_;
  Moment phase_begun_;
  std::optional<double> deadline_;
  std::map<std::string, Interest> units_;
  bool room_ = false;
  std::vector<std::string> drawn_;
};

}  // namespace

std::unique_ptr<Display> terminal_display(DisplaySettings settings, std::ostream& out, std::ostream& err) {
  return std::make_unique<TerminalDisplay>(std::move(settings), out, err);
}

}  // namespace switchback
