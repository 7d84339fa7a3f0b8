// SPDX-License-Identifier: MIT
// When faults strike, and what they do: a part of machine.hpp.
#include "tests/simulation/machine.hpp"

#include <algorithm>
#include <utility>

namespace switchback::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool needs_boundary(Fault fault) {
  return fault == Fault::soft_reboot || fault == Fault::confirm || fault == Fault::confirm_twice ||
         fault == Fault::confirm_wrongly || fault == Fault::cancel;
}

/// Between the look at a profile and its change there is no time for somebody else in the world of links; nor
/// for a whole switch before a program has taken the lock that keeps others from one.
bool was_just_looked_at(const char* call, Where where) {
  const std::string_view made(call);
  return (made == "profile" || made == "program") && where == Where::before;
}

bool is_writing_record(const char* call, Where where) {
  return std::string_view(call) == "record" && where == Where::within;
}

}  // namespace

void Machine::at_point(const char* call, Where where) { consider(call, where, /*boundary=*/false); }

void Machine::at_boundary() {
  if (!prepared_record_ && disk_.record && state_ && State(Preparing{}).index() != *state_)
    prepared_record_ = disk_.record;
  for (const auto fault : std::exchange(deferred_, {})) strike(fault, /*boundary=*/true);
  consider("", Where::after, /*boundary=*/true);
}

void Machine::consider(const char* call, Where where, bool boundary) {
  if (!playing_ || !state_) return;
  ++points_;
  for (auto planned = planned_.begin(); planned != planned_.end();) {
    const bool due = planned->state == *state_ && points_ > planned->after &&
                     (planned->fault != Fault::tear_record || is_writing_record(call, where)) &&
                     (planned->fault != Fault::move_profile || !was_just_looked_at(call, where));
    if (!due) {
      ++planned;
      continue;
    }
    const auto fault = planned->fault;
    planned = planned_.erase(planned);
    ++coverage_.struck[static_cast<std::size_t>(fault)][*state_];
    struck_.insert(fault);
    struck_in_.emplace(fault, *state_);
    say([&] {
      return "FAULT " + std::string(kFaultNames[static_cast<std::size_t>(fault)]) + " while " +
             std::string(kStateNames[*state_]) + (boundary ? "" : std::string(" at ") + call) +
             (boundary                 ? ""
              : where == Where::before ? " (before)"
              : where == Where::within ? " (within)"
                                       : " (after)");
    });
    if (!boundary && needs_boundary(fault)) {
      deferred_.push_back(fault);
      continue;
    }
    return strike(fault, boundary);  // it may throw, and change what is planned
  }
}

void Machine::strike(Fault fault, bool) {
  switch (fault) {
    case Fault::kill_activator:
      if (engine_) throw Died{false};
      return;
    case Fault::reboot:
      throw Died{true};
    case Fault::tear_record:
      return tear_record();
    case Fault::soft_reboot:
      return soft_reboot();
    case Fault::fill_disk:
      full_until_ms_ = loop_.boottime_ms() + random_.pick({500, 5000, 30'000, 120'000});
      disk_.full = true;
      return;
    case Fault::collect_garbage:
    case Fault::collect_generations:
      site_.collect_garbage(profiles_.pins, fault == Fault::collect_generations);
      return;
    case Fault::move_profile:
      return move_profile();
    case Fault::set_clock_back:
      clock_.set_by_ms -= 86'400'000;
      return;
    case Fault::crash_unit:
    case Fault::restart_unit:
    case Fault::hang_unit:
    case Fault::fail_unit:
      return strike_unit(fault);
    case Fault::confirm:
      return ask(id_, clock_.boottime_ms(), /*by_pusher=*/false);
    case Fault::confirm_twice:
      ask(id_, clock_.boottime_ms(), /*by_pusher=*/false);
      return ask(id_, clock_.boottime_ms(), /*by_pusher=*/false);
    case Fault::confirm_wrongly:
      if (random_.chance(50)) return ask(id_, 0, /*by_pusher=*/false);
      return ask(*ActivationId::parse(std::string(32, 'f')), clock_.boottime_ms(), /*by_pusher=*/false);
    case Fault::cancel:
      return cancel();
    default:
      return strike_bus(fault);
  }
}

void Machine::strike_bus(Fault fault) {
  auto& bus = systemd_->bus();
  switch (fault) {
    case Fault::lose_bus: {
      const milliseconds away{random_.pick({300, 3000, 3000, 20'000, 20'000, 60'000, 400'000})};
      if (away > seconds{20}) long_outage_ = true;
      return systemd_->lose_bus(away);
    }
    case Fault::reexecute:
    case Fault::reexecute_silently:
      return systemd_->reexecute(fault == Fault::reexecute_silently,
                                 milliseconds{random_.pick({200, 2000, 8000})});
    case Fault::reload_by_somebody:
      return systemd_->reload_by_somebody();
    default:
      return bus.upset_signals(fault, milliseconds{random_.pick({3000, 10'000, 60'000})});
  }
}

void Machine::strike_unit(Fault fault) {
  if (fault == Fault::hang_unit) return systemd_->hang_next_job();
  if (fault == Fault::fail_unit) return systemd_->fail_next_start();
  std::vector<UnitName> running;
  for (const auto& [name, unit] : systemd_->units()) {
    // What was stopped may be started by traffic on a socket, or by a message on the bus.
    const bool starts =
        fault == Fault::restart_unit && unit.state.load == "loaded" && unit.state.active == "inactive";
    if ((starts || !unit.process.empty()) && name.text() != "ssh.service") running.push_back(name);
  }
  if (running.empty()) return;
  const auto& unit = running[random_.below(running.size())];
  say([&] { return "it is " + unit.text(); });
  if (fault == Fault::crash_unit) return systemd_->crash(unit);
  systemd_->restart_by_somebody(unit);
}

/// Of the steps of a durable write, the last that a power cut let through decides: the old file or the new.
void Machine::tear_record() {
  const auto& text = pointed_records_->writing();
  const auto written =
      random_.below(text.size() + 64);  // beyond its end: renamed, and the directory not synced
  if (written > text.size() && random_.chance(50) && !disk_.full) disk_.record = text;
  throw Died{true};
}

void Machine::move_profile() {
  const auto& kinds = schedule_.scenario.kinds;
  const auto kind = kinds[random_.below(kinds.size())];
  // While a program of ours runs theirs would not.
  auto moves = random_.chance(50) ? Site::Moves::all : Site::Moves::boot;
  if (programs_->is_running()) moves = Site::Moves::profile;
  say([&] {
    return "profile " + Site::profile_of(kind).text() + " is moved, and " +
           (moves == Site::Moves::profile ? "nothing"
            : moves == Site::Moves::boot  ? "its boot"
                                          : "all") +
           " with it";
  });
  moved_[kind] = site_.move(kind, *systemd_, moves);
  if (kind == Kind::nixos && moves != Site::Moves::profile) made_default_ = moved_[kind];
}

}  // namespace switchback::simulation
