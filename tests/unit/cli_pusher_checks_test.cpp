// SPDX-License-Identifier: MIT
// Checks from the pusher's side: real programs, and a host that waits to be confirmed.
#include "cli/pusher_checks.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <thread>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

CheckPolicy running(const std::string& script) {
  return {.question = ExecCheck{{"sh", "-c", script}, ""},
          .side = CheckSide::pusher,
          .timeout = seconds(5),
          .interval = milliseconds(10)};
}

struct Made {
  std::vector<CheckEvent> events;
  std::vector<std::string> failed;
  std::vector<std::string> doubts;
};

/// All of it, until every check has ended.
Made made(const Checks& checks, milliseconds window = seconds(20)) {
  Waker changed;
  PusherChecks asked(checks, {{"SWITCHBACK_HOST", "web1"}}, Clock::now() + window, changed);
  Made out;
  for (;;) {
    changed.sleep_until(Clock::now() + seconds(20));
    changed.clear();
    auto news = asked.take_news();
    for (auto& event : news.events) out.events.push_back(std::move(event));
    for (auto& sentence : news.failed) out.failed.push_back(std::move(sentence));
    for (auto& sentence : news.doubts) out.doubts.push_back(std::move(sentence));
    if (news.ended) return out;
  }
}

ActivateRequest checked(const CheckPolicy& check, Mode mode = Mode::switch_now) {
  auto out = request(ConfirmMode::automatic);
  out.mode = mode;
  out.gate.checks = {{"smoke", check}, {"web", {.question = TcpCheck{"127.0.0.1", 80}}}};
  return out;
}

/// What a host does that is told to revert, over the connection that it was told by.
Script reverts_when_told(Waker& cancelled, std::string& reason) {
  return [&](FakePeer& peer) {
    const auto call = peer.take();
    reason = call.parameters.value("reason", call.method);
    const auto id = *ActivationId::parse(call.parameters.value("id", ""));
    cancelled.wake();
    peer.reply({{"activation", to_json(ActivationStatus{id, Phase::reverting, 10, "root", {}})}});
  };
}

/// Waits in `phase` until it was cancelled, and reverts.
Script waiting_in(PhaseEvent phase, Waker& cancelled) {
  return [&cancelled, phase](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, phase);
    cancelled.sleep_until(Clock::now() + seconds(20));
    peer.tell(id, 2, PhaseEvent{Phase::reverting, 30});
    peer.tell(id, 3, reverted());
  };
}

}  // namespace

TEST_CASE("a check is tried until it has passed as often as it must", "[cli]") {
  TempDir dir;
  auto check = running("echo x >>" + dir / "tries" + "; test $(wc -l <" + dir / "tries" + ") -gt 2");
  check.successes = 2;
  const auto result = made({{"smoke", check}});
  REQUIRE(result.events.size() == 2);
  CHECK(result.events[0].state == CheckState::pending);
  CHECK(result.events[0].output == "exited with status 1");
  CHECK(result.events[1].state == CheckState::passed);
  CHECK(result.failed.empty());
  CHECK(dir.read("tries") == "x\nx\nx\nx\n");
}

TEST_CASE("a required check that never passes fails at the deadline, with what it said last", "[cli]") {
  const auto result = made(
      {{"smoke", running("echo asking $SWITCHBACK_HOST; echo no such user >&2; exit 7")}}, milliseconds(200));
  REQUIRE_FALSE(result.events.empty());
  CHECK(result.events.back().state == CheckState::failed);
  CHECK(result.events.back().output == "exited with status 7\nasking web1\nno such user\n");
  CHECK(result.failed ==
        std::vector<std::string>{"check smoke from the pusher's side exited with status 7: no such user"});
}

