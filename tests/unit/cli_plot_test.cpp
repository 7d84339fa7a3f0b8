// SPDX-License-Identifier: MIT
// The picture of an activation: pictures to the letter in tests/data/cli, and whatever a host tells, an XML
// parser reads it.
#include "cli/plot.hpp"
#include "cli/plot_axis.hpp"
#include "cli/plot_timeline.hpp"
#include "cli/process.hpp"
#include "cli/svg.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli_golden.hpp"
#include "tests/unit/cli_plot_world.hpp"

#include <cmath>
#include <limits>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// What an XPath expression finds in a picture.
std::string found_in(const std::string& picture, const std::string& expression) {
  const TempDir directory;
  directory.write("picture.svg", picture);
  const auto ran = run_program({"xmllint", "--nonet", "--xpath", expression, directory / "picture.svg"}, {},
                               Clock::now() + std::chrono::seconds(20));
  REQUIRE(ran);
  INFO(ran->error);
  REQUIRE(ran->status == 0);
  return ran->out.substr(0, ran->out.find_last_not_of('\n') + 1);
}

void check_well_formed(const std::string& picture) { CHECK(found_in(picture, "name(/*)") == "svg"); }

std::string counted(const std::string& picture, const std::string& classes) {
  return found_in(picture, "count(//*[@class='" + classes + "'])");
}

bool is_near(double a, double b) { return std::abs(a - b) < 0.01; }

PlotRow row_of(const Timeline& timeline, const std::string& name) {
  for (const auto& row : timeline.rows) {
    if (row.name == name) return row;
  }
  FAIL("no row of " << name);
  return timeline.rows.front();
}

}  // namespace

TEST_CASE("pictures of few and of many units look as they did", "[plot]") {
  check_golden("plot_5.svg", plot_svg(five_units(), "web1"));
  check_golden("plot_5_reverted.svg", plot_svg(five_units_reverted(), "web1"));
  check_golden("plot_200.svg", plot_svg(two_hundred_units(), "web1"));
}

TEST_CASE("a picture has a bar for each unit, and each phase", "[plot]") {
  const auto picture = plot_svg(two_hundred_units(), "web1");
  check_well_formed(picture);
  CHECK(counted(picture, "unit") == "200");
  CHECK(found_in(picture, "string(//*[@class='phase'][3]/@data-name)") == "observing");
  CHECK(found_in(picture, "string(/*/*[local-name()='title'])") ==
        "web1: reverted: worker-013.service crashed with SIGSEGV (and 2 more)");
}

TEST_CASE("what failed comes first, the first cause of all", "[plot]") {
  const auto timeline = timeline_of(two_hundred_units());
  CHECK(timeline.rows[0].name == "worker-013.service");
  CHECK(timeline.rows[0].verdict == "failed, signal, restarted 2 times; well again");
  CHECK(timeline.rows[1].worst == Tone::bad);
  CHECK(timeline.rows[2].worst == Tone::bad);
  CHECK(timeline.rows[3].worst == Tone::waiting);
}

TEST_CASE("a unit's bar tells its states, and when it was not looked at", "[plot]") {
  const auto timeline = timeline_of(five_units_reverted());
  const auto& web = row_of(timeline, "web.service");
  std::string words;
  for (const auto& span : web.spans)
    words += (words.empty() ? "" : " ") + (span.word.empty() ? "-" : span.word);
  CHECK(words == "- running auto-restart running auto-restart running failed - running");
  CHECK(web.spans.back().end == timeline.end);
  REQUIRE(web.restarts.size() == 2);
  CHECK(web.restarts[1].count == 2);
  CHECK(web.planned == "stop-start");
  CHECK(row_of(timeline, "batch.service").verdict == "X-RestartIfChanged=false");
}

TEST_CASE("a check has a row as units have, the first if it is to blame", "[plot]") {
  const std::string answer = "answered with status 503";
  const auto timeline =
      timeline_of(Tale()
                      .phase(Phase::preparing)
                      .tell(CheckEvent{"front", CheckState::failed, answer}, 0.1)
                      .plan("web.service", UnitAction::start)
                      .phase(Phase::switching, 0.1)
                      .phase(Phase::observing, 1)
                      .runs("web.service")
                      .tell(CheckEvent{"front", CheckState::pending, answer}, 0.1)
                      .tell(CheckEvent{"front", CheckState::failed, answer}, 2)
                      .phase(Phase::reverting, 0.1)
                      .end({Outcome::reverted, {{"check front: " + answer, "", "", {}, {}}}, {}}, 1));
  REQUIRE(timeline.rows.size() == 2);
  const auto& check = timeline.rows.front();
  CHECK(check.name == "check front");
  CHECK(check.worst == Tone::bad);
  CHECK(check.verdict == "failed: " + answer);
  REQUIRE(check.spans.size() == 4);  // the last: not looked at
  CHECK(check.spans[0].tone == Tone::ignored);
  CHECK_THAT(check.spans[0].told, ContainsSubstring("before the switch"));
  CHECK(check.spans[1].tone == Tone::waiting);
  CHECK(check.spans[2].tone == Tone::bad);
}

TEST_CASE("what decided is marked: the verdict, the confirm, the end", "[plot]") {
  const auto marks = [](const FinishedActivation& finished) {
    std::string out;
    for (const auto& mark : timeline_of(finished).marks) out += (out.empty() ? "" : " | ") + mark.words;
    return out;
  };
  CHECK(marks(five_units()) == "healthy | confirmed | committed");
  CHECK(marks(five_units_reverted()) == "web.service exited with status 1 | reverted");
  CHECK(marks(Tale().phase(Phase::preparing).end({Outcome::refused, {}, {}})) == "refused");
}

