// SPDX-License-Identifier: MIT
#include "tests/integration/fake_manager.hpp"

#include "activator/adapters/systemd_names.hpp"
#include "activator/adapters/unit_properties.hpp"

#include <algorithm>
#include <csignal>

namespace switchback::test {
namespace {

constexpr const char* kUnitInterface = "org.freedesktop.systemd1.Unit";
constexpr const char* kServiceInterface = "org.freedesktop.systemd1.Service";
constexpr const char* kNoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";

}  // namespace

std::vector<std::string> FakeUnit::argv() const {
  using Commands = std::vector<sdbus::Struct<std::string, std::vector<std::string>, bool>>;
  auto words = properties.at("ExecStart").get<Commands>().at(0).get<1>();
  for (auto& word : words) {  // as systemd does before it executes them
    for (auto at = word.find("$$"); at != std::string::npos; at = word.find("$$", at + 1)) word.erase(at, 1);
  }
  return words;
}

void FakeUnit::set(const std::string& active_state, const std::string& sub_state) {
  active = active_state;
  sub = sub_state;
  if (active == "active" && active_enter == 0) active_enter = 1;
}

FakeManager::FakeManager(EventLoop& loop, std::string address) : loop_(loop), address_(std::move(address)) {
  connect();
}

void FakeManager::connect() {
  objects_.clear();
  manager_.reset();
  unanswered_.clear();
  peer_ = std::make_unique<BusPeer>(loop_, address_);
  publish_manager();
  for (auto& [name, unit] : units_) publish_unit(*unit);
  peer_->own(kSystemd);
}

void FakeManager::step_down() { peer_->disown(kSystemd); }
void FakeManager::take_over() { peer_->own(kSystemd); }

FakeUnit& FakeManager::unit(const std::string& name) {
  auto& unit = units_[name];
  if (!unit) {
    unit = std::make_unique<FakeUnit>();
    unit->name = name;
    if (peer_) publish_unit(*unit);
  }
  return *unit;
}

int FakeManager::count(const std::string& call) const {
  return static_cast<int>(std::count(calls.begin(), calls.end(), call));
}

void FakeManager::called(const std::string& call) {
  calls.push_back(call);
  if (on_call) on_call(call);
}

void FakeManager::publish_manager() {
  manager_ = sdbus::createObject(peer_->connection(), sdbus::ObjectPath(kManagerPath));
  const auto add = [this](const char* method, auto function) {
    compat::add_method(*manager_, kManagerInterface, method, std::move(function));
  };
  add("Subscribe", [this] { called("Subscribe"); });
  add("ListUnitsByPatterns", [this](const std::vector<std::string>& states, const std::vector<std::string>&) {
    auto listed = listed_units();
    std::erase_if(listed, [&](const auto& unit) {
      const auto is = [&](const std::string& state) {
        return state == unit.template get<2>() || state == unit.template get<3>() ||
               state == unit.template get<4>();
      };
      return !states.empty() && std::none_of(states.begin(), states.end(), is);
    });
    return listed;
  });
  add("ListJobs", [this] {
    called("ListJobs");
    return listed_jobs();
  });
  for (const std::string verb : {"Start", "Stop", "Restart", "Reload"}) {
    const auto method = verb + "Unit";
    add(method.c_str(), [this, verb, method](const std::string& name, const std::string&) {
      called(std::string(method).append(" ").append(name));
      return queue(verb, name);
    });
  }
  add("CancelJob", [this](std::uint32_t id) {
    const auto job = std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& one) { return one.id == id; });
    if (job != jobs_.end()) loop_.post([this, name = job->unit] { finish(name, "canceled"); });
  });
  add("Reload", [this](sdbus::Result<>&& result) {
    called("Reload");
    if (answers_reload) return result.returnResults();
    unanswered_.push_back(std::move(result));
  });
  publish_transient_calls();
  compat::add_property(*manager_, kManagerInterface, "NJobs",
                       [this] { return static_cast<std::uint32_t>(jobs_.size()); });
  compat::publish(*manager_);
}

void FakeManager::publish_transient_calls() {
  const auto add = [this](const char* method, auto function) {
    compat::add_method(*manager_, kManagerInterface, method, std::move(function));
  };
  add("ResetFailedUnit", [this](const std::string& name) {
    called("ResetFailedUnit " + name);
    reset_failed(name);
  });
  add("KillUnit", [this](const std::string& name, const std::string& whom, std::int32_t number) {
    called("KillUnit " + name + " " + whom + " " + std::to_string(number));
    if (number == SIGKILL) kill(name);
  });
  using Auxiliary = sdbus::Struct<std::string, Properties>;
  add("StartTransientUnit", [this](const std::string& name, const std::string&, const Properties& properties,
                                   const std::vector<Auxiliary>&) {
    called("StartTransientUnit " + name);
    return start_transient(name, properties);
  });
}

