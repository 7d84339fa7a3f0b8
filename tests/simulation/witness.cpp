// SPDX-License-Identifier: MIT
// What a schedule has come to, as values that the guarantee can be judged by: a part of machine.hpp.
#include "activator/engine/history.hpp"
#include "tests/simulation/machine.hpp"

#include <algorithm>

namespace switchback::simulation {
namespace {

bool is_harmless(Fault fault) {
  switch (fault) {
    case Fault::reorder_signals:
    case Fault::duplicate_signals:
    case Fault::delay_signals:
    case Fault::drop_signals:
    case Fault::reload_by_somebody:
    case Fault::set_clock_back:
    case Fault::confirm_wrongly:
      return true;
    default:
      return false;
  }
}

/// The newcomer is held from the beginning of preparing, and may be gone before.
bool is_collection(Fault fault) {
  return fault == Fault::collect_garbage || fault == Fault::collect_generations;
}

/// What is looked at is only looked at later.
bool is_short_outage(Fault fault) {
  return fault == Fault::lose_bus || fault == Fault::reexecute || fault == Fault::reexecute_silently;
}

bool is_survived_unaided(Fault fault) {
  switch (fault) {
    case Fault::move_profile:
    case Fault::fill_disk:
    case Fault::crash_unit:
    case Fault::hang_unit:
    case Fault::fail_unit:
    case Fault::reexecute_silently:
      return false;
    default:
      return true;
  }
}

/// Nothing makes it go back.
bool keeps_what_was_booted(const Scenario& scenario) {
  const bool confirms = scenario.pusher == Pusher::prompt || scenario.pusher == Pusher::early;
  return (confirms || scenario.confirm == ConfirmMode::none) && !scenario.cannot_be_healthy();
}

bool breaks_units(Newcomer newcomer) { return newcomer != Newcomer::healthy && newcomer != Newcomer::slow; }

}  // namespace

std::optional<Outcome> Machine::outcome() {
  for (const auto& [id, document] : disk_.history) {
    if (id != id_) continue;
    const auto entry = parse_history_without_events(document);
    if (entry && entry->status.outcome) return entry->status.outcome->outcome;
  }
  if (!disk_.record) return std::nullopt;
  const auto record = parse_record(*disk_.record);
  const auto* finished = record ? std::get_if<Finished>(&record->state) : nullptr;
  return finished == nullptr ? std::nullopt : std::optional(finished->outcome);
}

guarantee::ProfileFacts Machine::profile_facts(Kind kind) {
  guarantee::ProfileFacts facts;
  facts.profile = Site::profile_of(kind).text();
  facts.before = site_.before(kind);
  facts.wanted = site_.wanted(kind);
  facts.runs = site_.runs(kind, *systemd_);
  facts.named = site_.named(kind);
  facts.boots = site_.boots(kind);
  for (const auto& change : script_ ? script_->changes : std::vector<PreparedChange>{}) {
    if (change.profile == Site::profile_of(kind))
      facts.before = change.previous ? change.previous->name() : "";
  }
  facts.can_be_undone = kind != Kind::script || !facts.before.empty();
  if (const auto moved = moved_.find(kind); moved != moved_.end()) {
    facts.moved = true;
    facts.moved_to = moved->second;
  }
  if (kind == Kind::nixos) {
    facts.made_default = made_default_;
    facts.is_once = site_.on_disk.once.has_value();
  }
  facts.generations_before = generations_before_.at(kind);
  facts.others_delete = struck_.count(Fault::collect_generations) > 0;
  facts.generations_after = site_.generations(kind);
  facts.set_to = set_to_[Site::link_of(kind)];
  return facts;
}

void Machine::note_blindness() {
  const auto& scenario = schedule_.scenario;
  if (!scenario.auto_rollback || scenario.same_again) return;
  const auto now = loop_.boottime_ms();
  for (const char* name : {"web.service", "new.service", "nixweb.service"}) {
    const auto* unit = systemd_->find(*UnitName::parse(name));
    if (unit == nullptr || unit->bad_ms == 0) continue;
    // Whether a system's program meant to mend what had failed before cannot be told.
    const bool was_bad = struck_in_.contains({Fault::crash_unit, State(Preparing{}).index()});
    if (was_bad && std::string_view(name) == "nixweb.service") continue;
    const auto seen = std::max({unit->bad_ms, systemd_->bus().back_ms(), alive_since_ms_});
    blind_ms_ = std::max(blind_ms_, now - seen);
  }
}

std::int64_t Machine::allowed_ms() const {
  constexpr std::int64_t kAttempt = 240'000 + 40'000;
  constexpr std::int64_t kUpToRevert = 120'000 + 30'000 + 40'000 + 10'000 + 120'000;
  constexpr std::int64_t kUpToBoot = 30'000 + 300'000;
  return kUpToRevert + (schedule_.scenario.waits_for_boot() ? kUpToBoot : 0) + 2 * kAttempt +
         deaths_ * (kAttempt + 120'000) + 120'000;
}

std::optional<Outcome> Machine::due() const {
  const auto& scenario = schedule_.scenario;
  // A generation that is deleted before its boot entry was written gets none.
  const bool takes_entry = scenario.waits_for_boot() &&
                           struck_in_.contains({Fault::collect_generations, State(Switching{}).index()});
  const bool undisturbed =
      !takes_entry && std::all_of(struck_in_.begin(), struck_in_.end(), [this](const auto& struck) {
        const auto& [fault, state] = struck;
        const bool is_watched =
            state == State(Observing{}).index() || state == State(AwaitingConfirmation{}).index();
        if (is_short_outage(fault)) return is_watched && !long_outage_;
        // While it is switched, somebody's restart of a unit takes the place of our own job.
        return is_harmless(fault) || (is_collection(fault) && state != State(Preparing{}).index()) ||
               (fault == Fault::restart_unit && state != State(Preparing{}).index() &&
                state != State(Switching{}).index());
      });
  if (!undisturbed) return std::nullopt;
  if (new_was_booted_ && scenario.goes_down == GoesDown::never && !keeps_what_was_booted(scenario))
    return std::nullopt;
  if (scenario.lacks_boot()) return Outcome::reverted;
  if (scenario.waits_for_boot() && !scenario.comes_up()) return Outcome::reverted;
  if (breaks_units(scenario.newcomer)) return std::nullopt;
  if (scenario.mode != Mode::dry_run && scenario.cannot_be_healthy())
    return scenario.auto_rollback ? std::optional(Outcome::reverted) : std::nullopt;
  const bool may_fail = scenario.check == Check::breaks || scenario.check == Check::flaps;
  if (scenario.mode != Mode::dry_run && may_fail && scenario.obeys_check()) return std::nullopt;
  switch (scenario.mode) {
    case Mode::dry_run:
      return Outcome::planned;
    case Mode::test:
      return Outcome::reverted;
    case Mode::switch_now:
    case Mode::boot:
      break;
  }
  const bool confirms = scenario.pusher == Pusher::prompt || scenario.pusher == Pusher::early;
  return confirms || scenario.confirm == ConfirmMode::none ? Outcome::committed : Outcome::reverted;
}

/// Whether what struck is an excuse for an end that a person must look at.
bool Machine::may_need_a_person() const {
  if (struck_.size() > 1 || long_outage_) return true;
  if (new_was_booted_ && schedule_.scenario.goes_down == GoesDown::never) return true;
  return !std::all_of(struck_.begin(), struck_.end(), is_survived_unaided);
}

void Machine::gather_facts() {
  const auto& scenario = schedule_.scenario;
  if (prepared_record_) {
    if (const auto record = parse_record(*prepared_record_)) script_ = script_of(*record);
  }
  facts_.took_ms = ended_ms_ - begun_ms_;
  facts_.allowed_ms = allowed_ms();
  facts_.outcome = outcome();
  facts_.confirm = scenario.confirm;
  facts_.confirmed_in_time = confirmed_in_time_;
  facts_.answered_committed = answered_committed_;
  facts_.durable_when_answered = durable_when_answered_;
  facts_.revert_attempts = revert_attempts_;
  facts_.blind_ms = blind_ms_;
  facts_.due = due();
  facts_.check_never_passed = scenario.cannot_be_healthy() && scenario.auto_rollback;
  facts_.needs_no_person = !may_need_a_person();
  if (engine_) {
    engine_->status([this](const Result<HostStatus>& status) {
      if (status) facts_.trouble = status->trouble;
    });
    run_until([] { return false; }, std::chrono::seconds{1});
  }
  for (const auto kind : scenario.kinds) {
    facts_.profiles.push_back(profile_facts(kind));
    for (const auto& name : site_.units_of(kind, facts_.profiles.back().runs)) {
      const auto* unit = systemd_->find(name);
      if (unit == nullptr || !unit->state.is_up_or_coming()) facts_.stopped.push_back(name.text());
    }
  }
  const bool committed = facts_.outcome && is_committed(*facts_.outcome);
  facts_.units_broke =
      struck_.count(Fault::crash_unit) + struck_.count(Fault::hang_unit) + struck_.count(Fault::fail_unit) >
          0 ||
      (committed && breaks_units(scenario.newcomer));
}

}  // namespace switchback::simulation
