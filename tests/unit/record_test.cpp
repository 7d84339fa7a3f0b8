// SPDX-License-Identifier: MIT
// The record: what is written is what is read, and nothing else is taken for a record.
#include "activator/core/record.hpp"

#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace switchback;
using nlohmann::json;

namespace {

Record sample() {
  ActivateRequest request{.id = *ActivationId::parse("0123456789abcdef0123456789abcdef"),
                          .changes = {},
                          .gate = {},
                          .note = "a note"};
  const auto closure = *StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-2");
  const auto profile = *ProfileName::parse("app");
  request.changes.push_back({.profile = profile, .closure = closure});
  PreparedChange change{profile, closure};
  change.previous = *StorePath::parse("/nix/store/1123456789abcdfghijklmnpqrsvwxyz-web-1");
  change.running = change.previous;
  change.previous_number = 4;
  change.made_before = {2, 3};
  const auto web = *UnitName::parse("web.service");
  change.units.stop = change.units.start = {web};
  change.units.explained = {{web, UnitAction::stop_start, "changed"}};
  change.present = change.previously_present = change.active_before = {web};
  UnitSnapshot running;
  running.load = "loaded";
  running.active = "active";
  running.sub = "running";
  running.result = "success";
  return {std::move(request), "root",           {"boot", "token", 1},  1'700'000'000'000, 5000, 4000,
          {change},           {{web, running}}, Observing{false, true}};
}

std::vector<State> every_state() {
  return {Preparing{},
          Rehearsing{1},
          Switching{3, {{"a fault", "", "", {}, {}}}},
          Observing{false, true},
          AwaitingConfirmation{},
          Testing{{{"a fault", "", "", {}, {}}}},
          Committing{1, {{"a fault", "", "", {}, {}}}},
          Reverting{.causes = {{"why", "web.service", "exit-code", 1, {"line"}}},
                    .begun = 4,
                    .set_back = true,
                    .stays_set = true,
                    .rebooted = true,
                    .superseded = true,
                    .attempt = 2,
                    .restarts = 1,
                    .step = 2,
                    .observing = true},
          Finished{Outcome::reverted_unhealthy, {{"why", "", "", {}, {}}}}};
}

}  // namespace

TEST_CASE("a record survives the disk in every state", "[record]") {
  for (const auto& state : every_state()) {
    auto record = sample();
    record.state = state;
    const auto text = to_json(record).dump();
    const auto read = parse_record(text);
    INFO(text);
    REQUIRE(read);
    CHECK(to_json(*read).dump() == text);
    CHECK(read->state == state);
  }
}

TEST_CASE("a record says which checks are asked, and which failed before anything was changed", "[record]") {
  std::ifstream file(std::string(SWITCHBACK_TEST_DATA) + "/record/v1-checks.json");
  std::stringstream text;
  text << file.rdbuf();
  const auto read = parse_record(text.str());
  INFO((read ? std::string() : read.error().message));
  REQUIRE(read);
  CHECK(read->prefailing == std::set<std::string>{"http"});
  CHECK(read->request.gate.prefailing == Prefailing::tolerate);
  CHECK(read->request.gate.checks.at("http").question ==
        CheckQuestion{HttpCheck{"http://127.0.0.1:8080/health", {200}, "ok", {{"server", "web"}}}});
  const auto again = parse_record(to_json(*read).dump());
  REQUIRE(again);
  CHECK(again->request == read->request);
  CHECK(again->prefailing == read->prefailing);
}

TEST_CASE("a record that was torn at any byte is never taken for one", "[record]") {
  const auto text = to_json(sample()).dump();
  for (std::size_t length = 0; length < text.size(); ++length)
    CHECK_FALSE(parse_record(text.substr(0, length)));
}

TEST_CASE("a record without a member, or with one of the wrong type, is refused", "[record]") {
  const auto good = to_json(sample());
  for (const auto& [key, value] : good.items()) {
    if (key == "deadline" || key == "switched") continue;  // not every phase has them
    auto missing = good;
    missing.erase(key);
    INFO(key);
    // An empty list of changes is what a record that is still preparing has.
    if (key != "changes") CHECK_FALSE(parse_record(missing.dump()));
    auto wrong = good;
    wrong[key] = json::array({json::object()});
    CHECK_FALSE(parse_record(wrong.dump()));
  }
}

TEST_CASE("a record of a newer activator is told apart from a broken one", "[record]") {
  auto newer = to_json(sample());
  newer["record"] = kRecordVersion + 1;
  const auto read = parse_record(newer.dump());
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::unsupported_version);
}

TEST_CASE("the records of earlier releases are read for ever", "[record]") {
  std::ifstream file(std::string(SWITCHBACK_TEST_DATA) + "/record/v1.json");
  std::stringstream text;
  text << file.rdbuf();
  const auto read = parse_record(text.str());
  REQUIRE(read);
  CHECK(read->state == State{Observing{false, true}});
  CHECK(read->changes.front().previous_number == 4);
}
