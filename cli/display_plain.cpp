// SPDX-License-Identifier: MIT
// Whole lines, one after another, for files and continuous integration.
#include "cli/display_lines.hpp"
#include "cli/words.hpp"

#include <ostream>

namespace switchback {
namespace {

class PlainDisplay final : public LineDisplay {
 public:
  using LineDisplay::LineDisplay;

 private:
  void show(const PhaseEvent& body) override {
    if (quiet() || body.phase == Phase::finished || body.phase == Phase::preparing) return;
    const auto limit = body.deadline ? "at most " + seconds_text(*body.deadline) : "";
    if (body.phase != Phase::switching) return line(Mark::none, phase_word(body.phase), limit);
    line(Mark::none, "switching", plan().text());
    for (const auto& sentence : plan().skipped()) line(Mark::none, "", sentence);
  }

  void show(const UnitEvent& body) override {
    if (body.verdict == UnitVerdict::unhealthy)
      line(Mark::bad, "unhealthy", unit_text(body));
    else if (verbose())
      line(Mark::none, std::string(text(body.verdict)), unit_text(body));
  }

  void write(std::ostream& stream, const std::string& lines) override { stream << lines << std::flush; }
  [[nodiscard]] std::string marked(Mark /*mark*/, const std::string& word) const override { return word; }
  [[nodiscard]] std::size_t mark_columns() const override { return 0; }
};

}  // namespace

std::unique_ptr<Display> plain_display(DisplaySettings settings, std::ostream& out, std::ostream& err) {
  return std::make_unique<PlainDisplay>(std::move(settings), out, err);
}

}  // namespace switchback
