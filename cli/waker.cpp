// SPDX-License-Identifier: MIT
#include "cli/waker.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace switchback {

Waker::Waker() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("cannot make a pipe");
  reading_ = Fd(ends[0]);
  writing_ = Fd(ends[1]);
  for (const int end : ends) {
    fcntl(end, F_SETFD, FD_CLOEXEC);
    fcntl(end, F_SETFL, O_NONBLOCK);
  }
}

void Waker::wake() const {
  const int error_before = errno;                                      // a signal handler must not change it
  [[maybe_unused]] const auto written = write(writing_.get(), "", 1);  // a full pipe wakes as well
  errno = error_before;
}

void Waker::clear() const {
  std::array<char, 64> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): only thrown away
  while (read(reading_.get(), bytes.data(), bytes.size()) > 0) {
  }
}

void Waker::sleep_until(Clock::time_point deadline) const {
  pollfd watched{reading_.get(), POLLIN, 0};
  while (Clock::now() < deadline) {
    if (poll(&watched, 1, poll_timeout(deadline)) > 0) return;
  }
}

int poll_timeout(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 3'600'000));
}

}  // namespace switchback
