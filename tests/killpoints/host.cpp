// SPDX-License-Identifier: MIT
#include "tests/killpoints/host.hpp"

#include "activator/adapters/durable_file.hpp"
#include "activator/adapters/file_record_store.hpp"
#include "activator/adapters/file_unit_copies.hpp"
#include "activator/generator/generate.hpp"
#include "activator/generator/unit_directory.hpp"
#include "tests/killpoints/life.hpp"
#include "tests/killpoints/messages.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace switchback::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::chrono::milliseconds kRestartAfter{200};  // RestartSec= of the activator's service
constexpr int kMostLives = 8;

const std::string kNothing = "nothing";

std::string closure_name(const std::string& path) {
  const auto parsed = StorePath::parse(path);
  return parsed ? parsed->name() : path;
}

void write_text(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void set_link(const std::string& path, const std::string& target) {
  fs::create_directories(fs::path(path).parent_path());
  fs::remove(path);
  fs::create_symlink(target, path);
}

/// What the generator makes of the copies in `places`.
std::vector<UnitDirEntry> generated(const CopyPlaces& places, const std::string& into) {
  fs::remove_all(into);
  fs::create_directories(into);
  generate(places, into, [](const std::string&) {});
  auto entries = read_unit_directory(into);
  if (!entries) throw std::runtime_error(entries.error().message);
  return std::move(*entries);
}

std::vector<UnitName> names_in(const json& list) {
  std::vector<UnitName> units;
  for (const auto& name : list) units.push_back(*UnitName::parse(name.get<std::string>()));
  return units;
}

}  // namespace

KeptHost::KeptHost(const Scenario& scenario, std::string root, std::string programs, Plan* plan)
    : scenario_(scenario),
      root_(std::move(root)),
      programs_(std::move(programs)),
      plan_(plan),
      profiles_(loop_, NixPlaces{}) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // what the activator leaves behind becomes ours
  profile_ = *profiles_.locate(profile_of(scenario), "root");
  install();
  if (scenario_.locked) {
    lock_.reset(::open((profile_.path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) < 0) throw std::runtime_error("cannot lock the profile");
  }
  boot();
}

CopyPlaces KeptHost::copies() const {
  return {root_ + "/etc/switchback/profiles", root_ + "/run/switchback"};
}

/// The files of a host that has committed «before».
void KeptHost::install() {
  for (const auto& entry : fs::directory_iterator(root_)) fs::remove_all(entry.path());
  fs::remove_all("/nix/var");
  for (const auto* directory : {"/etc/systemd/system-generators", "/run", "/var/lib"})
    fs::create_directories(root_ + directory);
  // No systemd runs here; it is looked for alone.
  fs::create_symlink("/bin/true", root_ + "/etc/systemd/system-generators/switchback-generator");
  const auto& before = scenario_.before;
  if (before.empty()) return;
  set_link(profile_.path + "-1-link", closure_path(before).text());
  set_link(profile_.path, fs::path(profile_.path).filename().string() + "-1-link");
  if (scenario_.kind == Kind::nixos) write_text(root_ + "/boot/entry", closure_path(before).text());
  if (scenario_.kind == Kind::script) write_text(root_ + "/var/app", before);
  if (scenario_.kind != Kind::units) return;
  FileUnitCopies committed(copies());
  const auto entries = committed.of_closure(closure_path(before));
  if (!committed.commit(profile_of(scenario_), closure_path(before), *entries))
    throw std::runtime_error("no copies");
}

/// The kernel, the boot loader and systemd start; nothing is in /run.
void KeptHost::boot() {
  fs::remove_all(root_ + "/run");
  fs::create_directories(root_ + "/run");
  write_text(root_ + "/boot_id", "boot-" + std::to_string(++boots_));
  time_.forget_everything();
  program_.reset();
  systemd_ = std::make_unique<FakeSystemd>(time_, disk_, run_);
  systemd_->add_foreign("ssh.service", "/usr/lib/systemd/system/ssh.service");
  if (scenario_.kind == Kind::nixos) {
    const auto entry = read_text(root_ + "/boot/entry");
    set_link(root_ + "/run/current-system", entry);
    systemd_->add_foreign("web.service", "/etc/systemd/system/web.service");
    systemd_->set_invocation("web.service", closure_name(entry));
  }
  generate_units();
  systemd_->boot();
}

void KeptHost::generate_units() {
  disk_.committed.insert_or_assign(
      *ProfileName::parse("all"), Copies{closure_path("all"), generated(copies(), root_ + "/run/generated")});
}

