// SPDX-License-Identifier: MIT
// The states before the trial runs, a part of states.hpp: a lambda for every event that means something
// there.
#include "activator/core/overloaded.hpp"
#include "activator/core/states.hpp"

#include <utility>

namespace switchback::moves {

Answer in_preparing(const Script& script, const ActivationEvent& event) {
  return std::visit(
      Overloaded{
          [&](const Prepared&) -> Answer {
            auto transition =
                script.mode == Mode::dry_run ? rehearse_from(script, 0) : switch_from(script, 0, {});
            const bool has_a_deadline = !std::holds_alternative<Switching>(transition.next) &&
                                        !std::holds_alternative<Rehearsing>(transition.next);
            if (has_a_deadline) return transition;
            return preceded_by({ArmDeadline{script.activation_timeout}}, std::move(transition));
          },
          [](const PreparationFailed& failed) { return refuse(failed.cause); },
          [](const DeadlineReached&) {
            return refuse(one("preparing took longer than " + seconds(kPreparingTimeout))[0]);
          },
          [](const CancelRequested& cancel) { return refuse(cancelled(cancel)[0]); },
          [](const RecordFailed& failed) {
            return refuse(one("the record cannot be written: " + failed.problem)[0]);
          },
          [](const Restarted&) { return refuse(one("the activator was restarted while it prepared")[0]); },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

Answer in_rehearsing(const Script& script, const Rehearsing& state, const ActivationEvent& event) {
  return std::visit(
      Overloaded{
          [&](const StepDone&) -> Answer { return rehearse_from(script, state.step + 1); },
          [](const StepFailed& failed) { return refuse(failed.cause); },
          [&](const DeadlineReached&) {
            return refuse(one("the dry run took longer than " + seconds(script.activation_timeout))[0]);
          },
          [](const CancelRequested& cancel) { return refuse(cancelled(cancel)[0]); },
          [](const RecordFailed& failed) {
            return refuse(one("the record cannot be written: " + failed.problem)[0]);
          },
          [](const Restarted&) { return refuse(one("the activator was restarted during the dry run")[0]); },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

Answer in_switching(const Script& script, const Switching& state, const ActivationEvent& event) {
  const auto back = [&](std::vector<Cause> causes) {
    return revert(script, Reverting{.causes = std::move(causes), .begun = state.step + 1});
  };
  const auto go_wrong = [&](const std::vector<Cause>& causes) -> Answer {
    if (script.auto_rollback || !may_be_tolerated(script, state.step)) return back(causes);
    return warned(causes, switch_from(script, state.step + 1, with(state.faults, causes)));
  };
  return std::visit(
      Overloaded{
          [&](const StepDone&) -> Answer { return switch_from(script, state.step + 1, state.faults); },
          [&](const StepFailed& failed) { return go_wrong(with({failed.cause}, failed.more)); },
          [&](const RebootNeeded& needed) -> Answer {
            if (!script.by_boot) return go_wrong({needed.cause});
            return preceded_by(
                {Warn{needed.cause.message + ": it is booted into"}, ArmDeadline{script.activation_timeout}},
                switch_from(script, 0, state.faults));
          },
          [&](const Superseded& superseded) { return back({superseded.cause}); },
          [&](const DeadlineReached& late) -> Answer {
            const auto causes =
                deadline_causes(late, "switching took longer than " + seconds(script.activation_timeout));
            if (script.auto_rollback || !may_be_tolerated(script, state.step)) return back(causes);
            auto on = switch_from(script, state.step + 1, with(state.faults, causes));
            return warned(
                causes, preceded_by({AbandonStep{}, ArmDeadline{script.activation_timeout}}, std::move(on)));
          },
          [&](const CancelRequested& cancel) { return back(cancelled(cancel)); },
          [&](const RecordFailed& failed) {
            return back(one("the record cannot be written: " + failed.problem));
          },
          [&](const Restarted& restarted) -> Answer {
            if (restarted.same_boot) return back(one("the activator was restarted while it switched"));
            return revert(script, found_by(script, restarted,
                                           {.causes = one("the host went down while it switched"),
                                            .begun = state.step + 1}));
          },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

Answer in_awaiting_boot(const Script& script, const AwaitingBoot& state, const ActivationEvent& event) {
  const auto back = [&](std::vector<Cause> causes, const Restarted& restarted, bool superseded = false) {
    auto reverting = from_trial(script, std::move(causes));
    reverting.needs_boot = false;
    reverting.superseded = superseded;
    return revert(script, found_by(script, restarted, std::move(reverting)));
  };
  return std::visit(
      Overloaded{
          [&](const StepFailed& failed) { return back({failed.cause}, {}); },
          // The boot that is waited for would bring up what nobody wants any more.
          [&](const Superseded& superseded) { return back({superseded.cause}, {}, true); },
          [&](const DeadlineReached&) {
            return back(
                one(script.reboot ? "the host did not go down for its reboot within " + seconds(kDownTimeout)
                                  : "the host was not booted within " + seconds(script.boot_within)),
                {});
          },
          [&](const CancelRequested& cancel) -> Answer {
            auto answer = back(cancelled(cancel), {});
            if (!script.reboot || !answer) return answer;
            return preceded_by(
                {Warn{"a reboot was asked for already, and cannot be called off: the host comes up "
                      "with what it runs now"}},
                std::move(*answer));
          },
          [&](const RecordFailed& failed) {
            const Restarted booted{.same_boot = !failed.new_was_booted,
                                   .new_is_committed = failed.new_was_booted};
            return back(one("the record cannot be written: " + failed.problem), booted);
          },
          [&](const Restarted& restarted) -> Answer {
            if (restarted.same_boot && script.reboot)
              return Transition{state, {KeepDeadline{}, WatchProfiles{}, RunStep{Reboot{}}}};
            if (restarted.same_boot) return Transition{state, {KeepDeadline{}, WatchProfiles{}}};
            if (restarted.new_is_committed) return observe(script, state.faults);
            // Userspace alone was started anew: the boot is still to come.
            if (restarted.run_was_kept) return await_boot(script, state.faults);
            return back(
                one("the host came up with the old closure: its boot loader did not take the new one, "
                    "or that did not come up"),
                restarted);
          },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

}  // namespace switchback::moves