void FakeManager::publish_unit(FakeUnit& unit) {
  auto object = sdbus::createObject(peer_->connection(), sdbus::ObjectPath(object_path_of(unit.name)));
  const auto add = [&](const char* interface, const char* name, auto getter) {
    compat::add_property(*object, interface, name, std::move(getter));
  };
  add(kUnitInterface, "LoadState", [&unit] { return unit.load; });
  add(kUnitInterface, "ActiveState", [&unit] { return unit.active; });
  add(kUnitInterface, "SubState", [&unit] { return unit.sub; });
  add(kUnitInterface, "InvocationID", [&unit] { return unit.invocation; });
  add(kUnitInterface, "ActiveEnterTimestampMonotonic", [&unit] { return unit.active_enter; });
  add(kUnitInterface, "Job", [this, &unit] {
    const auto job =
        std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& one) { return one.unit == unit.name; });
    using Job = sdbus::Struct<std::uint32_t, sdbus::ObjectPath>;
    return job == jobs_.end() ? Job{0, sdbus::ObjectPath("/")} : Job{job->id, sdbus::ObjectPath(job->path())};
  });
  add(kServiceInterface, "Type", [] { return std::string("exec"); });
  add(kServiceInterface, "Result", [&unit] { return unit.result; });
  add(kServiceInterface, "ExecMainCode", [&unit] { return unit.exec_code; });
  add(kServiceInterface, "ExecMainStatus", [&unit] { return unit.exec_status; });
  compat::publish(*object);
  objects_[unit.name] = std::move(object);
}

void FakeManager::tell(const std::string& name) {
  const auto object = objects_.find(name);
  if (!peer_ || object == objects_.end()) return;
  object->second->emitPropertiesChangedSignal(kServiceInterface);
  object->second->emitPropertiesChangedSignal(kUnitInterface);
}

sdbus::ObjectPath FakeManager::queue(const std::string& verb, const std::string& name) {
  if (const auto refusal = refusals.find(name); refusal != refusals.end())
    throw compat::make_error(refusal->second.first, refusal->second.second);
  const auto known = units_.find(name);
  if (known == units_.end() || known->second->load == "not-found")
    throw compat::make_error(kNoSuchUnit, "Unit " + name + " not loaded.");
  FakeJob job{++last_job_, verb, name};
  job.verb[0] = static_cast<char>(job.verb[0] - 'A' + 'a');
  jobs_.push_back(job);
  if (on_job) on_job(job);
  if (jobs_end_at_once) loop_.post([this, name] { finish(name); });
  return sdbus::ObjectPath(job.path());
}

std::optional<FakeJob> FakeManager::take_job(const std::string& name) {
  const auto found =
      std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& job) { return job.unit == name; });
  if (found == jobs_.end()) return std::nullopt;
  auto job = *found;
  jobs_.erase(found);
  return job;
}

void FakeManager::apply(const FakeJob& job, const std::string& result) {
  auto& target = unit(job.unit);
  if (result == "failed") {
    target.set("failed", "failed");
    target.result = "exit-code";
  } else if (result == "done") {
    const bool stops = job.verb == "stop";
    if (stops && on_stop) on_stop(target);
    if (stops && target.active == "failed") return;
    target.set(stops ? "inactive" : "active", stops ? "dead" : "running");
    forget_if_collectable(target);
  }
}

void FakeManager::finish_silently(const std::string& name, const std::string& result) {
  if (const auto job = take_job(name)) apply(*job, result);
}

void FakeManager::finish(const std::string& name, const std::string& result) {
  const auto job = take_job(name);
  if (!job) return;
  apply(*job, result);
  if (!peer_) return;
  tell(name);
  manager_->emitSignal("JobRemoved")
      .onInterface(kManagerInterface)
      .withArguments(job->id, sdbus::ObjectPath(job->path()), name, result);
}

void FakeManager::tell_reloading(bool begins) {
  manager_->emitSignal("Reloading").onInterface(kManagerInterface).withArguments(begins);
}

void FakeManager::reset_failed(const std::string& name) {
  auto& target = unit(name);
  if (target.active != "failed") return;
  target.set("inactive", "dead");
  target.result = "success";
  forget_if_collectable(target);
}

sdbus::ObjectPath FakeManager::start_transient(const std::string& name, const Properties& properties) {
  if (const auto refusal = refusals.find(name); refusal != refusals.end())
    throw compat::make_error(refusal->second.first, refusal->second.second);
  auto& target = unit(name);
  if (target.transient && target.load == "loaded")
    throw compat::make_error("org.freedesktop.systemd1.UnitExists", "Unit " + name + " was already loaded.");
  const auto position = target.name;
  target = FakeUnit();
  target.name = position;
  target.transient = true;
  for (const auto& property : properties) target.properties.emplace(property.get<0>(), property.get<1>());
  target.invocation = std::vector<std::uint8_t>(16, static_cast<std::uint8_t>(++last_job_));
  target.set("active", "running");
  if (on_transient) on_transient(target);
  return sdbus::ObjectPath(FakeJob{last_job_, "start", name}.path());
}

void FakeManager::kill(const std::string& name) {
  auto& target = unit(name);
  target.exec_code = CLD_KILLED;
  target.exec_status = SIGKILL;
  target.result = "signal";
  take_job(name);
  target.set("failed", "failed");
}

// CollectMode=inactive
void FakeManager::forget_if_collectable(FakeUnit& unit) const {
  if (unit.transient && unit.active == "inactive") unit.load = "not-found";
}

std::vector<FakeManager::ListedUnit> FakeManager::listed_units() const {
  std::vector<ListedUnit> listed;
  for (const auto& [name, unit] : units_) {
    listed.emplace_back(name, "", unit->load, unit->active, unit->sub, "",
                        sdbus::ObjectPath(object_path_of(name)), 0U, "", sdbus::ObjectPath("/"));
  }
  return listed;
}

std::vector<FakeManager::ListedJob> FakeManager::listed_jobs() const {
  std::vector<ListedJob> listed;
  for (const auto& job : jobs_) {
    listed.emplace_back(job.id, job.unit, job.verb, "running", sdbus::ObjectPath(job.path()),
                        sdbus::ObjectPath(object_path_of(job.unit)));
  }
  return listed;
}

}  // namespace switchback::test
