// SPDX-License-Identifier: MIT
// What units do: a part of model_systemd.hpp.
#include "tests/simulation/model_systemd.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace switchback::simulation {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopTime{5};
constexpr milliseconds kUnitTimeout{90'000};  // TimeoutStartSec=, TimeoutStopSec=
constexpr milliseconds kRestartDelay{100};
constexpr std::uint32_t kStartLimit = 5;
constexpr const char* kGenerated = "/run/systemd/generator/";

bool says(const std::string& text, const std::string& assignment) {
  return text.find("\n" + assignment + "\n") != std::string::npos;
}

std::optional<int> number_of(const std::string& text, const std::string& key) {
  const auto at = text.find("\n" + key + "=");
  if (at == std::string::npos) return std::nullopt;
  return std::atoi(text.c_str() + at + key.size() + 2);
}

}  // namespace

void ModelSystemd::add_vendor(const std::string& name, const std::string& active,
                              const std::string& process) {
  auto& unit = units_[*UnitName::parse(name)];
  unit.state.load = "loaded";
  unit.state.fragment = "/usr/lib/systemd/system/" + name;
  unit.state.service_type = "simple";
  unit.state.result = active == "failed" ? "exit-code" : "success";
  unit.state.invocation = "run-" + std::to_string(++serial_);
  unit.text = process.empty() ? name : process;
  unit.process = process;
  set(unit, active, active == "active" ? "running" : active);
}

void ModelSystemd::add_wanted(const std::string& name, const std::string& process) {
  add_vendor(name, "inactive", "");
  const auto unit = *UnitName::parse(name);
  units_[unit].text = process;
  awaited_.insert(unit);
}

const ModelSystemd::Unit* ModelSystemd::find(const UnitName& unit) const {
  const auto found = units_.find(unit);
  return found == units_.end() ? nullptr : &found->second;
}

void ModelSystemd::boot() {
  load_definitions();
  std::vector<UnitName> wanted(awaited_.begin(), awaited_.end());
  for (const auto& [name, unit] : units_) {
    if (unit.text.find("WantedBy=multi-user.target") != std::string::npos) wanted.push_back(name);
  }
  for (const auto& name : wanted) start(name);
}

void ModelSystemd::load_definitions() {
  for (auto& [name, unit] : units_) {
    if (!unit.state.fragment.starts_with(kGenerated)) continue;
    unit.text.clear();
    unit.state.fragment.clear();
    unit.state.load = "not-found";
  }
  auto sources = disk_.committed;
  for (const auto& [profile, copies] : run_.trial) sources.insert_or_assign(profile, copies);
  for (const auto& [profile, copies] : sources) {
    for (const auto& entry : copies.entries) {
      auto& unit = units_[*UnitName::parse(entry.path)];
      unit.text = entry.text;
      unit.state.load = "loaded";
      unit.state.fragment = kGenerated + entry.path;
      unit.state.service_type = "simple";
    }
  }
}

void ModelSystemd::set(Unit& unit, const std::string& active, const std::string& sub) {
  unit.state.active = active;
  unit.state.sub = sub;
  const bool bad = active == "failed" || sub == "auto-restart";
  if (!bad)
    unit.bad_ms = 0;
  else if (unit.bad_ms == 0)
    unit.bad_ms = loop_.boottime_ms();
}

bool ModelSystemd::is_to_be_stopped(const UnitName& name) const {
  const auto job = jobs_.find(name);
  return job != jobs_.end() && job->second.verb == JobVerb::stop;
}

void ModelSystemd::start(const UnitName& name) {
  auto& unit = units_[name];
  const auto run = ++unit.run;
  unit.state.invocation = "run-" + std::to_string(++serial_);
  unit.state.result = "success";
  unit.state.exec_code = 0;
  unit.process = unit.text;
  if (std::exchange(fail_next_, false) || says(unit.text, "StartFails=yes"))
    return fail_run(name, run, "exit-code");
  const bool hangs = std::exchange(hang_next_, false) || says(unit.text, "Hangs=yes");
  const auto slow = number_of(unit.text, "SlowMs");
  if (!hangs && !slow) return up(name);
  set(unit, "activating", "start");
  tell(name);
  if (hangs) {
    loop_.put(kUnitTimeout, [this, name, run] { fail_run(name, run, "timeout"); });
  } else {
    loop_.put(milliseconds{*slow}, [this, name, run] {
      if (units_[name].run == run) up(name);
    });
  }
}

void ModelSystemd::up(const UnitName& name) {
  auto& unit = units_[name];
  awaited_.erase(name);
  set(unit, "active", "running");
  tell(name);
  if (!is_to_be_stopped(name)) end_job(name, "done");
  if (const auto crash = number_of(unit.process, "CrashAfterMs"))
    loop_.put(milliseconds{*crash}, [this, name, run = unit.run] { fail_run(name, run, "exit-code"); });
}

void ModelSystemd::fail_run(const UnitName& name, std::uint64_t run, const std::string& result) {
  auto& unit = units_[name];
  if (unit.run != run) return;
  awaited_.erase(name);
  ++unit.run;
  unit.process.clear();
  unit.state.result = result;
  unit.state.exec_code = CLD_EXITED;
  unit.state.exec_status = 1;
  const bool restarts = says(unit.text, "Restart=yes") && unit.state.restarts < kStartLimit;
  set(unit, restarts ? "activating" : "failed", restarts ? "auto-restart" : "failed");
  tell(name);
  if (!is_to_be_stopped(name)) end_job(name, result == "timeout" ? "timeout" : "failed");
  if (restarts) restart_later(name, unit.run);
}

void ModelSystemd::restart_later(const UnitName& name, std::uint64_t run) {
  loop_.put(kRestartDelay, [this, name, run] {
    auto& unit = units_[name];
    if (unit.run != run || is_to_be_stopped(name)) return;
    ++unit.state.restarts;
    start(name);
  });
}

void ModelSystemd::stop(const UnitName& name) {
  auto& unit = units_[name];
  const auto run = ++unit.run;
  unit.state.restarts = 0;
  if (unit.process.empty()) return stopped(name);
  set(unit, "deactivating", "stop");
  tell(name);
  const auto takes = std::exchange(hang_next_, false) ? kUnitTimeout : kStopTime;
  loop_.put(takes, [this, name, run] {
    if (units_[name].run == run) stopped(name);
  });
}

void ModelSystemd::stopped(const UnitName& name) {
  auto& unit = units_[name];
  unit.process.clear();
  if (unit.state.active != "failed") set(unit, "inactive", "dead");
  tell(name);
  end_job(name, "done");
}

void ModelSystemd::start_process(const std::string& name, const std::string& process) {
  const auto unit = *UnitName::parse(name);
  units_[unit].text = process;
  start(unit);
}

void ModelSystemd::stop_process(const std::string& name) {
  auto& unit = units_[*UnitName::parse(name)];
  ++unit.run;
  unit.process.clear();
  set(unit, "inactive", "dead");
  tell(*UnitName::parse(name));
}

void ModelSystemd::crash(const UnitName& name) {
  auto& unit = units_[name];
  if (!unit.process.empty()) fail_run(name, unit.run, "exit-code");
}

void ModelSystemd::restart_by_somebody(const UnitName& name) {
  auto& unit = units_[name];
  if (unit.state.load != "loaded") return;
  end_job(name, "canceled");
  ++unit.run;
  unit.state.restarts = 0;
  start(name);
}

}  // namespace switchback::simulation