TEST_CASE("one that is not required is given up after as many misses as it may have", "[cli]") {
  TempDir dir;
  auto check = running("echo x >>" + dir / "tries" + "; exit 1");
  check.required = false;
  check.failures = 2;
  const auto result = made({{"smoke", check}, {"other", running("true")}});
  CHECK(result.failed.empty());
  CHECK(result.doubts.size() == 1);
  CHECK(dir.read("tries") == "x\nx\n");
}

TEST_CASE("a try that takes too long is killed with all that it began", "[cli]") {
  TempDir dir;
  auto check = running("sh -c 'echo $$ >" + dir / "pid" + "; exec sleep 1000' & wait");
  check.required = false;
  check.failures = 1;
  check.timeout = milliseconds(500);
  const auto result = made({{"smoke", check}});
  REQUIRE(result.doubts.size() == 1);
  CHECK_THAT(result.doubts[0], ContainsSubstring("did not end within 0.5 s"));
  const auto pid = static_cast<pid_t>(std::stol(dir.read("pid")));
  const auto patience = Clock::now() + seconds(20);
  // It is a child of nobody's here: whoever reaps it takes a moment.
  while (kill(pid, 0) == 0 && Clock::now() < patience) std::this_thread::sleep_for(milliseconds(5));
  CHECK(kill(pid, 0) != 0);
}

TEST_CASE("a program that leaves somebody behind with its output has ended all the same", "[cli]") {
  const auto begun = Clock::now();
  const auto result = made({{"smoke", running("sleep 4 & echo done")}});
  CHECK(result.events.back().state == CheckState::passed);
  CHECK(Clock::now() - begun < seconds(4));
}

TEST_CASE("the end of what a check says is kept", "[cli]") {
  auto check = running("i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; exit 1");
  check.required = false;
  check.failures = 1;
  const auto output = made({{"smoke", check}}).events.back().output;
  CHECK(output.size() <= 4096 + 50);
  CHECK(output.ends_with("line 1999\n"));
}

TEST_CASE("the host is confirmed after the pusher's checks, of which it is told nothing", "[cli]") {
  Push push;
  TempDir dir;
  Waker confirmed;
  nlohmann::json asked;
  push.remote.on(Way::shared, [&](FakePeer& peer) {
    const auto call = peer.greet();
    asked = call.parameters.at("gate").value("checks", nlohmann::json());
    const auto id = parse_activate(call.parameters)->id;
    peer.tell(id, 1, PhaseEvent{Phase::awaiting_confirmation, 30});
    confirmed.sleep_until(Clock::now() + seconds(20));
    peer.tell(id, 2, PhaseEvent{Phase::committing, 30});
    peer.tell(id, 3, committed());
  });
  bool made_before = false;
  push.remote.on(Way::fresh, [&](FakePeer& peer) {
    const auto id = *ActivationId::parse(peer.take().parameters.value("id", ""));
    made_before = dir.has("made");
    confirmed.wake();
    peer.reply({{"activation", to_json(ActivationStatus{id, Phase::finished, {}, "root", committed()})}});
  });
  const auto asking =
      checked(running("echo $SWITCHBACK_HOST $SWITCHBACK_NODE $SWITCHBACK_ACTIVATION >" + dir / "made"));
  CHECK(push.run(asking) == 0);
  CHECK(made_before);
  CHECK(asked.size() == 1);
  CHECK(asked.contains("web"));
  CHECK(dir.read("made") == "web1.example.org web1 " + asking.id.text() + "\n");
  CHECK_THAT(push.err.str(), ContainsSubstring("check       smoke passed"));
}

TEST_CASE("a host whose check from here fails is told to revert, and why", "[cli]") {
  Push push;
  Waker cancelled;
  std::string reason;
  push.remote.on(Way::shared, waiting_in({Phase::awaiting_confirmation, 5.2}, cancelled));
  push.remote.on(Way::shared, reverts_when_told(cancelled, reason));
  CHECK(push.run(checked(running("echo no such user; exit 7"))) == 3);
  CHECK(reason == "check smoke from the pusher's side exited with status 7: no such user");
  CHECK_THAT(push.err.str(),
             ContainsSubstring("smoke failed: exited with status 7\nweb1:     no such user\n") &&
                 ContainsSubstring("not confirmed: web1 is told to revert"));
}

