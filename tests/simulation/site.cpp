// SPDX-License-Identifier: MIT
#include "tests/simulation/site.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace switchback::simulation {
namespace {

constexpr std::array kAllNumbers{0, 1, 2};

std::string model_of(Newcomer newcomer) {
  switch (newcomer) {
    case Newcomer::healthy:
      return "";
    case Newcomer::slow:
      return "SlowMs=1500\n";
    case Newcomer::start_fails:
      return "StartFails=yes\n";
    case Newcomer::hangs:
      return "Hangs=yes\n";
    case Newcomer::crashes_soon:
      return "CrashAfterMs=700\n";
    case Newcomer::crashes_late:
      return "CrashAfterMs=4500\n";
    case Newcomer::restarts:
      return "CrashAfterMs=200\nRestart=yes\n";
  }
  return "";
}

std::string unit_text(const std::string& description, const std::string& model) {
  return "[Unit]\nDescription=" + description + "\n[Service]\nExecStart=/bin/" + description +
         "\n[Install]\nWantedBy=multi-user.target\n[X-Model]\n" + model + "\n";
}

std::string_view stem(Kind kind) {
  return kind == Kind::units ? "app" : kind == Kind::nixos ? "system" : "tool";
}

UnitName unit(const std::string& name) { return *UnitName::parse(name); }

}  // namespace

ProfileName Site::profile_of(Kind kind) { return *ProfileName::parse(std::string(stem(kind))); }
std::string Site::link_of(Kind kind) { return "/profiles/root/" + std::string(stem(kind)); }
std::string Site::name_of(Kind kind, int number) {
  return std::string(stem(kind)) + "-" + std::to_string(number);
}

Site::Site(const Scenario& scenario, test::FakeDisk& disk, test::FakeRun& run, Platter& platter)
    : scenario_(scenario), disk_(disk), run_(run), platter_(platter) {
  for (const auto kind : scenario.kinds) {
    for (const int number : kAllNumbers) add_closure(kind, number);
    add_past(kind);
  }
}

void Site::add_closure(Kind kind, int number) {
  const auto name = name_of(kind, number);
  const auto path = test::store_path(name);
  std::vector<UnitDirEntry> entries;
  if (kind == Kind::units) {
    entries.push_back({"web.service", unit_text(name, number == 2 ? model_of(scenario_.newcomer) : ""), ""});
    entries.push_back({"worker.service", unit_text("worker", ""), ""});
    const std::string own = number == 2 ? "new.service" : "old.service";
    entries.push_back({own, unit_text(own, ""), ""});
  } else {
    disk_.contents[path] = {.has_switch_to_configuration = kind == Kind::nixos,
                            .script = kind == Kind::nixos ? "activate" : "deploy-rs-activate"};
  }
  entries_.insert_or_assign(name, entries);
  disk_.store.insert_or_assign(path, std::move(entries));
}

/// A first generation has none; but no NixOS host runs no system.
void Site::add_past(Kind kind) {
  if (scenario_.first_generation && kind != Kind::nixos) return;
  auto& profile = disk_.profiles[link_of(kind)];
  const auto old = test::store_path(name_of(kind, 1));
  profile.generations = {test::store_path(name_of(kind, 0)), old};
  profile.current = 1;
  if (scenario_.selected_before) {
    profile.generations = {test::store_path(name_of(kind, 0)), old, test::store_path(name_of(kind, 0))};
  }
  const auto newcomer = test::store_path(name_of(kind, 2));
  if (scenario_.past == Past::oldest) profile.generations.front() = newcomer;
  if (scenario_.past == Past::newest) profile.generations.push_back(newcomer);
  if (kind == Kind::units)
    disk_.committed.insert_or_assign(profile_of(kind), test::Copies{old, disk_.store.at(old)});
  if (kind == Kind::nixos) {
    on_disk.boot_system = old;
    for (const auto& [number, name] : generations(kind)) on_disk.entries.insert(name);
    run_.current_system = old;
  }
  if (kind == Kind::script) on_disk.script_state = name_of(kind, 1);
}

std::vector<ChangeRequest> Site::changes() const {
  std::vector<ChangeRequest> changes;
  for (const auto kind : scenario_.kinds)
    changes.push_back({.profile = profile_of(kind), .closure = test::store_path(wanted(kind))});
  return changes;
}

std::string Site::before(Kind kind) const {
  return scenario_.first_generation && kind != Kind::nixos ? "" : name_of(kind, 1);
}
std::string Site::wanted(Kind kind) const { return name_of(kind, scenario_.same_again ? 1 : 2); }

