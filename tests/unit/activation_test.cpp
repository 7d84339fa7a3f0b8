// SPDX-License-Identifier: MIT
// The state machine, row by row: every state with every event.
#include "activator/core/activation.hpp"

#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace switchback;
using namespace std::chrono_literals;

namespace {

UnitName unit(const std::string& name) { return *UnitName::parse(name); }

/// One profile whose new closure changes web.service.
Script web_script(ConfirmMode confirm = ConfirmMode::automatic) {
  Script script;
  script.confirm = confirm;
  script.activation_timeout = 240s;
  script.confirm_timeout = 30s;
  PreparedChange change{*ProfileName::parse("app"),
                        *StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-2")};
  change.previous = *StorePath::parse("/nix/store/1123456789abcdfghijklmnpqrsvwxyz-web-1");
  change.running = change.previous;
  change.units.stop = {unit("web.service")};
  change.units.start = {unit("web.service")};
  change.present = {unit("web.service")};
  change.previously_present = {unit("web.service")};
  change.active_before = {unit("web.service")};
  script.changes = {change};
  return script;
}

template <class Wanted>
const Wanted* find(const Transition& transition) {
  for (const auto& action : transition.actions) {
    if (const auto* found = std::get_if<Wanted>(&action)) return found;
  }
  return nullptr;
}

Cause because(std::string message) { return {std::move(message), "", "", {}, {}}; }

std::vector<State> every_state() {
  Reverting observing_revert{.causes = {because("x")}, .begun = 3};
  observing_revert.observing = true;
  auto soaking_revert = observing_revert;
  soaking_revert.soaking = true;
  return {Preparing{},
          Switching{0},
          Switching{2},
          AwaitingBoot{},
          Observing{},
          Observing{true, false},
          Observing{false, true},
          AwaitingConfirmation{},
          Committing{0},
          Reverting{.causes = {because("x")}, .begun = 3},
          Reverting{.causes = {because("x")}, .begun = 3, .attempt = 2},
          Reverting{.causes = {because("x")}, .begun = 3, .needs_boot = true},
          observing_revert,
          soaking_revert,
          Finished{Outcome::committed, {}},
          Finished{Outcome::reverted, {}}};
}

std::vector<ActivationEvent> every_event() {
  return {Prepared{},
          PreparationFailed{because("no")},
          StepDone{},
          StepFailed{because("broken")},
          RebootNeeded{because("other init")},
          Superseded{because("moved")},
          GateHealthy{},
          GatePending{},
          GateUnhealthy{{because("web.service failed")}},
          SoakElapsed{},
          DeadlineReached{},
          Confirmed{},
          CancelRequested{"why"},
          RecordFailed{"disk full"},
          Restarted{true, false},
          Restarted{false, false},
          Restarted{false, true}};
}

}  // namespace

TEST_CASE("every pair of state and event has an answer that keeps the machine's promises", "[activation]") {
  const auto script = web_script();
  for (const auto& state : every_state()) {
    for (const auto& event : every_event()) {
      INFO("state " << state.index() << ", event " << event.index());
      const auto transition = step(script, state, event);
      if (!transition) continue;
      const auto* finished = std::get_if<Finished>(&transition->next);
      if (finished != nullptr) {
        CHECK(find<Conclude>(*transition) != nullptr);
        CHECK(find<RunStep>(*transition) == nullptr);
      }
      // Only a finished commit, or a commit found again, ends as committed.
      if (finished != nullptr && finished->outcome == Outcome::committed) {
        const bool from_commit =
            std::holds_alternative<Committing>(state) || std::holds_alternative<Finished>(state);
        CHECK(from_commit);
      }
      // Nothing leaves the end.
      if (std::holds_alternative<Finished>(state)) CHECK(transition->next == state);
      // A commit begins by a confirm alone, when one is asked for.
      if (std::holds_alternative<Committing>(transition->next) &&
          !std::holds_alternative<Committing>(state)) {
        const auto* observing = std::get_if<Observing>(&state);
        const bool confirmed =
            std::holds_alternative<Confirmed>(event) || (observing != nullptr && observing->confirmed);
        CHECK(confirmed);
      }
      // On the way back there is no way forward.
      if (std::holds_alternative<Reverting>(state)) {
        const bool back = std::holds_alternative<Reverting>(transition->next) || finished != nullptr;
        CHECK(back);
        CHECK((finished == nullptr || finished->outcome != Outcome::committed));
      }
    }
  }
}

TEST_CASE("a failure, a deadline, a cancel or a lost record on the way forward always leads back",
          "[activation]") {
  const auto script = web_script();
  const std::vector<State> forward{Switching{1}, Observing{}, Observing{true, true}, AwaitingConfirmation{}};
  const std::vector<ActivationEvent> bad{DeadlineReached{}, CancelRequested{""}, RecordFailed{"disk full"},
                                         Restarted{false, false}};
  for (const auto& state : forward) {
    for (const auto& event : bad) {
      INFO("state " << state.index() << ", event " << event.index());
      const auto transition = step(script, state, event);
      REQUIRE(transition);
      CHECK(phase_of(transition->next) == Phase::reverting);
      CHECK(find<AbandonStep>(*transition) != nullptr);
      CHECK(find<ArmDeadline>(*transition) != nullptr);
    }
  }
}

TEST_CASE("a healthy trial is committed after its soak and its confirm", "[activation]") {
  const auto script = web_script();
  State state = Preparing{};
  const auto advance = [&](const ActivationEvent& event) {
    auto transition = step(script, state, event);
    REQUIRE(transition);
    state = transition->next;
    return *transition;
  };
  advance(Prepared{});
  for (std::size_t done = 0; done < trial_steps(script.changes).size(); ++done) advance(StepDone{});
  REQUIRE(state == State{Observing{}});
  CHECK(find<ArmSoak>(advance(GateHealthy{})) != nullptr);
  CHECK(find<DisarmSoak>(advance(GatePending{})) != nullptr);  // the soak begins anew
  CHECK(find<ArmSoak>(advance(GateHealthy{})) != nullptr);
  const auto waiting = advance(SoakElapsed{});
  REQUIRE(state == State{AwaitingConfirmation{}});
  CHECK(find<ArmDeadline>(waiting)->after == 30s);
  advance(Confirmed{});
  for (std::size_t done = 0; done < commit_steps(script.changes).size(); ++done) advance(StepDone{});
  CHECK(state == State{Finished{Outcome::committed, {}}});
}

TEST_CASE("a confirm that comes while observing is remembered, and commits when the soak is over",
          "[activation]") {
  const auto script = web_script();
  const auto remembered = step(script, Observing{true, false}, Confirmed{});
  REQUIRE(remembered);
  CHECK(remembered->next == State{Observing{true, true}});
  CHECK(must_be_saved(Observing{true, false}, remembered->next));
  const auto passed = step(script, remembered->next, SoakElapsed{});
  REQUIRE(passed);
  CHECK(phase_of(passed->next) == Phase::committing);
}

TEST_CASE("without a confirm asked for, the end of the soak commits", "[activation]") {
  const auto passed = step(web_script(ConfirmMode::none), Observing{true, false}, SoakElapsed{});
  REQUIRE(passed);
  CHECK(phase_of(passed->next) == Phase::committing);
}

TEST_CASE("an activation that touches no unit has no soak", "[activation]") {
  auto script = web_script();
  script.changes[0].units = {};
  script.changes[0].active_before.clear();
  const auto passed = step(script, Observing{}, GateHealthy{});
  REQUIRE(passed);
  CHECK(passed->next == State{AwaitingConfirmation{}});
}

TEST_CASE("a unit that breaks while the confirm is awaited takes the trial back", "[activation]") {
  const auto back =
      step(web_script(), AwaitingConfirmation{}, GateUnhealthy{{because("web.service failed")}});
  REQUIRE(back);
  REQUIRE(phase_of(back->next) == Phase::reverting);
  CHECK(std::get<Reverting>(back->next).causes.front().message == "web.service failed");
}

TEST_CASE("a cancel or a second confirm during the commit changes nothing", "[activation]") {
  CHECK_FALSE(step(web_script(), Committing{1}, CancelRequested{""}));
  CHECK_FALSE(step(web_script(), Committing{1}, Confirmed{}));
}

TEST_CASE("a commit that fails is set back before the trial is reverted", "[activation]") {
  const auto script = web_script();
  const auto event = GENERATE(values<ActivationEvent>(
      {StepFailed{because("no space")}, DeadlineReached{}, RecordFailed{"no space"}}));
  const auto back = step(script, Committing{1}, event);
  REQUIRE(back);
  const auto& reverting = std::get<Reverting>(back->next);
  CHECK(reverting.set_back);
  REQUIRE(find<RunStep>(*back) != nullptr);
  CHECK(find<RunStep>(*back)->step == set_back_steps(script.changes).front());
}

TEST_CASE("what a commit made permanent and cannot be undone keeps nobody from bringing back what ran",
          "[activation]") {
  const auto script = web_script();
  State state = Reverting{.causes = {because("x")}, .begun = 3, .set_back = true, .attempt = 2};
  const auto setting_back = set_back_steps(script.changes).size();
  const auto steps = steps_of(script, std::get<Reverting>(state)).size();
  SECTION("unless it is the units themselves: then they are left to run, too") {
    state = step(script, state, StepFailed{because("no space")})->next;
    CHECK(std::get<Finished>(state).outcome == Outcome::revert_failed);
    return;
  }
  state = step(script, state, StepDone{})->next;
  for (std::size_t failed = 1; failed < setting_back; ++failed) {
    state = step(script, state, StepFailed{because("no space")})->next;
    REQUIRE(phase_of(state) == Phase::reverting);
  }
  for (auto done = setting_back; done < steps; ++done) state = step(script, state, StepDone{})->next;
  SECTION("which is no good end") {
    state = step(script, step(script, state, GateHealthy{})->next, SoakElapsed{})->next;
  }
  SECTION("nor a better one when that is not healthy") {
    state = step(script, state, GateUnhealthy{{because("y")}})->next;
  }
  CHECK(std::get<Finished>(state).outcome == Outcome::revert_failed);
}

TEST_CASE("a profile that somebody else moved ends as superseded, not as reverted", "[activation]") {
  const auto script = web_script();
  auto state = step(script, Committing{0}, Superseded{because("moved")})->next;
  const auto steps = steps_of(script, std::get<Reverting>(state)).size();
  for (std::size_t done = 0; done < steps; ++done) state = step(script, state, StepDone{})->next;
  state = step(script, state, GateHealthy{})->next;
  state = step(script, state, SoakElapsed{})->next;
  CHECK(std::get<Finished>(state).outcome == Outcome::superseded);
}

TEST_CASE("a profile that somebody else moves while a boot is waited for takes that boot back",
          "[activation]") {
  auto script = web_script();
  script.mode = Mode::boot;
  script.by_boot = true;
  const auto back = step(script, AwaitingBoot{}, Superseded{because("moved")});
  REQUIRE(back);
  const auto& reverting = std::get<Reverting>(back->next);
  CHECK(reverting.superseded);
  CHECK_FALSE(reverting.needs_boot);
  CHECK(reverting.causes == std::vector<Cause>{because("moved")});
}

TEST_CASE("what somebody else switched to is not judged by what ran before", "[activation]") {
  Reverting state{.causes = {because("moved")}, .begun = 3, .superseded = true};
  state.observing = true;
  const auto event = GENERATE(
      values<ActivationEvent>({GateUnhealthy{{because("old.service is not there")}}, DeadlineReached{}}));
  const auto end = step(web_script(), state, event);
  REQUIRE(end);
  CHECK(end->next == State{Finished{Outcome::superseded, {because("moved")}}});
}

TEST_CASE("the activator goes on after its own death as the phase demands", "[activation]") {
  const auto script = web_script();
  SECTION("preparing: refused, nothing has changed") {
    const auto after = step(script, Preparing{}, Restarted{true, false});
    CHECK(std::get<Finished>(after->next).outcome == Outcome::refused);
  }
  SECTION("switching: reverted, from as far as it had come") {
    const auto after = step(script, Switching{2}, Restarted{true, false});
    CHECK(std::get<Reverting>(after->next).begun == 3);
  }
  SECTION("observing and awaiting go on with the time that is left") {
    const auto state = GENERATE(values<State>({Observing{}, AwaitingConfirmation{}}));
    const auto after = step(script, state, Restarted{true, false});
    CHECK(phase_of(after->next) == phase_of(state));
    CHECK(find<KeepDeadline>(*after) != nullptr);
    CHECK(find<WatchGate>(*after) != nullptr);
  }
  SECTION("what was taken back meanwhile, which no record says, is not gone on with") {
    const auto state = GENERATE(values<State>({Observing{}, AwaitingConfirmation{}, Committing{2}}));
    const auto after = step(script, state, Restarted{.trial_stands = false});
    CHECK(phase_of(after->next) == Phase::reverting);
  }
  SECTION("committing goes on from the first step, since every one can be repeated") {
    const auto after = step(script, Committing{2}, Restarted{true, false});
    CHECK(after->next == State{Committing{0}});
  }
  SECTION("an outcome that was durable is told again") {
    const auto after = step(script, Finished{Outcome::committed, {}}, Restarted{true, false});
    CHECK(find<Conclude>(*after) != nullptr);
  }
}

TEST_CASE("after a reboot only a commit whose copies became current goes forward", "[activation]") {
  const auto script = web_script();
  for (const auto& state : std::vector<State>{Switching{1}, Observing{}, AwaitingConfirmation{}}) {
    const auto after = step(script, state, Restarted{false, false});
    REQUIRE(after);
    CHECK(std::get<Reverting>(after->next).rebooted);
  }
  const auto amid = step(script, Committing{0}, Restarted{false, false});
  CHECK(std::get<Reverting>(amid->next).set_back);
  CHECK_FALSE(std::get<Reverting>(amid->next).rebooted);  // the new one may have booted
  CHECK(step(script, Committing{2}, Restarted{false, true})->next == State{Committing{0}});
}

TEST_CASE("a revert is tried twice at most, and its end says how it went", "[activation]") {
  const auto script = web_script();
  State state = Reverting{.causes = {because("x")}, .begun = 3};
  SECTION("steps that fail twice: revert failed") {
    state = step(script, state, StepFailed{because("a")})->next;
    CHECK(std::get<Reverting>(state).attempt == 2);
    state = step(script, state, StepFailed{because("b")})->next;
    CHECK(std::get<Finished>(state).outcome == Outcome::revert_failed);
  }
  SECTION("a gate that stays unhealthy: reverted, unhealthy") {
    std::get<Reverting>(state).observing = true;
    state = step(script, state, GateUnhealthy{{because("a")}})->next;
    CHECK(std::get<Reverting>(state).attempt == 2);
    CHECK_FALSE(std::get<Reverting>(state).observing);
    std::get<Reverting>(state).observing = true;
    state = step(script, state, GateUnhealthy{{because("b")}})->next;
    CHECK(std::get<Finished>(state).outcome == Outcome::reverted_unhealthy);
  }
  SECTION("an activator that dies again and again does not revert for ever") {
    for (int death = 0; death < kMaxRevertRestarts; ++death)
      state = step(script, state, Restarted{true, false})->next;
    REQUIRE(phase_of(state) == Phase::reverting);
    state = step(script, state, Restarted{true, false})->next;
    CHECK(std::get<Finished>(state).outcome == Outcome::revert_failed);
  }
}
