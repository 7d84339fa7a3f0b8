// SPDX-License-Identifier: MIT
#include "activator/adapters/host_prober.hpp"

#include "activator/adapters/systemd_names.hpp"
#include "activator/adapters/unit_properties.hpp"
#include "activator/probe/probe_exit.hpp"
#include "activator/protocol/activation_id.hpp"

#include <nlohmann/json.hpp>
#include <pwd.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace switchback {
namespace {

constexpr std::size_t kMostAtOnce = 16;  // more wait for their turn
// From a program's deadline until systemd has ended all of it, and its last words are in the journal.
constexpr std::chrono::seconds kAfterDeadline{5};

CheckTry passed(std::string reason, std::string output = "") {
  return {CheckAnswer::passed, std::move(reason), std::move(output)};
}
CheckTry missed(std::string reason, std::string output = "") {
  return {CheckAnswer::missed, std::move(reason), std::move(output)};
}
CheckTry impossible(std::string reason) { return {CheckAnswer::impossible, std::move(reason), ""}; }

std::string seconds_text(std::chrono::milliseconds duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", static_cast<double>(duration.count()) / 1000.0);
  return text;
}

CheckTry too_late(std::chrono::milliseconds timeout, std::string output = "") {
  return missed("did not answer within " + seconds_text(timeout), std::move(output));
}

/// The end of `text`, from the beginning of a character.
std::string last_part(const std::string& text) {
  if (text.size() <= kMaxCheckOutputBytes) return text;
  auto begin = text.size() - kMaxCheckOutputBytes;
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) ++begin;
  return text.substr(begin);
}

/// What both kinds of program have in common; nullopt: it ran to an end of its own.
std::optional<CheckTry> without_exit(const TransientResult& result, std::chrono::milliseconds timeout) {
  switch (result.end) {
    case TransientEnd::exited:
      return std::nullopt;
    case TransientEnd::timed_out:
      return too_late(timeout, last_part(result.output));
    case TransientEnd::not_started:
      return impossible(result.describe());
    default:
      return missed(result.describe(), last_part(result.output));
  }
}

CheckTry judge_program(const TransientResult& result, std::chrono::milliseconds timeout) {
  if (auto answer = without_exit(result, timeout)) return std::move(*answer);
  auto output = last_part(result.output);
  if (result.status == 0) return passed("exit status 0", std::move(output));
  return missed("exit status " + std::to_string(result.status), std::move(output));
}

/// The probe says how it went in its first line.
CheckTry judge_probe(const TransientResult& result, std::chrono::milliseconds timeout) {
  if (auto answer = without_exit(result, timeout)) return std::move(*answer);
  const auto end = std::min(result.output.find('\n'), result.output.size());
  auto reason = result.output.substr(0, end);
  auto output = result.output.substr(std::min(end + 1, result.output.size()));
  if (reason.empty()) reason = "the probe ended with " + result.describe();
  if (result.status == static_cast<int>(ProbeExit::passed)) return passed(reason, last_part(output));
  if (result.status == static_cast<int>(ProbeExit::impossible)) return impossible(reason);
  return missed(reason, last_part(output));
}

Status check_program(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail(Errc::refused, path + ": " + errno_text(errno));
  if (!S_ISREG(info.st_mode)) return fail(Errc::refused, path + " is no program");
  if (::access(path.c_str(), X_OK) != 0) return fail(Errc::refused, path + " is not executable");
  return {};
}

bool user_exists(const std::string& user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  return ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
}

/// Source: D-Bus specification, «Bus names».
bool is_bus_name(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  const bool dotted = name.find('.') != std::string::npos && name.find("..") == std::string::npos &&
                      !name.starts_with('.') && !name.ends_with('.');
  return plain && dotted && name.size() <= 255;
}

}  // namespace

struct HostProber::Try {
  CheckQuery query;
  std::function<void(CheckTry)> done;  // empty: the answer is known, or nobody waits for it any more
  std::string unit{};                  // that runs for it
  std::unique_ptr<Timer> limit{};
  bool begun = false;
  bool wanted = true;  // its token lives
};