Course KeptHost::deploy(bool slow_programs) {
  Course course;
  program_takes_ms_ = slow_programs ? 1000 : 50;
  const auto began = time_.boottime_ms();
  bool left = true;
  while (left && course.lives < kMostLives) {
    const bool struck = plan_->has_struck;
    const bool died = plan_->has_died;
    const int status = keep(course.lives == 0, course);
    ++course.lives;
    course.stuck = course.stuck || (WIFEXITED(status) && WEXITSTATUS(status) == kStuck);
    if (WIFSIGNALED(status)) {
      course.stuck = course.stuck || WTERMSIG(status) != SIGKILL;
      const bool down = died == plan_->has_died
                            ? !struck && plan_->has_struck && plan_->fault == Fault::kill_reboot
                            : scenario_.reboots_first;
      if (down) {
        course.rebooted = true;
        boot();
      }
      time_.pass(kRestartAfter);
      continue;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS) break;
    // It ends itself when it can do nothing; whoever asks it something next starts it again.
    left = fs::exists(root_ + "/var/lib/switchback/running.json");
    if (left) course.ran.push_back(runs());
  }
  course.undecided = left;
  course.took_ms = time_.boottime_ms() - began;
  return course;
}

/// One life of the activator; how its process ended.
int KeptHost::keep(bool first, Course& course) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    throw std::runtime_error("no socket pair");
  const auto child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    live(scenario_, {root_, programs_, ends[1], time_.boottime_ms(), first}, plan_);
  }
  ::close(ends[1]);
  serve(ends[0], course);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  kill_processes();
  return status;
}