void Site::furnish(ModelSystemd& systemd) const {
  systemd.add_vendor("ssh.service", "active", "ssh.service");
  if (scenario_.failed_before) systemd.add_vendor("broken.service", "failed", "");
  if (!run_.current_system) return;
  const auto name = run_.current_system->name();
  if (scenario_.waits_for_boot() && name == wanted(Kind::nixos))
    systemd.add_wanted("nixweb.service", name + "\n" + model_of(scenario_.newcomer));
  else
    systemd.add_vendor("nixweb.service", "active", name);
}

/// A boot loader that does not care for it does not take it away, either.
std::optional<StorePath> Site::take_boot() {
  if (!on_disk.once || scenario_.ignores_once) return on_disk.boot_system;
  const auto once = std::exchange(on_disk.once, std::nullopt);
  const bool can_start = on_disk.entries.contains(once->name()) && disk_.store.contains(*once);
  return can_start ? once : on_disk.boot_system;
}

bool Site::runs_wanted() const {
  return run_.current_system && scenario_.has(Kind::nixos) &&
         run_.current_system->name() == wanted(Kind::nixos);
}

Work Site::work_of(const ProgramRun& program, ModelSystemd& systemd, Random& random) {
  const auto& path = program.argv.front();
  const auto end = path.find("/bin/switch-to-configuration");
  if (end != std::string::npos)
    return switch_work(*StorePath::parse(path.substr(0, end)), program.argv.at(1), systemd, random);
  if (program.environment.contains("DRY_ACTIVATE") && program.environment.at("DRY_ACTIVATE") == "1")
    return {
        {{std::chrono::milliseconds{50}, [] {}}}, scenario_.newcomer == Newcomer::start_fails ? 1 : 0, false};
  return script_work(systemd, random);
}

Work Site::switch_work(const StorePath& closure, const std::string& verb, ModelSystemd& systemd,
                       Random& random) {
  const auto takes = std::chrono::milliseconds{random.pick({20, 200, 1500})};
  Work work;
  if (verb == "boot") {
    work.pieces.push_back({takes, [this, closure] { write_entries(closure); }});
    return work;
  }
  if (verb == "dry-activate")
    return {{{takes, [] {}}}, scenario_.newcomer == Newcomer::start_fails ? 1 : 0, false};
  const bool newcomer = closure.name() == name_of(Kind::nixos, 2);
  if (newcomer && scenario_.needs_reboot) return {{{takes, [] {}}}, 100, false};
  const auto model = newcomer ? model_of(scenario_.newcomer) : "";
  work.hangs = newcomer && scenario_.newcomer == Newcomer::hangs;
  if (newcomer && scenario_.newcomer == Newcomer::start_fails) work.exit_status = 4;
  work.pieces = {{takes, [&systemd] { systemd.stop_process("nixweb.service"); }},
                 {takes, [this, closure] { run_.current_system = closure; }},
                 {takes, [&systemd, closure, model] {
                    systemd.start_process("nixweb.service", closure.name() + "\n" + model);
                  }}};
  return work;
}

/// Of all generations, the default of which is to be `system`.
void Site::write_entries(const StorePath& system) {
  platter_.wrote("boot entry", [this, before = std::pair(on_disk.boot_system, on_disk.entries)] {
    std::tie(on_disk.boot_system, on_disk.entries) = before;
  });
  on_disk.boot_system = system;
  on_disk.entries = {system.name()};
  for (const auto& [number, name] : generations(Kind::nixos)) on_disk.entries.insert(name);
}

Work Site::script_work(ModelSystemd& systemd, Random& random) {
  const auto takes = std::chrono::milliseconds{random.pick({20, 200, 1500})};
  const auto closure = named(Kind::script);
  const bool newcomer = closure == name_of(Kind::script, 2);
  const auto write = [this](std::string state) {
    platter_.wrote("script", [this, before = on_disk.script_state] { on_disk.script_state = before; });
    on_disk.script_state = std::move(state);
  };
  Work work;
  work.hangs = newcomer && scenario_.newcomer == Newcomer::hangs;
  const bool fails = newcomer && scenario_.newcomer == Newcomer::start_fails;
  if (fails) work.exit_status = 1;
  (void)systemd;
  work.pieces.push_back({takes, [write] { write("torn"); }});
  if (!fails) work.pieces.push_back({takes, [write, closure] { write(closure); }});
  return work;
}