class HostProber::Token : public Asking {
 public:
  Token(HostProber& prober, std::shared_ptr<Try> attempt)
      : prober_(prober), alive_(prober.alive_), attempt_(std::move(attempt)) {}
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;
  ~Token() override {
    attempt_->wanted = false;
    attempt_->done = nullptr;
    if (!alive_.expired()) prober_.end(*attempt_);
  }

 private:
  HostProber& prober_;
  std::weak_ptr<int> alive_;
  std::shared_ptr<Try> attempt_;
};

HostProber::HostProber(Bus& bus, EventLoop& loop, UnitManager& units, TransientRunner& runner,
                       std::string probe)
    : bus_(bus),
      loop_(loop),
      units_(units),
      runner_(runner),
      probe_(std::move(probe)),
      units_begin_with_(kCheckUnits + ActivationId::random().text() + "-") {}

HostProber::~HostProber() = default;

Status HostProber::can_ask(const CheckPolicy& policy) {
  if (const auto* exec = std::get_if<ExecCheck>(&policy.question)) {
    if (!exec->user.empty() && !user_exists(exec->user))
      return fail(Errc::refused, "there is no user " + exec->user);
    return check_program(exec->command.front());
  }
  if (const auto* unit = std::get_if<UnitCheck>(&policy.question)) {
    const auto name = UnitName::parse(unit->unit);
    if (!name) return fail(Errc::refused, name.error().message);
    if (name->is_template()) return fail(Errc::refused, unit->unit + " is a template, which never runs");
    return {};
  }
  if (const auto* name = std::get_if<DbusNameCheck>(&policy.question)) {
    if (!is_bus_name(name->name)) return fail(Errc::refused, "«" + name->name + "» is no name on a bus");
    return {};
  }
  return check_program(probe_);
}

std::unique_ptr<Asking> HostProber::ask(CheckQuery query, std::function<void(CheckTry)> done) {
  auto attempt = std::make_shared<Try>(Try{std::move(query), std::move(done)});
  waiting_.push_back(attempt);
  loop_.post([this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) pump();
  });
  return std::make_unique<Token>(*this, std::move(attempt));
}

void HostProber::pump() {
  while (under_way_ < kMostAtOnce && !waiting_.empty()) {
    const auto attempt = waiting_.front().lock();
    waiting_.pop_front();
    if (!attempt || !attempt->done) continue;
    ++under_way_;
    attempt->begun = true;
    begin(attempt);
  }
}

void HostProber::begin(const std::shared_ptr<Try>& attempt) {
  const auto timeout = attempt->query.policy.timeout;
  std::visit([&](const auto& question) { begin(attempt, question); }, attempt->query.policy.question);
  // What runs as a unit is ended at its deadline by its runner, and answers with what it said.
  const auto limit = attempt->unit.empty() ? timeout : timeout + kAfterDeadline;
  if (!attempt->done) return;
  attempt->limit = loop_.arm(limit, [this, weak = std::weak_ptr(attempt), timeout] {
    if (const auto late = weak.lock()) answer(late, too_late(timeout));
  });
}

void HostProber::begin(const std::shared_ptr<Try>& attempt, const ExecCheck& check) {
  run(attempt, check.command, check.user, judge_program);
}

void HostProber::begin(const std::shared_ptr<Try>& attempt, const HttpCheck& /*check*/) { probe(attempt); }

void HostProber::begin(const std::shared_ptr<Try>& attempt, const TcpCheck& /*check*/) { probe(attempt); }

/// The activator itself has no network, and links nothing that speaks to one.
void HostProber::probe(const std::shared_ptr<Try>& attempt) {
  const auto question = to_json(Checks{{"probe", attempt->query.policy}});
  run(attempt, {probe_, question.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)}, "",
      judge_probe);
}

