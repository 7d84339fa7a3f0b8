// SPDX-License-Identifier: MIT
// history: a list, and one activation whole.
#include "cli/verbs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli_golden.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

const auto kOther = *ActivationId::parse("0123ffff89abcdef0123456789abcdef");
constexpr std::int64_t kBegun = 1'785'585'600'000;  // 2026-08-01 12:00:00

json document(const ActivationId& id, const OutcomeEvent& outcome, const std::string& holder,
              std::int64_t finished_ms) {
  return {{"id", id.text()},
          {"holder", holder},
          {"begun", static_cast<double>(kBegun) / 1000.0},
          {"finished", static_cast<double>(finished_ms) / 1000.0},
          {"outcome", to_json(Event{9, finished_ms, id, outcome})},
          {"events", json::array()}};
}

json committed_document() {
  return document(kOther, committed(), "deploy («release 7, the one with the new database schema in it»)",
                  kBegun + 60'000);
}

OutcomeEvent long_revert() {
  auto outcome = reverted();
  outcome.causes[0].log = {"starting",
                           "a line that is a good deal longer than eighty columns, as those of Java programs "
                           "are, and that must be legible all the same",
                           "fatal: \x1b[31mno such table"};
  outcome.causes.push_back({"worker.service was killed by SIGSEGV", "worker.service", "signal", 11, {}});
  return outcome;
}

std::vector<Event> events() {
  std::vector<Event> out;
  std::int64_t now = kBegun;
  const auto tell = [&](EventBody body, int after_ms) {
    now += after_ms;
    out.push_back({out.size() + 1, now, kSomeId, std::move(body)});
  };
  tell(PhaseEvent{Phase::preparing, 120}, 0);
  tell(PlanEvent{"app", "web.service", UnitAction::stop_start, "it changed"}, 300);
  tell(PlanEvent{"app", "batch.service", UnitAction::skip, "X-RestartIfChanged=false"}, 0);
  tell(PlanEvent{"app", "old.service", UnitAction::keep, "removed, did not run"}, 0);
  tell(PhaseEvent{Phase::switching, 240}, 200);
  tell(UnitEvent{"web.service", "activating", "start", "success", 0, UnitVerdict::pending}, 100);
  tell(PhaseEvent{Phase::observing, 300}, 1100);
  tell(DeviationEvent{"db.service", UnitAction::keep, UnitAction::restart, ""}, 0);
  tell(UnitEvent{"web.service", "failed", "failed", "exit-code", 2, UnitVerdict::unhealthy}, 3000);
  tell(WarningEvent{"reverting: web.service exited with status 1"}, 0);
  tell(LogEvent{"web.service", 3, "fatal: no such table"}, 0);
  tell(PhaseEvent{Phase::reverting, 240}, 100);
  tell(UnitEvent{"web.service", "active", "running", "success", 0, UnitVerdict::healthy}, 800);
  return out;
}

json reverted_document() {
  auto out = document(kSomeId, long_revert(), "root", kBegun + 6000);
  for (const auto& event : events()) out["events"].push_back(to_json(event));
  out["before"] = json::array({to_json(GenerationInfo{"app", kWeb1, 11})});
  out["changes"] = json::array({{{"profile", "app"}, {"closure", kWeb2}, {"user", "root"}}});
  return out;
}

struct Asked {
  FakeRemote remote;
  std::ostringstream out;
  std::ostringstream err;
  int asked_for = 0;

  explicit Asked(json activations) {
    use_utc();
    remote.on(Way::shared, [this, activations = std::move(activations)](FakePeer& peer) {
      asked_for = peer.take().parameters.value("limit", 0);
      peer.reply({{"activations", activations}});
    });
  }
  [[nodiscard]] Answer answer(bool as_json = false, int verbosity = 0) {
    return {out, err, as_json, 80, verbosity};
  }
};

IdPrefix prefix(const std::string& text) { return *IdPrefix::parse(text); }

}  // namespace

TEST_CASE("a list of activations tells when, who, what and how it ended", "[cli]") {
  Asked asked(json::array({reverted_document(), committed_document()}));
  CHECK(list_history(asked.remote, 10, asked.answer()) == ExitStatus::done);
  CHECK(asked.asked_for == 10);
  check_golden("history.txt", asked.out.str());
  check_width(asked.out.str());
}

TEST_CASE("one activation is told whole", "[cli]") {
  Asked asked(json::array({reverted_document(), committed_document()}));
  CHECK(show_finished(asked.remote, prefix("01234"), asked.answer()) == ExitStatus::done);
  check_golden("history_one.txt", asked.out.str());
  check_width(asked.out.str());
}

TEST_CASE("one activation is drawn into a file, or to standard output; without an id the last", "[cli]") {
  Asked asked(json::array({reverted_document(), committed_document()}));
  const TempDir directory;
  SECTION("into a file") {
    const auto file = directory / "picture.svg";
    CHECK(plot_finished(asked.remote, prefix("01234"), file, asked.answer()) == ExitStatus::done);
    CHECK_THAT(directory.read("picture.svg"),
               ContainsSubstring("</svg>\n") && ContainsSubstring("web.service"));
    CHECK(asked.out.str() == "web1: activation 01234567 is drawn in " + file + "\n");
  }
  SECTION("to standard output") {
    CHECK(plot_finished(asked.remote, std::nullopt, "-", asked.answer()) == ExitStatus::done);
    CHECK(asked.asked_for == 1);
    CHECK_THAT(asked.out.str(), ContainsSubstring("reverted") && ContainsSubstring("</svg>\n"));
  }
  SECTION("where nothing can be written") {
    CHECK(plot_finished(asked.remote, prefix("01234"), directory / "none/picture.svg", asked.answer()) ==
          ExitStatus::nothing_changed);
    CHECK_THAT(asked.err.str(), ContainsSubstring("cannot write") && ContainsSubstring("No such file"));
  }
}

