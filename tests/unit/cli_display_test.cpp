// SPDX-License-Identifier: MIT
// What is shown, to the letter: texts in tests/data/cli, rewritten when SWITCHBACK_ACCEPT is set.
#include "cli/display.hpp"
#include "cli/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/cli_golden.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

namespace {

const auto kId = *ActivationId::parse("0123456789abcdef0123456789abcdef");
const std::string kOld = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-1";
const std::string kNew = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-2";

/// A display whose clock moves only as the test says; both streams in one, as on a terminal.
struct Screen {
  Clock::time_point now{};
  std::ostringstream text;
  DisplaySettings settings{.node = "web1", .width = 80, .now = [this] { return now; }};
  std::unique_ptr<Display> display = plain_display(settings, text, text);

  void tell(EventBody body, std::chrono::milliseconds after = 100ms) {
    now += after;
    const Event event{1, 0, kId, std::move(body)};
    display->event(event, to_json(event));
  }
  void step(const std::string& name, const std::string& detail, std::chrono::milliseconds took) {
    display->step({name, StepState::begun, ""});
    now += took;
    display->step({name, StepState::done, detail});
  }
  void begin() {
    step("connect", "as root", 420ms);
    step("copy", "web-2", 800ms);
    tell(PhaseEvent{Phase::preparing, 240});
    tell(PlanEvent{"app", "web.service", UnitAction::stop_start, "it changed"});
    tell(PlanEvent{"app", "worker.service", UnitAction::start, "it is new"});
    tell(PlanEvent{"app", "batch.service", UnitAction::skip, "X-RestartIfChanged=false"});
    tell(PlanEvent{"app", "same.service", UnitAction::keep, ""});
    tell(PhaseEvent{Phase::switching, 239.5});
    tell(UnitEvent{"web.service", "activating", "start", "success", 0, UnitVerdict::pending});
    tell(PhaseEvent{Phase::observing, 300}, 1200ms);
  }
  void commit() {
    begin();
    tell(PhaseEvent{Phase::awaiting_confirmation, 30}, 10s);
    step("confirm", "over a new connection", 310ms);
    tell(PhaseEvent{Phase::committing, 60});
    tell(OutcomeEvent{Outcome::committed, {}, {{"app", kNew, 12}}});
  }
  void revert() {
    begin();
    tell(WarningEvent{"reverting: web.service exited with status 1"}, 3s);
    tell(LogEvent{"web.service", 3, "fatal: no such table: users \x1b[31m(\x1b]0;owned\x07)"});
    tell(PhaseEvent{Phase::reverting, 240});
    tell(OutcomeEvent{Outcome::reverted, causes(), {{"app", kOld, 11}}}, 900ms);
  }
  /// One whose log was shown as it came, one whose was not.
  static std::vector<Cause> causes() {
    return {
        {"web.service exited with status 1", "web.service", "exit-code", 1, {"fatal: no such table"}},
        {"worker.service was killed by SIGSEGV",
         "worker.service",
         "signal",
         11,
         {"starting",
          "a line that is a good deal longer than eighty columns, as those of Java programs are, and that "
          "must be legible all the same"}}};
  }
};

}  // namespace

TEST_CASE("plain lines tell a deployment from its beginning to its end", "[cli]") {
  Screen screen;
  SECTION("committed") {
    screen.commit();
    check_golden("committed.txt", screen.text.str());
  }
  SECTION("reverted") {
    screen.revert();
    check_golden("reverted.txt", screen.text.str());
  }
  SECTION("busy") {
    screen.display->failure({Errc::busy,
                             "busy: activation 01234567 of root («release 7, the one with the "
                             "new database») is awaiting confirmation, for at most 512 s"},
                            ExitStatus::busy);
    check_golden("busy.txt", screen.text.str());
  }
  SECTION("unreachable") {
    screen.display->failure({Errc::unavailable,
                             "cannot be reached: ssh: connect to host web1 port 22: No "
                             "route to host"},
                            ExitStatus::unreachable);
    check_golden("unreachable.txt", screen.text.str());
  }
  check_width(screen.text.str());
}

TEST_CASE("a terminal's lines that are written over leave nothing behind", "[cli]") {
  Screen screen;
  screen.display = terminal_display(screen.settings, screen.text, screen.text);
  SECTION("committed") {
    screen.commit();
    check_golden("terminal_committed.txt", screen.text.str());
  }
  SECTION("reverted") {
    screen.revert();
    check_golden("terminal_reverted.txt", screen.text.str());
  }
}

TEST_CASE("while another program writes, a terminal's display keeps still", "[cli]") {
  Screen screen;
  screen.display = terminal_display(screen.settings, screen.text, screen.text);
  screen.tell(PhaseEvent{Phase::observing, 300});
  screen.display->make_room();
  const auto before = screen.text.str();
  screen.now += 5s;
  screen.display->tick();
  CHECK(screen.text.str() == before);
  screen.tell(PhaseEvent{Phase::committing, 300});
  CHECK(screen.text.str() != before);
}

TEST_CASE("quiet is the result, and what went wrong", "[cli]") {
  Screen screen;
  screen.settings.verbosity = -1;
  screen.display = plain_display(screen.settings, screen.text, screen.text);
  screen.commit();
  CHECK(screen.text.str() == "web1: committed: app generation 12 (web-2) in 13.6 s\n");
}

TEST_CASE("as documents, every line is one event with its node", "[cli]") {
  Screen screen;
  screen.display = json_display(screen.settings, screen.text);
  screen.commit();
  screen.display->failure({Errc::busy, "busy"}, ExitStatus::busy);
  std::istringstream lines(screen.text.str());
  std::vector<std::string> types;
  for (std::string line; std::getline(lines, line);) {
    const auto document = nlohmann::json::parse(line);
    CHECK(document.at("node") == "web1");
    types.push_back(document.at("type"));
  }
  CHECK(types.front() == "step");
  CHECK(types[types.size() - 2] == "outcome");
  CHECK(types.back() == "error");
}

TEST_CASE("nothing in a text is obeyed by a terminal", "[cli]") {
  CHECK(printable("a\x1b[2Jb\r\n") == "a\\x1b[2Jb\\x0d\\x0a");
  CHECK(printable("tab\tbed") == "tab bed");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\x9b31m");                  // C1: CSI in one character
  CHECK(printable("\xff\xc0\xaf") == "\\xff\\xc0\\xaf");  // no UTF-8
  CHECK(printable("abc\xe2\x80\xae"
                  "def") == "abc\\u202edef");  // reorders what follows
  CHECK(printable("«größer» 木 😀") == "«größer» 木 😀");
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");
}

TEST_CASE("lines are cut and wrapped by columns, not by bytes", "[cli]") {
  CHECK(cut("größer", 6) == "größer");
  CHECK(cut("größer", 4) == "grö…");
  CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("ääääääää", 3) == std::vector<std::string>{"äää", "äää", "ää"});
  CHECK(wrapped("", 10) == std::vector<std::string>{""});
  CHECK(padded("ä", 3) == "ä  ");
}

TEST_CASE("times are told in what people count in", "[cli]") {
  CHECK(duration_text(310ms) == "0.3 s");
  CHECK(duration_text(14'250ms) == "14.2 s");
  CHECK(duration_text(200s) == "3 min 20 s");
  CHECK(age_text(7) == "7 s");
  CHECK(age_text(61) == "1 minute");
  CHECK(age_text(7200) == "2 hours");
  CHECK(age_text(5.5 * 86400) == "5 days");
  CHECK(age_text(-3) == "0 s");
}