/// As systemd ends what is left of a service: KillMode=mixed.
void KeptHost::kill_processes() const {
  const auto list = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
  std::ifstream children(list);
  for (pid_t pid = 0; children >> pid;) {
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

void KeptHost::serve(int socket, Course& course) {
  while (const auto message = receive_message(socket)) {
    const auto ahead = message->at("now").get<std::int64_t>() - time_.boottime_ms();
    if (ahead > 0) time_.pass(std::chrono::milliseconds{ahead});
    auto reply = answer(*message, course);
    reply["now"] = time_.boottime_ms();
    send_message(socket, reply);
  }
}

json KeptHost::answer(const json& message, Course& course) {
  const auto what = message.at("what").get<std::string>();
  if (what == "await") {
    if (!time_.run_until([this] { return pending_.has_value(); }))
      throw std::runtime_error("systemd does not answer");
    auto reply = *std::exchange(pending_, std::nullopt);
    if (reply.contains("exit")) program_.reset();  // its unit is cleared away
    return reply;
  }
  if (what == "not begun") {
    course.not_begun = message.at("problem");
  } else if (what == "confirming") {
    course.confirm_sent = true;
  } else if (what == "confirm answered") {
    course.answered_committed = course.answered_committed || message.at("committed").get<bool>();
  } else {
    begin(message);
  }
  return json::object();
}

/// What systemd is asked to do; its answer comes later.
void KeptHost::begin(const json& message) {
  pending_.reset();
  const auto what = message.at("what").get<std::string>();
  const auto snapshot = [this](const Result<Snapshot>& units) {
    pending_ = json{{"units", whole_json(*units)}};
  };
  const auto done = [this](const Status&) { pending_ = json::object(); };
  if (what == "list") return systemd_->list(snapshot);
  if (what == "run") return run_program(message.at("argv"));
  if (what == "reload") {
    generate_units();
    return systemd_->reload(done);
  }
  if (what == "abandon") {
    if (program_) *program_ = false;
    program_.reset();
    return done({});
  }
  const auto units = names_in(message.at("units"));
  if (what == "read") return systemd_->read({units.begin(), units.end()}, snapshot);
  if (what == "reset") return systemd_->reset_failed(units, done);
  if (what == "cancel") return systemd_->cancel_all_jobs({units.begin(), units.end()}, done);
  systemd_->run_jobs(static_cast<JobVerb>(message.at("verb").get<int>()), units,
                     std::chrono::milliseconds{message.at("deadline").get<std::int64_t>()},
                     [this](const Result<std::vector<JobResult>>& results) {
                       if (!results) {
                         pending_ = json{{"error", results.error().message}};
                         return;
                       }
                       json jobs = json::array();
                       for (const auto& job : *results)
                         jobs.push_back({job.unit.text(), job.result, job.error});
                       pending_ = json{{"jobs", std::move(jobs)}};
                     });
}

/// In a unit of its own: it runs on when the activator dies. Half of what it does is done at once, the rest
/// when it ends.
void KeptHost::run_program(const std::vector<std::string>& argv) {
  if (program_) {  // its unit is there as long as nobody clears it away, also when it has ended
    pending_ = json{{"problem", "systemd has a unit of that name already"}};
    return;
  }
  program_ = std::make_shared<bool>(true);
  const auto path = fs::canonical(argv.front()).string();
  const auto name = closure_name(path.substr(0, path.find('/', std::string("/nix/store/").size())));
  const auto verb = argv.size() > 1 ? argv[1] : "activate";
  const auto found = scenario_.exits.find(name + " " + verb);
  const int exit = found == scenario_.exits.end() ? 0 : found->second;
  if (verb == "test") {
    systemd_->set_active("web.service", "inactive");
  } else if (verb == "activate") {
    write_text(root_ + "/var/app", "half of " + name);
  }
  time_.put(std::chrono::milliseconds{program_takes_ms_}, [this, alive = program_, name, verb, exit] {
    if (!*alive) return;
    end_program({name, verb}, exit);
    pending_ = json{{"exit", exit}};
  });
}

void KeptHost::end_program(const std::vector<std::string>& what, int exit) {
  const auto& name = what[0];
  if (exit != 0) return;
  if (what[1] == "test") {
    set_link(root_ + "/run/current-system", closure_path(name).text());
    systemd_->set_active("web.service", "active");
    systemd_->set_invocation("web.service", name);
  } else if (what[1] == "boot") {
    write_text(root_ + "/boot/entry", closure_path(name).text());
  } else {
    write_text(root_ + "/var/app", name);
  }
}

std::string KeptHost::closure_of_units(const std::map<std::string, std::string>& definitions) const {
  if (definitions.empty()) return kNothing;
  for (const auto& name : closures_of(Kind::units)) {
    if (units_of(name) == definitions) return name;
  }
  std::string mixture = "a mixture of";
  for (const auto& [unit, text] : definitions) mixture += " " + unit;
  return mixture;
}

std::string KeptHost::runs() {
  if (scenario_.kind == Kind::script) return read_text(root_ + "/var/app");
  if (scenario_.kind == Kind::nixos) {
    const auto name = closure_name(fs::read_symlink(root_ + "/run/current-system").string());
    const bool whole = systemd_->active_state("web.service") == "active";
    return whole ? name : name + " without web.service";
  }
  std::map<std::string, std::string> definitions;
  for (const auto* unit : {"web.service", "db.service", "cache.service", "keep.service"}) {
    const auto text = systemd_->definition(unit);
    const auto active = systemd_->active_state(unit);
    if (text.empty() != (active == "inactive")) return std::string(unit) + " is " + active;
    if (!text.empty()) definitions.emplace(unit, text);
  }
  return closure_of_units(definitions);
}

std::string KeptHost::profile() {
  const auto current = profiles_.current(profile_);
  if (!current) return current.error().message;
  return *current ? (*current)->closure.name() : kNothing;
}

std::string KeptHost::boots() {
  if (scenario_.kind == Kind::script) return profile();
  if (scenario_.kind == Kind::nixos) return closure_name(read_text(root_ + "/boot/entry"));
  std::map<std::string, std::string> definitions;
  const CopyPlaces without_run{copies().etc, root_ + "/nowhere"};
  for (const auto& [unit, text] :
       UnitSet::from_entries(generated(without_run, root_ + "/generated"), nullptr).fragments)
    definitions.emplace(unit.text(), text);
  return closure_of_units(definitions);
}

std::map<std::uint64_t, std::string> KeptHost::generations() {
  std::map<std::uint64_t, std::string> found;
  const auto all = profiles_.generations(profile_);
  for (const auto& [number, closure] : all.value()) found.emplace(number, closure.name());
  return found;
}

std::vector<std::string> KeptHost::leftovers() const {
  std::vector<std::string> left;
  const auto look = [&](const std::string& below) {
    std::error_code error;
    for (fs::recursive_directory_iterator entry(below, error), end; !error && entry != end;
         entry.increment(error)) {
      const auto path = entry->path().string();
      for (const auto* sign : {".tmp", ".partial", ".new-", "/running.", "/trial/", "/staged/",
                               "/gcroots/switchback/", "service.d/", "/activator-pinned"}) {
        // The next boot token is written over what is left of this one.
        if (path.ends_with("/boot-token.partial")) continue;
        if (path.find(sign) != std::string::npos && !entry->is_directory()) left.push_back(path);
      }
    }
  };
  look(root_);
  look("/nix/var");
  return left;
}

std::string KeptHost::history() const {
  FileRecordStore records(root_ + "/var/lib/switchback");
  const auto documents = records.history(1);
  return documents.empty() ? "" : documents.front();
}

}  // namespace switchback::test