TEST_CASE("a check from here that is not required is a warning, and the host is confirmed", "[cli]") {
  Push push;
  Waker confirmed;
  push.remote.on(Way::shared, [&](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::awaiting_confirmation, 30});
    confirmed.sleep_until(Clock::now() + seconds(20));
    peer.tell(id, 2, committed());
  });
  push.remote.on(Way::fresh, [&](FakePeer& peer) {
    const auto id = *ActivationId::parse(peer.take().parameters.value("id", ""));
    confirmed.wake();
    peer.reply({{"activation", to_json(ActivationStatus{id, Phase::finished, {}, "root", committed()})}});
  });
  auto check = running("exit 1");
  check.required = false;
  CHECK(push.run(checked(check)) == 0);
  CHECK_THAT(push.err.str(), ContainsSubstring("warning     check smoke from the pusher's side exited with "
                                               "status 1; it is not required"));
}

TEST_CASE("a test is healthy when the pusher's checks have passed, and ends when one fails", "[cli]") {
  Push push;
  Waker cancelled;
  std::string reason;
  push.remote.on(Way::shared, waiting_in({Phase::testing, 3600}, cancelled));
  auto asking = checked(running("true"), Mode::test);
  SECTION("passed") {
    CHECK(push.run(asking) == 0);
    cancelled.wake();
    CHECK_THAT(push.shown(),
               ContainsSubstring("smoke passed") && ContainsSubstring("healthy: the test runs"));
  }
  SECTION("failed") {
    asking.gate.checks["smoke"] = running("exit 1");
    asking.confirm_timeout = milliseconds(200);
    push.remote.on(Way::shared, reverts_when_told(cancelled, reason));
    CHECK(push.run(asking) == 3);
    CHECK_THAT(reason, ContainsSubstring("check smoke"));
  }
}

TEST_CASE("an interrupt ends a check from here, and the host reverts", "[cli]") {
  Push push;
  TempDir dir;
  Waker cancelled;
  std::string reason;
  push.remote.on(Way::shared, waiting_in({Phase::awaiting_confirmation, 30}, cancelled));
  push.remote.on(Way::shared, reverts_when_told(cancelled, reason));
  std::thread user([&] {
    while (!dir.has("begun")) std::this_thread::sleep_for(milliseconds(5));
    push.interrupt.press();
  });
  CHECK(push.run(checked(running("touch " + dir / "begun" + "; exec sleep 1000"))) == 3);
  user.join();
  CHECK(reason == "interrupted by its pusher");
}

TEST_CASE("as documents, checks from here are events as the host's are", "[cli]") {
  Push push;
  Waker cancelled;
  std::string reason;
  push.remote.on(Way::shared, waiting_in({Phase::awaiting_confirmation, 5.2}, cancelled));
  push.remote.on(Way::shared, reverts_when_told(cancelled, reason));
  const auto display = json_display({.node = "web1"}, push.out);
  const auto ended = attempt(activation(checked(running("exit 3"))),
                             {.remote = push.remote, .display = *display, .interrupt = push.interrupt});
  CHECK(ended.status == ExitStatus::reverted);
  std::vector<nlohmann::json> checks;
  std::istringstream lines(push.out.str());
  for (std::string line; std::getline(lines, line);) {
    auto document = nlohmann::json::parse(line);
    if (document.at("type") == "check") checks.push_back(std::move(document));
  }
  REQUIRE_FALSE(checks.empty());
  CHECK(checks.back().at("name") == "smoke");
  CHECK(checks.back().at("state") == "failed");
  CHECK(checks.back().at("output") == "exited with status 3");
  CHECK(checks.back().at("node") == "web1");
  CHECK_FALSE(checks.back().contains("seq"));
}
