// SPDX-License-Identifier: MIT
#include "activator/adapters/journal_sync.hpp"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

namespace switchback {
namespace {

constexpr std::string_view kSocket = "/run/systemd/journal/io.systemd.journal";
constexpr char kRequest[] = R"({"method":"io.systemd.Journal.Synchronize"})";  // sent with its NUL
constexpr std::chrono::seconds kAnswerWithin{1};

}  // namespace

JournalSync::JournalSync(EventLoop& loop, std::function<void()> done) : done_(std::move(done)) {
  auto asked = ask(loop);
  if (!asked) spdlog::debug("the journal is read as it is: {}", asked.error().message);
  timer_ = loop.arm(asked ? std::chrono::milliseconds(kAnswerWithin) : std::chrono::milliseconds(0),
                    [this] { finish(); });
}

Status JournalSync::ask(EventLoop& loop) {
  fd_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(kSocket.begin(), kSocket.end(), address.sun_path);
  if (!fd_.valid() || ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return fail(Errc::unavailable, "journald cannot be reached: " + errno_text(errno));
  if (::send(fd_.get(), kRequest, sizeof kRequest, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof kRequest))
    return fail(Errc::unavailable, "journald takes no request: " + errno_text(errno));
  source_ = loop.add_io(fd_.get(), EPOLLIN, [this](std::uint32_t) { ready(); });
  return {};
}

void JournalSync::ready() {
  char buffer[1024];
  const auto count = ::recv(fd_.get(), buffer, sizeof buffer, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // Whatever it says, or that it hung up: there is nothing more to wait for.
  finish();
}

void JournalSync::finish() {
  source_.reset();
  fd_.reset();
  // `done` may destroy this object.
  const auto timer = std::move(timer_);
  const auto done = std::move(done_);
  done();
}

}  // namespace switchback