std::string Site::move(Kind kind, ModelSystemd& systemd, Moves moves) {
  const auto own = theirs_++;
  add_closure(kind, own);
  const auto theirs = test::store_path(name_of(kind, own));
  auto& profile = disk_.profiles[link_of(kind)];
  profile.generations.push_back(theirs);
  profile.current = profile.generations.size() - 1;
  platter_.synced("profile " + link_of(kind));
  if (kind == Kind::script && moves == Moves::all) {
    on_disk.script_state = theirs.name();
    platter_.synced("script");
  }
  if (kind != Kind::nixos || moves == Moves::profile) return theirs.name();
  on_disk.boot_system = theirs;
  for (const auto& [number, name] : generations(kind)) on_disk.entries.insert(name);
  platter_.synced("boot entry");
  if (moves != Moves::all) return theirs.name();
  run_.current_system = theirs;
  systemd.start_process("nixweb.service", theirs.name());
  return theirs.name();
}

void Site::collect_garbage(const std::map<std::string, StorePath>& pins, bool old_generations) {
  std::set<StorePath> held;
  for (const auto& [name, closure] : pins) held.insert(closure);
  for (auto& [path, profile] : disk_.profiles) {
    for (std::size_t index = 0; index < profile.generations.size(); ++index) {
      if (old_generations && profile.current != index)
        profile.generations[index] = test::store_path("deleted");
      held.insert(profile.generations[index]);
    }
  }
  if (run_.current_system) held.insert(*run_.current_system);
  if (on_disk.boot_system) held.insert(*on_disk.boot_system);
  std::erase_if(disk_.store, [&](const auto& entry) { return !held.contains(entry.first); });
  std::erase_if(disk_.contents, [&](const auto& entry) { return !held.contains(entry.first); });
}

std::string Site::named(Kind kind) const {
  const auto found = disk_.profiles.find(link_of(kind));
  if (found == disk_.profiles.end() || !found->second.current) return "";
  return found->second.generations[*found->second.current].name();
}

std::string Site::boots(Kind kind) const {
  // Of a boot loader that still is to start something once, that is what a boot brings up: told as such.
  if (kind == Kind::nixos && on_disk.once) return on_disk.once->name() + ", once";
  if (kind == Kind::nixos) return on_disk.boot_system ? on_disk.boot_system->name() : "";
  if (kind == Kind::script) return on_disk.script_state;
  const auto found = disk_.committed.find(profile_of(kind));
  return found == disk_.committed.end() ? "" : found->second.closure.name();
}

std::string Site::runs(Kind kind, const ModelSystemd& systemd) const {
  if (kind == Kind::script) return on_disk.script_state;
  if (kind == Kind::nixos) {
    const auto current = run_.current_system ? run_.current_system->name() : "";
    const auto* web = systemd.find(unit("nixweb.service"));
    if (web == nullptr || web->process.empty() || web->process.substr(0, web->process.find('\n')) == current)
      return current;
    return current + " with processes of " + web->process;
  }
  std::string loaded;
  std::string processes;
  for (const auto& name : {"web.service", "worker.service", "old.service", "new.service"}) {
    const auto* found = systemd.find(unit(name));
    if (found == nullptr) continue;
    loaded += found->text;
    processes += found->process.empty() ? found->text : found->process;
  }
  for (const auto& [closure, entries] : entries_) {
    std::string text;
    for (const auto& name : {"web.service", "worker.service", "old.service", "new.service"}) {
      const auto entry = std::find_if(entries.begin(), entries.end(),
                                      [&](const auto& candidate) { return candidate.path == name; });
      if (entry != entries.end()) text += entry->text;
    }
    if (kind != Kind::units || text.empty() || !closure.starts_with(stem(kind))) continue;
    if (text == loaded && text == processes) return closure;
    if (text == loaded) return closure + " with processes of another";
  }
  return loaded.empty() && processes.empty() ? "" : "a mixture";
}

std::vector<UnitName> Site::units_of(Kind kind, const std::string& closure) const {
  if (kind == Kind::nixos) return {unit("nixweb.service")};
  std::vector<UnitName> units;
  const auto found = entries_.find(closure);
  if (found == entries_.end()) return units;
  for (const auto& entry : found->second) units.push_back(unit(entry.path));
  return units;
}

std::map<std::uint64_t, std::string> Site::generations(Kind kind) const {
  std::map<std::uint64_t, std::string> numbered;
  const auto found = disk_.profiles.find(link_of(kind));
  if (found == disk_.profiles.end()) return numbered;
  for (std::size_t index = 0; index < found->second.generations.size(); ++index)
    numbered.emplace(index + 1, found->second.generations[index].name());
  return numbered;
}

}  // namespace switchback::simulation
