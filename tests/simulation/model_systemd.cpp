// SPDX-License-Identifier: MIT
// What PID 1 is asked for: the port itself, jobs, reloads, re-execution. model_units.cpp has what units do.
#include "tests/simulation/model_systemd.hpp"

#include <algorithm>
#include <utility>

namespace switchback::simulation {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kQueryPatience{25'000};
constexpr milliseconds kReloadPatience{180'000};
constexpr milliseconds kGoneAroundWithin{5'000};
constexpr milliseconds kSecurePatience{25'000};

UnitSnapshot multi_user(bool booting) {
  UnitSnapshot state;
  state.load = "loaded";
  state.active = booting ? "inactive" : "active";
  state.sub = booting ? "dead" : "active";
  state.has_job = booting;
  return state;
}

const UnitName& multi_user_name() {
  static const auto kName = *UnitName::parse("multi-user.target");
  return kName;
}

tl::unexpected<Error> unreachable() { return fail(Errc::unavailable, "the bus is away"); }

}  // namespace

/// The jobs of one run_jobs() call.
struct ModelSystemd::Batch {
  std::vector<JobResult> results;
  std::set<UnitName> pending;
  Callback<std::vector<JobResult>> done;
};

void ModelSystemd::list(Callback<Snapshot> done) {
  bus_.carry(
      kQueryPatience,
      [this, done] {
        Snapshot brief;
        for (const auto& [name, unit] : units_) {
          if (unit.state.load == "not-found" && unit.state.active == "inactive") continue;
          auto& state = brief[name];
          state.load = unit.state.load;
          state.active = unit.state.active;
          state.sub = unit.state.sub;
        }
        brief.emplace(multi_user_name(), multi_user(!awaited_.empty()));
        done(std::move(brief));
      },
      [done] { done(unreachable()); });
}

void ModelSystemd::read(std::set<UnitName> units, Callback<Snapshot> done) {
  bus_.carry(
      kQueryPatience,
      [this, units = std::move(units), done] {
        Snapshot read;
        for (const auto& name : units) {
          const auto found = units_.find(name);
          auto state = found == units_.end() ? UnitSnapshot{} : found->second.state;
          state.has_job = jobs_.contains(name);
          if (name == multi_user_name()) state = multi_user(!awaited_.empty());
          read.emplace(name, std::move(state));
        }
        done(std::move(read));
      },
      [done] { done(unreachable()); });
}

void ModelSystemd::run_jobs(JobVerb verb, std::vector<UnitName> units, milliseconds deadline,
                            Callback<std::vector<JobResult>> done) {
  auto batch = std::make_shared<Batch>();
  batch->pending.insert(units.begin(), units.end());
  batch->done = std::move(done);
  batch_ = batch;
  for (const auto& unit : units) {
    bus_.carry(
        deadline,
        [this, unit, verb, batch] {
          if (batch->done) submit(unit, verb, batch);
        },
        [] {});
  }
  loop_.put(deadline, [this, batch] {
    if (!batch->done) return;
    auto answer_to = std::exchange(batch->done, nullptr);
    if (bus_.is_away()) return answer_to(unreachable());
    // All may have ended without anybody having heard.
    answer_to(fail(Errc::timeout, "not done in time, as far as is known"));
  });
}

void ModelSystemd::submit(const UnitName& name, JobVerb verb, const std::shared_ptr<Batch>& batch) {
  const auto& unit = units_[name];
  if (unit.state.load != "loaded" && verb != JobVerb::stop) {
    if (batch->pending.erase(name) > 0)
      batch->results.push_back({name, "", "systemd knows no unit " + name.text()});
    return answer(batch);
  }
  end_job(name, "canceled");
  const auto id = ++serial_;
  jobs_.insert_or_assign(name, Job{id, verb, batch});
  loop_.put(milliseconds{random_.pick({0, 2, 10, 200})}, [this, name, id] { begin_job(name, id); });
}

void ModelSystemd::begin_job(const UnitName& name, std::uint64_t id) {
  const auto job = jobs_.find(name);
  if (job == jobs_.end() || job->second.id != id) return;
  auto& unit = units_[name];
  switch (job->second.verb) {
    case JobVerb::stop:
      return stop(name);
    case JobVerb::reload:
      return end_job(name, unit.state.is_active() ? "done" : "failed");
    case JobVerb::start:
      if (unit.state.active == "active") return end_job(name, "done");
      return start(name);
    case JobVerb::restart:
      ++unit.run;
      unit.process.clear();
      set(unit, "inactive", "dead");
      return start(name);
  }
}

void ModelSystemd::end_job(const UnitName& name, const std::string& result) {
  auto job = jobs_.extract(name);
  if (!job || !job.mapped().batch) return;
  const auto batch = job.mapped().batch;
  if (batch->pending.erase(name) > 0) batch->results.push_back({name, result, ""});
  answer(batch);
}

void ModelSystemd::answer(const std::shared_ptr<Batch>& batch) {
  if (!batch->pending.empty() || !batch->done) return;
  loop_.put(bus_.job_notice(), [this, batch] {
    bus_.carry(
        std::chrono::hours{1},
        [batch] {
          if (batch->done) std::exchange(batch->done, nullptr)(batch->results);
        },
        [] {});
  });
}

void ModelSystemd::secure(std::function<void(Reach)> done) {
  // While PID 1 executes itself anew, no way leads to it.
  const bool was_away = bus_.is_away() && !is_executing_anew();
  if (was_away) bus_.return_within(kGoneAroundWithin);
  bus_.carry(
      kSecurePatience, [was_away, done] { done(was_away ? Reach::bus_started : Reach::over_bus); },
      [done] { done(Reach::not_yet); });
}

void ModelSystemd::cancel_jobs() {
  const auto batch = std::exchange(batch_, nullptr);
  if (!batch || !batch->done) return;
  batch->done = nullptr;
  // Without effect on a job whose execution has already begun, for all that anybody knows.
  for (const auto& unit : std::set(batch->pending)) {
    if (random_.chance(50)) end_job(unit, "canceled");
  }
}

void ModelSystemd::cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) {
  bus_.carry(
      kQueryPatience,
      [this, spare = std::move(spare), done] {
        std::vector<UnitName> doomed;
        for (const auto& [unit, job] : jobs_) {
          if (!spare.contains(unit)) doomed.push_back(unit);
        }
        for (const auto& unit : doomed) end_job(unit, "canceled");
        done({});
      },
      [done] { done(unreachable()); });
}

void ModelSystemd::reload(Callback<void> done) {
  const auto asked = loop_.boottime_ms();
  bus_.carry(
      kReloadPatience,
      [this, done, asked] {
        loop_.put(milliseconds{random_.pick({5, 20, 300})}, [this, done, asked] {
          load_definitions();
          if (asked < silent_until_ms_) {
            loop_.put(kReloadPatience, [done] { done(fail(Errc::timeout, "systemd did not finish")); });
            return;
          }
          bus_.carry(
              kReloadPatience, [done] { done({}); }, [done] { done(unreachable()); });
        });
      },
      [done] { done(unreachable()); });
}

void ModelSystemd::reset_failed(std::vector<UnitName> units, Callback<void> done) {
  bus_.carry(
      kQueryPatience,
      [this, units = std::move(units), done] {
        for (const auto& name : units) {
          const auto found = units_.find(name);
          if (found == units_.end()) continue;
          if (found->second.state.active == "failed") set(found->second, "inactive", "dead");
          found->second.state.restarts = 0;
        }
        done({});
      },
      [done] { done(unreachable()); });
}

/// Once it is back, the adapter subscribes anew and has everything read again.
void ModelSystemd::lose_bus(milliseconds duration) {
  bus_.lose(duration);
  loop_.put(duration, [this] { tell_all(); });
}

void ModelSystemd::reexecute(bool silently, milliseconds duration) {
  load_definitions();
  if (silently)
    bus_.lose(duration);
  else
    lose_bus(duration);
  anew_until_ms_ = loop_.boottime_ms() + duration.count();
  if (silently) silent_until_ms_ = anew_until_ms_;
}

void ModelSystemd::reload_by_somebody() {
  load_definitions();
  tell_all();
}

void ModelSystemd::tell_all() {
  bus_.signal([this] {
    const auto changed = changed_;
    if (changed) changed(nullptr);
  });
}

void ModelSystemd::tell(const UnitName& unit) {
  if (!changed_) return;
  bus_.signal([this, unit] {
    const auto changed = changed_;
    if (changed) changed(&unit);
  });
}

}  // namespace switchback::simulation
