// SPDX-License-Identifier: MIT
#include "tests/support/fakes/fake_systemd.hpp"

#include <algorithm>
#include <csignal>

namespace switchback::test {
namespace {

constexpr std::chrono::milliseconds kJobTime{10};
constexpr std::chrono::milliseconds kRestartDelay{100};
/// Between two signals of one change, at the worst.
constexpr std::chrono::milliseconds kSignalDelay{20};

UnitName unit_name(const std::string& text) { return *UnitName::parse(text); }

std::string_view word(JobVerb verb) {
  switch (verb) {
    case JobVerb::stop:
      return "stop";
    case JobVerb::start:
      return "start";
    case JobVerb::restart:
      return "restart";
    case JobVerb::reload:
      return "reload";
  }
  return "?";
}

}  // namespace

/// The jobs of one run_jobs() call.
struct FakeSystemd::Batch {
  std::vector<JobResult> results;
  std::set<UnitName> pending;
  Callback<std::vector<JobResult>> done;
  void finish(const UnitName& unit, const std::string& result) {
    if (pending.erase(unit) == 0) return;
    results.push_back({unit, result, ""});
    if (pending.empty() && done) std::exchange(done, nullptr)(results);
  }
};

void FakeSystemd::boot() {
  load_definitions();
  std::vector<UnitName> wanted;
  for (const auto& [unit, loaded] : units_) {
    if (loaded.text.find("WantedBy=multi-user.target") != std::string::npos) wanted.push_back(unit);
  }
  for (const auto& unit : wanted) start(unit);
}

void FakeSystemd::load_definitions() {
  for (auto& [unit, loaded] : units_) {
    if (!loaded.state.fragment.starts_with("/run/systemd/generator/")) continue;
    loaded.text.clear();
    loaded.state.fragment.clear();
    loaded.state.load = "not-found";
  }
  auto sources = disk_.committed;
  for (const auto& [profile, copies] : run_.trial) sources.insert_or_assign(profile, copies);
  for (const auto& [profile, copies] : sources) {
    for (const auto& [unit, text] : UnitSet::from_entries(copies.entries, nullptr).fragments) {
      auto& loaded = units_[unit];
      loaded.text = text;
      loaded.state.load = "loaded";
      loaded.state.fragment = "/run/systemd/generator/" + unit.text();
      loaded.state.service_type = unit.type() == UnitType::service ? "simple" : "";
      loaded.state.after.clear();
      if (auto after = setting(unit, "Unit", "After"); !after.empty()) loaded.state.after = {after};
    }
  }
}

void FakeSystemd::add_foreign(const std::string& name, const std::string& fragment) {
  auto& unit = units_[unit_name(name)];
  unit.state.load = "loaded";
  unit.state.fragment = fragment;
  unit.state.service_type = "simple";
  unit.state.active = "active";
  unit.state.sub = "running";
  unit.state.result = "success";
}

void FakeSystemd::set_active(const std::string& name, const std::string& active) {
  auto& state = units_[unit_name(name)].state;
  state.active = active;
  if (active == "failed") state.result = "exit-code";
  signal(unit_name(name));
}

void FakeSystemd::set_invocation(const std::string& name, const std::string& invocation) {
  units_[unit_name(name)].state.invocation = invocation;
  signal(unit_name(name));
}

std::string FakeSystemd::active_state(const std::string& name) {
  const auto found = units_.find(unit_name(name));
  return found == units_.end() ? "inactive" : found->second.state.active;
}

std::string FakeSystemd::invocation(const std::string& name) {
  return units_[unit_name(name)].state.invocation;
}

std::string FakeSystemd::definition(const std::string& name) {
  const auto found = units_.find(unit_name(name));
  return found == units_.end() ? "" : found->second.text;
}

std::string FakeSystemd::setting(const UnitName& unit, const std::string& section,
                                 const std::string& key) const {
  const auto file = UnitFile::parse(units_.at(unit).text);
  return file ? file->last(section, key).value_or("") : "";
}

void FakeSystemd::signal(const UnitName& unit) {
  if (changed_)
    loop_.post([this, unit] {
      if (changed_) changed_(&unit);
    });
}

void FakeSystemd::start(const UnitName& name) {
  auto& unit = units_[name];
  ended_jobs_.insert(name);
  if (unit.state.active == "active" || unit.state.active == "activating") return;
  unit.state.condition = behaviour(name, "Condition") != "no";
  if (!unit.state.condition) return;
  ++unit.run;
  unit.state.invocation = "run-" + std::to_string(++invocations_);
  unit.state.begun_ms = loop_.realtime_ms();
  unit.state.result = "success";
  unit.state.exec_code = 0;
  unit.state.active = behaviour(name, "Never") == "ready" ? "activating" : "active";
  unit.state.sub = unit.state.active == "active" ? "running" : "start";
  if (behaviour(name, "StartFails") == "yes") return fail_run(name, unit.run);
  const auto crash = behaviour(name, "CrashAfter");
  if (!crash.empty()) {
    loop_.put(std::chrono::milliseconds{static_cast<int>(std::stod(crash) * 1000)},
              [this, name, run = unit.run] { fail_run(name, run); });
  }
  signal(name);
  if (const auto other = behaviour(name, "Restarts"); !other.empty()) {
    stop(unit_name(other));
    start(unit_name(other));
  }
}

void FakeSystemd::fail_run(const UnitName& name, std::uint64_t run) {
  auto& unit = units_[name];
  if (unit.run != run) return;
  unit.state.result = "exit-code";
  unit.state.exec_code = CLD_EXITED;
  unit.state.exec_status = 1;
  const bool restarts = behaviour(name, "Restart") == "yes";
  unit.state.active = restarts ? "activating" : "failed";
  unit.state.sub = restarts ? "auto-restart" : "failed";
  const bool others_first = stop_what_is_bound_to(name);
  if (others_first)
    loop_.put(kSignalDelay, [this, name] { signal(name); });
  else
    signal(name);
  if (!restarts) return;
  loop_.put(kRestartDelay, [this, name, run] {
    auto& again = units_[name];
    if (again.run != run) return;
    again.state.active = "inactive";
    const auto restarted = again.state.restarts + 1;
    start(name);
    again.state.restarts = restarted;
  });
}

bool FakeSystemd::stop_what_is_bound_to(const UnitName& name) {
  std::vector<UnitName> bound;
  for (const auto& [unit, loaded] : units_) {
    if (loaded.state.active == "active" && setting(unit, "Unit", "BindsTo") == name.text())
      bound.push_back(unit);
  }
  for (const auto& unit : bound) {
    stop(unit);
    stop_what_is_bound_to(unit);
  }
  return !bound.empty();
}

void FakeSystemd::stop(const UnitName& name) {
  auto& unit = units_[name];
  ended_jobs_.insert(name);
  ++unit.run;
  if (unit.state.active != "failed") {
    unit.state.active = "inactive";
    unit.state.sub = "dead";
  }
  unit.state.restarts = 0;
  signal(name);
}

void FakeSystemd::ask(std::function<void()> question) {
  if (!bus_is_away_) return question();
  waiting_.push_back(std::move(question));
}

void FakeSystemd::secure(std::function<void(Reach)> done) {
  loop_.put(kJobTime, [this, done = std::move(done)] {
    done(std::exchange(bus_is_away_, std::nullopt).value_or(Reach::over_bus));
    for (const auto& question : std::exchange(waiting_, {})) question();
  });
}

void FakeSystemd::list(Callback<Snapshot> done) {
  ++lists;
  if (bus_is_away_) return ask([this, done = std::move(done)] { list(done); });
  loop_.post([this, done = std::move(done)] {
    Snapshot snapshot;
    for (const auto& [unit, loaded] : units_) snapshot.emplace(unit, loaded.state);
    UnitSnapshot target;
    target.load = "loaded";
    target.active = target.sub = "active";
    snapshot.emplace(unit_name("multi-user.target"), target);
    done(snapshot);
  });
}

void FakeSystemd::read(std::set<UnitName> units, Callback<Snapshot> done) {
  reads.push_back(units);
  if (bus_is_away_)
    return ask([this, units = std::move(units), done = std::move(done)] { read(units, done); });
  loop_.post([this, units = std::move(units), done = std::move(done)] {
    Snapshot snapshot;
    for (const auto& unit : units) {
      const auto found = units_.find(unit);
      UnitSnapshot state;
      if (found != units_.end()) state = found->second.state;
      if (unit.text() == "multi-user.target") {
        state.load = "loaded";
        state.active = state.sub = "active";
      }
      snapshot.emplace(unit, state);
    }
    done(snapshot);
  });
}

void FakeSystemd::run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                           Callback<std::vector<JobResult>> done) {
  auto batch = std::make_shared<Batch>();
  batch->pending.insert(units.begin(), units.end());
  batch->done = std::move(done);
  batch_ = batch;
  ask([this, verb, units = std::move(units), deadline, batch] { submit(verb, units, deadline, batch); });
}

