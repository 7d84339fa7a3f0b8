// SPDX-License-Identifier: MIT
#include "cli/manifest/run_nix.hpp"

#include "cli/text.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace switchback {
namespace {

constexpr std::size_t kMostOutput = 256UL * 1024 * 1024;

/// Reads until the program closes its output, the deadline passes or somebody interrupts.
std::string read_all(int fd, Clock::time_point deadline, const Waker& waker) {
  std::string text;
  std::array<char, 65'536> buffer{};
  while (text.size() < kMostOutput) {
    std::array<pollfd, 2> sources{{{fd, POLLIN, 0}, {waker.fd(), POLLIN, 0}}};
    const int ready = poll(sources.data(), sources.size(), poll_timeout(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || sources[1].revents != 0) break;
    const auto count = read(fd, buffer.data(), buffer.size());
    if (count == 0 || (count < 0 && errno != EINTR)) break;
    if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

std::string shown(const Words& words) {
  for (const auto& word : words) {
    if (word == "eval" || word == "build" || word == "check" || word == "copy" || word == "sign")
      return "nix " + word;
  }
  return words.front();
}

}  // namespace

Result<NixAnswer> run_nix(const Words& words, const NixRun& run, const Interrupt& interrupt) {
  if (interrupt.count() > 0) return fail(Errc::refused, "interrupted; nothing has changed");
  auto nix = Process::spawn(
      words, {.pipe_output = run.read_output, .error = Stderr::ours, .environment = run.environment});
  if (!nix) {
    return fail(Errc::refused,
                nix.error().message + "; nix is what evaluates and builds, it must be in PATH");
  }
  const auto deadline = Clock::now() + run.limit;
  NixAnswer answer;
  if (run.read_output) {
    const auto output = nix->take_output();
    answer.output = read_all(output.get(), deadline, interrupt.waker());
  }
  const auto status = nix->wait(deadline, &interrupt.waker());
  if (interrupt.count() > 0) return fail(Errc::refused, "interrupted; nothing has changed");
  if (!status) {
    return fail(Errc::refused, shown(words) + " did not end within " +
                                   duration_text(std::chrono::milliseconds(run.limit)) +
                                   "; it was stopped, nothing has changed");
  }
  answer.status = *status;
  return answer;
}

}  // namespace switchback
