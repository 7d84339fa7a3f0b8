// SPDX-License-Identifier: MIT
#include "tests/support/fakes/world.hpp"

#include <spdlog/spdlog.h>

#include <stdexcept>

namespace switchback::test {
namespace {

const ProfileName& app() {
  static const auto kApp = *ProfileName::parse("app");
  return kApp;
}

}  // namespace

World::World() {
  spdlog::set_level(spdlog::level::off);
  systemd = std::make_unique<FakeSystemd>(loop, disk, run);
  profiles = std::make_unique<FakeProfiles>(disk, loop);
  copies = std::make_unique<FakeCopies>(disk, run);
  records = std::make_unique<FakeRecords>(disk);
  journal = std::make_unique<FakeJournal>(loop);
  host = std::make_unique<FakeHost>(run, loop);
  closures = std::make_unique<FakeClosures>(disk);
  programs = std::make_unique<FakePrograms>(loop);
  systemd->add_foreign("ssh.service", "/usr/lib/systemd/system/ssh.service");
  start_activator();
}

StorePath World::closure(const std::string& name, const std::string& model, const std::string& unit) {
  return closure_of(name, {{unit,
                            "[Unit]\nDescription=" + name + "\n[Service]\nExecStart=/bin/" + name +
                                "\n[Install]\nWantedBy=multi-user.target\n[X-Model]\n" + model + "\n",
                            ""}});
}

StorePath World::closure_of(const std::string& name, std::vector<UnitDirEntry> entries) {
  const auto path = store_path(name);
  disk.store.insert_or_assign(path, std::move(entries));
  return path;
}

ActivateRequest World::request(const StorePath& closure, ConfirmMode confirm) const {
  ActivateRequest request{.id = ActivationId::random(), .changes = {}, .gate = {}, .note = {}};
  request.changes.push_back({.profile = app(), .closure = closure});
  request.confirm = confirm;
  return request;
}

void World::follow(const ActivationId& id) {
  events.clear();
  auto token = engine->watch({id, 0}, [this](const Event& event) { events.push_back(event); });
  if (!token) throw std::runtime_error(token.error().message);
  subscription_ = std::move(*token);
}

const OutcomeEvent* World::outcome() const {
  if (events.empty()) return nullptr;
  return std::get_if<OutcomeEvent>(&events.back().body);
}

OutcomeEvent World::await_outcome() {
  if (!loop.run_until([&] { return outcome() != nullptr && !engine->is_running(); })) {
    throw std::runtime_error("the activation has no outcome");
  }
  return *outcome();
}

OutcomeEvent World::activate(const ActivateRequest& request) {
  const auto accepted = engine->activate(request, "root");
  if (!accepted) throw std::runtime_error(accepted.error().message);
  follow(request.id);
  return await_outcome();
}

void World::await_phase(Phase phase) {
  const bool reached = loop.run_until([&] {
    if (events.empty()) return false;
    for (const auto& event : events) {
      const auto* entered = std::get_if<PhaseEvent>(&event.body);
      if (entered != nullptr && entered->phase == phase) return true;
    }
    return false;
  });
  if (!reached) throw std::runtime_error("the phase was not reached");
}

ActivationId World::activate_until(const ActivateRequest& request, Phase phase) {
  const auto accepted = engine->activate(request, "root");
  if (!accepted) throw std::runtime_error(accepted.error().message);
  follow(request.id);
  await_phase(phase);
  return request.id;
}

Result<ActivationStatus> World::confirm(const ActivationId& id) {
  std::optional<Result<ActivationStatus>> answer;
  engine->confirm({id}, loop.boottime_ms(),
                  [&](Result<ActivationStatus> status) { answer = std::move(status); });
  (void)loop.run_until([&] { return answer.has_value(); });
  if (!answer) throw std::runtime_error("the confirm was not answered");
  return *answer;
}

void World::start_activator() {
  engine = std::make_unique<Engine>(Ports{*systemd, *profiles, *copies, *records, loop, loop, *journal, *host,
                                          *closures, *programs, prober, boot_loader});
  engine->start();
  if (disk.record && host->boot_answers && host->store_is_there) {
    if (const auto record = parse_record(*disk.record)) follow(record->request.id);
  }
}

void World::kill_activator() {
  subscription_.reset();
  systemd->watch(nullptr);
  systemd->cancel_jobs();
  programs->lose_activator();
  engine.reset();
  start_activator();
}

void World::reboot() {
  subscription_.reset();
  engine.reset();
  loop.forget_everything();
  run = FakeRun{};
  run.token = "run-" + std::to_string(++boots_);
  const auto once = boot_loader.take();
  run.current_system = once ? once : boot_system;
  host->boot_id = "boot-" + std::to_string(boots_);
  start_systemd();
  start_activator();
}

void World::start_systemd() {
  systemd = std::make_unique<FakeSystemd>(loop, disk, run);
  for (const auto& unit : vendor_units) systemd->add_foreign(unit, "/usr/lib/systemd/system/" + unit);
  systemd->boot();
}

void World::soft_reboot() {
  subscription_.reset();
  engine.reset();
  loop.forget_everything();
  ++host->soft_reboots;
  start_systemd();
  start_activator();
}

std::string World::running_closure() {
  for (const auto& [closure, entries] : disk.store) {
    for (const auto& entry : entries) {
      if (!entry.text.empty() && entry.text == systemd->definition("web.service")) return closure.name();
    }
  }
  return "";
}

std::string World::profile_closure() {
  const auto current = profiles->current(*profiles->locate(app(), "root"));
  return current && *current ? (*current)->closure.name() : "";
}

std::string World::committed_closure() {
  const auto found = disk.committed.find(app());
  return found == disk.committed.end() ? "" : found->second.closure.name();
}

}  // namespace switchback::test
