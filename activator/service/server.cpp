// SPDX-License-Identifier: MIT
#include "activator/service/server.hpp"

#include <pwd.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <utility>

namespace switchback {
namespace {

std::string user_name(uid_t uid) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return found->pw_name;
  return "uid " + std::to_string(uid);
}

}  // namespace

Server::Server(EventLoop& loop, Clock& clock, UniqueFd listening, Dispatcher& dispatcher,
               std::function<void()> changed)
    : loop_(loop),
      clock_(clock),
      listening_(std::move(listening)),
      dispatcher_(dispatcher),
      changed_(std::move(changed)) {
  source_ = loop_.add_io(listening_.get(), EPOLLIN, [this](std::uint32_t) { accept_one(); });
}

void Server::accept_one() {
  UniqueFd socket(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.valid()) return;
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return;
  if (connections_.size() >= kMaxConnections) {
    spdlog::warn("{} clients at once: one more is turned away", kMaxConnections);
    return;
  }
  const Peer peer{credentials.uid, user_name(credentials.uid), clock_.boottime_ms()};
  const auto place = connections_.emplace(connections_.end());
  *place = std::make_unique<Connection>(loop_, std::move(socket), peer, dispatcher_, [this, place] {
    connections_.erase(place);
    changed_();
  });
  changed_();
}

}  // namespace switchback
