// SPDX-License-Identifier: MIT
#include "cli/pusher_checks.hpp"

#include "activator/protocol/seconds.hpp"
#include "cli/process.hpp"
#include "cli/text.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace switchback {
namespace {

constexpr std::size_t kOutputBytes = 4096;
constexpr std::size_t kLineColumns = 300;
constexpr std::chrono::milliseconds kLook{50};  // for the end of a program whose children keep its output

/// How one try went.
struct Tried {
  bool passed = false;
  std::string output;  // that in one line, and what the program said
  bool late = false;   // it had to be ended
};

std::string how_it_ended(int status) {
  if (status > 128) return "was ended by signal " + std::to_string(status - 128);
  return "exited with status " + std::to_string(status);
}

/// Reads once, for a moment at most. False when there is nothing more to come.
bool read_some(const Fd& output, Clock::time_point until, const Waker& stop, std::string& tail) {
  std::array<pollfd, 2> watched{{{output.get(), POLLIN, 0}, {stop.fd(), POLLIN, 0}}};
  poll(watched.data(), watched.size(), poll_timeout(until));
  if (watched[0].revents == 0) return true;
  std::array<char, 65'536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() writes it
  const auto count = read(output.get(), buffer.data(), buffer.size());
  if (count <= 0) return count < 0 && errno == EINTR;
  tail.append(buffer.data(), static_cast<std::size_t>(count));
  if (tail.size() > kOutputBytes) tail.erase(0, tail.size() - kOutputBytes);
  return true;
}

bool is_woken(const Waker& waker) {
  pollfd watched{waker.fd(), POLLIN, 0};
  return poll(&watched, 1, 0) > 0;
}

/// Once `stop` is woken it ends, and what it returns means nothing.
Tried try_once(const std::vector<std::string>& command, const SpawnOptions& options,
               std::chrono::milliseconds limit, const Waker& stop) {
  const auto deadline = Clock::now() + limit;
  auto process = Process::spawn(command, options);
  if (!process) return {false, process.error().message};
  const auto output = process->take_output();
  std::string tail;
  std::optional<int> status;
  bool open = true;
  while (!status && Clock::now() < deadline && !is_woken(stop)) {
    if (open) open = read_some(output, std::min(deadline, Clock::now() + kLook), stop, tail);
    status = process->wait(open ? Clock::now() : deadline, &stop);
  }
  if (status && open) read_some(output, Clock::now(), stop, tail);
  process->kill();
  const auto how = status ? how_it_ended(*status) : "did not end within " + duration_text(limit);
  return {status == 0, how + (tail.empty() ? "" : "\n" + tail), !status};
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// «check smoke from the pusher's side exited with status 1: no such user».
std::string sentence(const CheckEvent& event) {
  const auto said = event.output.find('\n');
  const auto last = said == std::string::npos ? "" : last_line(event.output.substr(said + 1));
  return "check " + event.name + " from the pusher's side " + first_line(event.output) +
         (last.empty() ? "" : ": " + cut(printable(last), kLineColumns));
}

const ExecCheck& exec_of(const CheckPolicy& check) { return std::get<ExecCheck>(check.question); }

std::string seconds_words(std::chrono::milliseconds duration) { return to_seconds(duration).dump() + " s"; }

}  // namespace

Checks checks_of_side(const GatePolicy& gate, CheckSide side) {
  auto checks = gate.checks;
  std::erase_if(checks, [&](const auto& entry) { return entry.second.side != side; });
  return checks;
}

Status check_confirmable(const ActivateRequest& request) {
  for (const auto& [name, check] : checks_of_side(request.gate, CheckSide::pusher)) {
    const auto where = "gate.checks." + name + ": ";
    if (request.confirm != ConfirmMode::automatic) {
      return fail(Errc::invalid_request,
                  where +
                      "a check from the pusher's side is made before the pusher confirms: it needs "
                      "confirm = \"auto\", not \"" +
                      std::string(text(request.confirm)) + "\"");
    }
    if (!check.required || check.longest() + kForConfirm <= request.confirm_timeout) continue;
    return fail(Errc::invalid_request,
                where + "may take " + seconds_words(check.longest()) + ", and the confirm after it " +
                    seconds_words(kForConfirm) + ", longer than confirmTimeout (" +
                    seconds_words(request.confirm_timeout) +
                    "): give it less timeout, interval or successes, or a longer confirmTimeout");
  }
  return {};
}

PusherChecks::PusherChecks(const Checks& checks, const std::map<std::string, std::string>& environment,
                           Clock::time_point deadline, const Waker& changed)
    : environment_(environment), deadline_(deadline), changed_(changed), running_(checks.size()) {
  for (const auto& [name, check] : checks) {
    threads_.emplace_back([this, name = name, check = check] { run(name, check); });
  }
}

PusherChecks::~PusherChecks() {
  stopping_ = true;
  stop_.wake();
  for (auto& thread : threads_) thread.join();
}

PusherChecks::News PusherChecks::take_news() {
  const std::lock_guard lock(mutex_);
  news_.ended = running_ == 0;
  return std::exchange(news_, {});
}

void PusherChecks::tell(CheckEvent event) {
  const std::lock_guard lock(mutex_);
  news_.events.push_back(std::move(event));
  changed_.wake();
}

void PusherChecks::end(CheckEvent event, bool required) {
  const std::lock_guard lock(mutex_);
  if (event.state == CheckState::failed) (required ? news_.failed : news_.doubts).push_back(sentence(event));
  news_.events.push_back(std::move(event));
  --running_;
  changed_.wake();
}

void PusherChecks::run(const std::string& name, const CheckPolicy& check) {
  const SpawnOptions options{
      .pipe_output = true, .error = Stderr::with_output, .own_group = true, .environment = environment_};
  int passed = 0;
  int missed = 0;
  std::string said;  // by the last try
  while (!stopping_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
    const auto limit = std::clamp(left, std::chrono::milliseconds(1), check.timeout);
    const auto tried = try_once(exec_of(check).command, options, limit, stop_);
    if (stopping_) return;
    // One that was not given its whole time tells nothing.
    if (said.empty() || !tried.late || limit == check.timeout) said = tried.output;
    passed = tried.passed ? passed + 1 : 0;
    missed = tried.passed ? 0 : missed + 1;
    if (passed >= check.successes) return end({name, CheckState::passed, ""}, check.required);
    const auto next = Clock::now() + check.interval;
    if (next >= deadline_ || (!check.required && missed >= check.failures)) {
      const auto how =
          tried.passed ? "passed, but not " + std::to_string(check.successes) + " times in a row" : said;
      return end({name, CheckState::failed, how}, check.required);
    }
    if (missed == 1) tell({name, CheckState::pending, said});
    stop_.sleep_until(next);
  }
}

}  // namespace switchback