TEST_CASE("names that are made to do harm are only text", "[plot]") {
  const std::string evil =
      "</text><script>alert('1')</script>&\"]]>\x01\x1b[31m\xff\xef\xbf\xbf\xe2\x80\xae.service";
  auto finished = Tale()
                      .phase(Phase::preparing)
                      .plan(evil, UnitAction::restart, evil)
                      .phase(Phase::observing, 1)
                      .tell(UnitEvent{evil, evil, evil, evil, 3, UnitVerdict::unhealthy}, 0.2)
                      .tell(LogEvent{evil, 3, evil})
                      .tell(WarningEvent{evil})
                      .phase(Phase::reverting, 1)
                      .end({Outcome::reverted, {{evil, evil, evil, 1, {evil}}}, {{evil, evil, 1}}}, 1);
  finished.holder = evil;
  const auto picture = plot_svg(finished, evil);
  check_well_formed(picture);
  CHECK(found_in(picture, "count(//*[local-name()='script'])") == "0");
  CHECK(picture.find("\xff") == std::string::npos);
  CHECK(picture.find("\xe2\x80\xae") == std::string::npos);
}

TEST_CASE("a picture has limits, whatever a host tells", "[plot]") {
  Tale tale;
  tale.phase(Phase::preparing);
  const std::string padding(20'000, 'x');
  for (int i = 0; i < 3000; ++i) tale.runs(std::to_string(i) + padding);
  for (int i = 0; i < 3000; ++i)
    tale.tell(UnitEvent{"web.service", i % 2 == 0 ? "active" : "failed", padding, padding, 0,
                        i % 2 == 0 ? UnitVerdict::healthy : UnitVerdict::unhealthy},
              0.1);
  for (int i = 0; i < 3000; ++i)
    tale.phase(i % 2 == 0 ? Phase::observing : Phase::reverting, 0.1).tell(WarningEvent{padding});
  const auto finished =
      tale.end({Outcome::reverted, std::vector<Cause>(500, {padding, "", "", {}, {padding}}),
                std::vector<GenerationInfo>(500, {padding, "", 1})});
  const auto picture = plot_svg(finished, "web1");
  check_well_formed(picture);
  CHECK(picture.size() < 2'000'000);
  CHECK(counted(picture, "unit") == "500");
  CHECK_THAT(picture, ContainsSubstring("2501 more units are not shown"));
}

TEST_CASE("a clock that is set back, or is wild, draws no bar backwards", "[plot]") {
  auto finished = five_units();
  finished.events[8].time_ms -= 3'600'000;
  finished.events[9].time_ms = std::numeric_limits<std::int64_t>::min();
  finished.events[11].time_ms = std::numeric_limits<std::int64_t>::max();
  const auto timeline = timeline_of(finished);
  for (const auto& row : timeline.rows) {
    for (const auto& span : row.spans) CHECK(span.begin <= span.end);
  }
  check_well_formed(plot_svg(finished, "web1"));
}

TEST_CASE("an activation of which nothing was told is drawn too", "[plot]") {
  auto finished = Tale().end({Outcome::refused, {{"the closure is not there", "", "", {}, {}}}, {}});
  finished.events.clear();
  const auto picture = plot_svg(finished, "web1");
  check_well_formed(picture);
  CHECK_THAT(picture,
             ContainsSubstring("no unit was touched") && ContainsSubstring("the closure is not there"));
}

TEST_CASE("time goes evenly where much happens, and long silence is cut short", "[plot]") {
  const PlotAxis axis({0, 0.1, 0.2, 0.3, 600.3, 600.4}, 0, 1000);
  REQUIRE(axis.cuts().size() == 1);
  CHECK(axis.cuts()[0].end == 600.3);
  CHECK(axis.x(0) == 0);
  CHECK(axis.x(601) == 1000);
  CHECK(is_near(axis.x(0.2) - axis.x(0.1), axis.x(0.1)));
  CHECK(is_near(axis.x(600.4) - axis.x(600.3), axis.x(0.1)));
  CHECK(is_near(axis.x(600.3) - axis.x(0.3), 1000.0 / 3));
  for (const auto& tick : axis.ticks(50)) CHECK((tick.at <= 0.31 || tick.at >= 600.29));
}

TEST_CASE("time goes evenly all the way where no silence stands out", "[plot]") {
  std::vector<double> moments;
  for (int i = 0; i <= 12; ++i) moments.push_back(5.0 * i);
  const PlotAxis axis(moments, 100, 700);
  CHECK(axis.cuts().empty());
  CHECK(is_near(axis.x(30), 400));
  CHECK(axis.ticks(40).size() == 13);
}

TEST_CASE("an axis of no time, or of numbers that are none, has a length", "[plot]") {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const PlotAxis axis({0, 0, nan, -5, std::numeric_limits<double>::infinity()}, 0, 100);
  CHECK(axis.x(0) == 0);
  CHECK(axis.x(nan) == 0);
  CHECK(axis.x(1) == 100);
}

TEST_CASE("numbers in a picture are short and plain", "[plot]") {
  CHECK(svg_number(12) == "12");
  CHECK(svg_number(12.26) == "12.3");
  CHECK(svg_number(-0.01) == "0");
  CHECK(svg_number(std::numeric_limits<double>::infinity()) == "0");
  CHECK(xml_text("a<b> & \"c\" 'd'") == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
}
