// SPDX-License-Identifier: MIT
// From a Varlink call to the engine and back: which method means what, who may call it, what the replies look
// like. Knows nothing of sockets.
#pragma once

#include "activator/engine/engine.hpp"
#include "activator/protocol/message.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace switchback {

/// Who is at the other end of a connection. Source: SO_PEERCRED, unix(7).
struct Peer {
  std::uint32_t uid = 0;
  std::string name;               // the user's, for a person
  std::int64_t connected_ms = 0;  // CLOCK_BOOTTIME
};

/// Takes the replies to one call. The last is the one that does not continue.
class Replies {
 public:
  using Send = std::function<void(const Reply&)>;
  explicit Replies(Send send) : send_(std::move(send)) {}
  void send(const Reply& reply) { send_(reply); }
  /// Kept until the connection is done with the call: a subscription to events, for one.
  std::shared_ptr<void> subscription;

 private:
  Send send_;
};

class Dispatcher {
 public:
  explicit Dispatcher(Engine& engine) : engine_(engine) {}
  /// Answers `call` through `replies`, at once or later; a connection that goes away drops it.
  void handle(const Call& call, const Peer& peer, const std::shared_ptr<Replies>& replies);

 private:
  void handle_varlink(const Call& call, const std::shared_ptr<Replies>& replies);
  void activate(const Call& call, const Peer& peer, const std::shared_ptr<Replies>& replies);
  void rollback(const Call& call, const Peer& peer, const std::shared_ptr<Replies>& replies);
  void remove(const Call& call, const Peer& peer, const std::shared_ptr<Replies>& replies);
  /// Tells the events of an activation that was begun, or why it was not.
  void accepted(const ActivationId& id, const Status& status, bool more,
                const std::shared_ptr<Replies>& replies);
  void watch(const Call& call, const std::shared_ptr<Replies>& replies);
  void stream(const WatchRequest& request, bool more, const std::shared_ptr<Replies>& replies);
  void confirm(const Call& call, const Peer& peer, const std::shared_ptr<Replies>& replies);
  void cancel(const Call& call, const std::shared_ptr<Replies>& replies);
  void status(const Call& call, const std::shared_ptr<Replies>& replies);
  void history(const Call& call, const std::shared_ptr<Replies>& replies);
  void check_gate(const Call& call, const std::shared_ptr<Replies>& replies);

  Engine& engine_;
};

}  // namespace switchback
