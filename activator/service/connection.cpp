// SPDX-License-Identifier: MIT
#include "activator/service/connection.hpp"

#include "activator/protocol/names.hpp"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace switchback {

Connection::Connection(EventLoop& loop, UniqueFd socket, Peer peer, Dispatcher& dispatcher,
                       std::function<void()> gone)
    : loop_(loop),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      dispatcher_(dispatcher),
      gone_(std::move(gone)),
      frames_(kMaxMessageBytes) {
  source_ = loop_.add_io(socket_.get(), EPOLLIN, [this](std::uint32_t events) { ready(events); });
}

void Connection::ready(std::uint32_t events) {
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return close();
  if ((events & EPOLLOUT) != 0) flush();
  if (socket_.valid() && (events & EPOLLIN) != 0) receive();
}

void Connection::receive() {
  std::array<char, 64 * 1024> bytes{};
  const auto got = recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    return close();
  }
  if (got == 0) {
    ended_ = true;
    listen_for();
    return close_when_done();
  }
  if (broken_) return;  // read and dropped, so that the client sees its error instead of a reset
  if (auto fed = frames_.feed({bytes.data(), static_cast<std::size_t>(got)}); !fed) {
    broken_ = true;
    return answer(error_reply(fed.error()), /*oneway=*/false);
  }
  next_call();
}

void Connection::next_call() {
  if (call_ || broken_ || !socket_.valid()) return;
  const auto frame = frames_.next();
  if (!frame) return close_when_done();
  const auto call = parse_call(*frame);
  if (!call) return answer(error_reply(call.error()), /*oneway=*/false);
  const bool oneway = call->oneway;
  call_ = std::make_shared<Replies>([this, oneway](const Reply& reply) { answer(reply, oneway); });
  dispatcher_.handle(*call, peer_, call_);
  listen_for();
}

void Connection::answer(const Reply& reply, bool oneway) {
  if (!socket_.valid()) return;
  if (!oneway) send(encode(reply));
  if (reply.continues) return;
  // From the loop: the reply may come from within the call, and the subscription is still being used.
  loop_.post([this, alive = std::weak_ptr<int>(alive_), finished = std::move(call_)] {
    if (alive.expired()) return;
    listen_for();
    next_call();
  });
}

void Connection::send(const std::string& bytes) {
  if (unsent_.size() + bytes.size() > kMaxUnsentBytes) {
    spdlog::warn("{} does not read what it asked for: its connection is closed", peer_.name);
    return close();
  }
  unsent_ += bytes;
  flush();
}

void Connection::flush() {
  while (!unsent_.empty()) {
    const auto sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) return close();
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
  listen_for();
  close_when_done();
}

void Connection::listen_for() {
  if (!source_ || !socket_.valid()) return;
  std::uint32_t events = 0;
  // While a call is under way nothing more is taken in: what a client may make us hold is bounded.
  if (!ended_ && (!call_ || broken_)) events |= EPOLLIN;
  if (!unsent_.empty()) events |= EPOLLOUT;
  sd_event_source_set_io_events(source_.get(), events);
}

void Connection::close_when_done() {
  if (ended_ && !call_ && unsent_.empty()) close();
}

void Connection::close() {
  if (!socket_.valid()) return;
  source_.reset();
  socket_.reset();
  loop_.post([gone = gone_, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) gone();
  });
}

}  // namespace switchback