void HostProber::run(const std::shared_ptr<Try>& attempt, std::vector<std::string> argv,
                     const std::string& user, Judge judge) {
  TransientCommand command;
  command.argv = std::move(argv);
  command.user = user;
  command.environment["PATH"] = kProgramPath;
  command.description = "Switchback's check " + attempt->query.name;
  command.activation = attempt->query.activation;
  // A name of its own each time: what is left of one try must not be in the way of the next.
  command.unit = units_begin_with_ + std::to_string(++last_unit_) + ".service";
  command.deadline = attempt->query.policy.timeout;
  command.confined = true;
  attempt->unit = command.unit;
  const auto timeout = attempt->query.policy.timeout;
  runner_.run(std::move(command), nullptr,
              [this, alive = std::weak_ptr<int>(alive_), weak = std::weak_ptr(attempt), judge,
               timeout](const TransientResult& result) {
                const auto waiting = weak.lock();
                if (alive.expired() || !waiting) return;
                waiting->unit.clear();  // nothing is left to be ended
                answer(waiting, judge(result, timeout));
              });
}

void HostProber::begin(const std::shared_ptr<Try>& attempt, const UnitCheck& check) {
  const auto unit = UnitName::parse(check.unit);
  if (!unit) return answer(attempt, impossible(unit.error().message));
  units_.read({*unit}, [this, alive = std::weak_ptr<int>(alive_), weak = std::weak_ptr(attempt), unit = *unit,
                        state = check.state](Result<Snapshot> read) {
    const auto waiting = weak.lock();
    if (alive.expired() || !waiting) return;
    if (!read) return answer(waiting, missed(read.error().message));
    const auto found = read->find(unit);
    const auto now = found == read->end() ? UnitSnapshot{} : found->second;
    const bool there = now.load != "not-found" || now.active != "inactive";
    auto reason =
        there ? unit.text() + " is " + now.active + " (" + now.sub + ")" : unit.text() + " is not there";
    if (now.active == state && there) return answer(waiting, passed(std::move(reason)));
    answer(waiting, missed(std::move(reason) + ", not " + state));
  });
}

void HostProber::begin(const std::shared_ptr<Try>& attempt, const DbusNameCheck& check) {
  BusCall call{"org.freedesktop.DBus",
               "/org/freedesktop/DBus",
               "org.freedesktop.DBus",
               "NameHasOwner",
               attempt->query.policy.timeout,
               true,
               {}};
  bus_.call<bool>(
      std::move(call),
      [this, alive = std::weak_ptr<int>(alive_), weak = std::weak_ptr(attempt),
       name = check.name](const BusResult<std::tuple<bool>>& reply) {
        const auto waiting = weak.lock();
        if (alive.expired() || !waiting) return;
        if (!reply) return answer(waiting, missed("the system bus did not answer: " + reply.error().message));
        if (std::get<0>(*reply)) return answer(waiting, passed(name + " is owned"));
        answer(waiting, missed("nobody owns " + name + " on the system bus"));
      },
      check.name);
}

void HostProber::answer(const std::shared_ptr<Try>& attempt, CheckTry given) {
  auto done = std::exchange(attempt->done, nullptr);
  if (!done) return;
  // Not from within a call that still looks at the try.
  loop_.post([attempt, done = std::move(done), given = std::move(given)] {
    if (attempt->wanted) done(given);
  });
  end(*attempt);
}

void HostProber::end(Try& attempt) {
  attempt.limit.reset();
  if (!attempt.unit.empty()) runner_.cancel(std::exchange(attempt.unit, {}));
  if (std::exchange(attempt.begun, false)) {
    --under_way_;
    pump();
  }
}

void HostProber::abandon() {
  bus_.call<std::vector<ListedUnit>>(
      manager_call("ListUnitsByPatterns", true),
      [this,
       alive = std::weak_ptr<int>(alive_)](const BusResult<std::tuple<std::vector<ListedUnit>>>& reply) {
        if (alive.expired() || !reply) return;
        for (const auto& listed : std::get<0>(*reply)) {
          const auto unit = listed.get<0>();
          if (!unit.starts_with(kCheckUnits) || unit.starts_with(units_begin_with_)) continue;
          spdlog::info("ending {}, which an activator before this one left", unit);
          runner_.abandon(unit, [](const Status&) {});
        }
      },
      std::vector<std::string>(), std::vector<std::string>{std::string(kCheckUnits) + "*.service"});
}

}  // namespace switchback
