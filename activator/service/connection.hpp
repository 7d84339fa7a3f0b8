// SPDX-License-Identifier: MIT
// One client on the socket: bytes to calls, replies to bytes. Calls of one connection are answered in order,
// one at a time, as Varlink asks; a client that wants to ask while it is told a stream opens a second
// connection.
#pragma once

#include "activator/adapters/event_loop.hpp"
#include "activator/adapters/unique_fd.hpp"
#include "activator/service/dispatcher.hpp"

#include <functional>
#include <memory>
#include <string>

namespace switchback {

inline constexpr std::size_t kMaxUnsentBytes = 4 * kMaxMessageBytes;  // of a client that does not read

class Connection {
 public:
  /// `gone` is called once, from the loop; the connection is destroyed by it.
  Connection(EventLoop& loop, UniqueFd socket, Peer peer, Dispatcher& dispatcher, std::function<void()> gone);

 private:
  void ready(std::uint32_t events);
  void receive();
  void next_call();
  void answer(const Reply& reply, bool oneway);
  void send(const std::string& bytes);
  void flush();
  void listen_for();
  void close_when_done();
  void close();

  EventLoop& loop_;
  UniqueFd socket_;
  Peer peer_;
  Dispatcher& dispatcher_;
  std::function<void()> gone_;
  FrameReader frames_;
  std::string unsent_;
  std::shared_ptr<Replies> call_;  // under way
  bool ended_ = false;             // the client sends no more
  bool broken_ = false;            // what it sent was no message: nothing after it can be trusted
  LoopSource source_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace switchback