TEST_CASE("where nothing was activated yet there is nothing to draw", "[cli]") {
  Asked asked(json::array());
  CHECK(plot_finished(asked.remote, std::nullopt, "-", asked.answer()) == ExitStatus::nothing_changed);
  CHECK(asked.out.str().empty());
  CHECK(asked.err.str() == "web1: nothing was activated yet on web1\n");
}

TEST_CASE("one activation is told with its checks, and what one said that failed", "[cli]") {
  auto told = reverted_document();
  const auto check = [&](const std::string& name, CheckState state, const std::string& output) {
    told["events"].push_back(to_json(Event{20, kBegun, kSomeId, CheckEvent{name, state, output}}));
  };
  check("db", CheckState::pending, "");
  check("web", CheckState::failed, "answered with status 503\nno such table");
  check("web", CheckState::passed, "");  // after the revert
  check("db", CheckState::passed, "");
  Asked asked(json::array({told}));
  CHECK(show_finished(asked.remote, prefix("0123"), asked.answer()) == ExitStatus::done);
  CHECK_THAT(asked.out.str(), ContainsSubstring("  checks      db passed\n"
                                                "              web failed: answered with status 503\n"
                                                "                no such table\n"));
}

TEST_CASE("with -v one activation has all that was logged and every state", "[cli]") {
  Asked asked(json::array({reverted_document()}));
  CHECK(show_finished(asked.remote, prefix("0123"), asked.answer(false, 1)) == ExitStatus::done);
  CHECK_THAT(asked.out.str(), ContainsSubstring("web.service | fatal: no such table"));
  CHECK_THAT(asked.out.str(), ContainsSubstring("web.service activating (start): pending"));
}

TEST_CASE("a history as documents is one activation a line, as the host told it", "[cli]") {
  auto first = reverted_document();
  first["weather"] = "fine";
  Asked asked(json::array({first, committed_document()}));
  SECTION("a list") {
    CHECK(list_history(asked.remote, 10, asked.answer(/*as_json=*/true)) == ExitStatus::done);
    std::istringstream lines(asked.out.str());
    std::string line;
    REQUIRE(std::getline(lines, line));
    first["node"] = "web1";
    CHECK(json::parse(line) == first);
    REQUIRE(std::getline(lines, line));
    CHECK(json::parse(line).at("id") == kOther.text());
  }
  SECTION("one") {
    CHECK(show_finished(asked.remote, prefix("01234"), asked.answer(/*as_json=*/true)) == ExitStatus::done);
    CHECK(json::parse(asked.out.str()).at("weather") == "fine");
  }
}

TEST_CASE("an id may be short, but must mean one activation", "[cli]") {
  Asked asked(json::array({reverted_document(), committed_document()}));
  SECTION("two begin so") {
    CHECK(show_finished(asked.remote, prefix("0123"), asked.answer()) == ExitStatus::nothing_changed);
    CHECK_THAT(asked.err.str(), ContainsSubstring("several activations begin with 0123"));
    CHECK_THAT(asked.err.str(), ContainsSubstring(kOther.text()));
  }
  SECTION("none does") {
    CHECK(show_finished(asked.remote, prefix("ffff"), asked.answer()) == ExitStatus::nothing_changed);
    CHECK_THAT(asked.err.str(), ContainsSubstring("web1 knows no activation ffff"));
  }
  SECTION("as it is read aloud") {
    CHECK(show_finished(asked.remote, prefix("0123FFFF"), asked.answer()) == ExitStatus::done);
    CHECK_THAT(asked.out.str(), ContainsSubstring(kOther.text()));
  }
  CHECK(asked.asked_for == 100);
}

TEST_CASE("events that a long list had no room for are fetched for one", "[cli]") {
  auto bare = reverted_document();
  bare["events"] = json::array();
  Asked asked(json::array({bare}));
  asked.remote.on(Way::shared, [](FakePeer& peer) {
    const auto watch = parse_watch(peer.take().parameters);
    if (!watch || watch->id != kSomeId) return;
    for (const auto& event : events()) peer.reply({{"event", to_json(event)}}, /*continues=*/true);
    peer.tell(kSomeId, 14, long_revert());
  });
  SECTION("for a person") {
    CHECK(show_finished(asked.remote, prefix("0123"), asked.answer()) == ExitStatus::done);
    CHECK_THAT(asked.out.str(), ContainsSubstring("observing              3.1 s"));
  }
  SECTION("for a program") {
    CHECK(show_finished(asked.remote, prefix("0123"), asked.answer(/*as_json=*/true)) == ExitStatus::done);
    CHECK(json::parse(asked.out.str()).at("events").size() == 14);
  }
}

TEST_CASE("an entry that cannot be read does not hide the others", "[cli]") {
  Asked asked(json::array({json{{"id", "x"}}, committed_document(), 5}));
  CHECK(list_history(asked.remote, 10, asked.answer()) == ExitStatus::done);
  CHECK_THAT(asked.out.str(), ContainsSubstring("committed"));
  CHECK(asked.err.str() == "web1: 2 more cannot be read by this version of switchback\n");
}

TEST_CASE("a host without a history says so", "[cli]") {
  Asked asked(json::array());
  CHECK(list_history(asked.remote, 10, asked.answer()) == ExitStatus::done);
  CHECK(asked.out.str() == "web1: nothing was activated yet\n");
}