void FakeSystemd::submit(JobVerb verb, const std::vector<UnitName>& units, std::chrono::milliseconds deadline,
                         const std::shared_ptr<Batch>& batch) {
  for (const auto& unit : units) {
    jobs.push_back(std::string(word(verb)) + " " + unit.text());
    loop_.put(kJobTime, [this, verb, unit, batch] {
      if (!batch->done) return;
      if (verb == JobVerb::stop || verb == JobVerb::restart) stop(unit);
      if (verb == JobVerb::start || verb == JobVerb::restart) start(unit);
      const auto& state = units_[unit].state;
      if (state.active == "activating" && state.sub == "start") return;  // its job never ends
      batch->finish(unit, state.active == "failed" && verb != JobVerb::stop ? "failed" : "done");
    });
  }
  loop_.put(deadline, [batch] {
    if (!batch->done) return;
    std::string names;
    for (const auto& unit : batch->pending) names += (names.empty() ? "" : ", ") + unit.text();
    std::exchange(batch->done, nullptr)(fail(Errc::timeout, "not done in time: " + names));
  });
}

void FakeSystemd::cancel_jobs() {
  if (batch_) batch_->done = nullptr;
}

void FakeSystemd::reload(Callback<void> done) {
  if (bus_is_away_) return ask([this, done = std::move(done)] { reload(done); });
  loop_.put(kJobTime, [this, done = std::move(done)] {
    jobs.emplace_back("daemon-reload");
    load_definitions();
    done({});
  });
}

void FakeSystemd::reset_failed(std::vector<UnitName> units, Callback<void> done) {
  if (bus_is_away_)
    return ask([this, units = std::move(units), done = std::move(done)] { reset_failed(units, done); });
  loop_.post([this, units = std::move(units), done = std::move(done)] {
    for (const auto& unit : units) {
      auto& state = units_[unit].state;
      if (state.active == "failed") state.active = "inactive";
      state.restarts = 0;
    }
    done({});
  });
}

}  // namespace switchback::test
