// SPDX-License-Identifier: MIT
// One connection to the system bus on the event loop, that comes back by itself. Decides how calls wait for a
// bus that is away, how many are under way at once, and what an error means for the caller; knows nothing of
// systemd.
#pragma once

#include "activator/adapters/bus_probe.hpp"
#include "activator/adapters/event_loop.hpp"
#include "activator/adapters/guard.hpp"
#include "activator/adapters/sdbus_compat.hpp"
#include "activator/protocol/error.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace switchback {

/// Why a call has no reply. `lost`: the bus or the callee went away, so that it is unknown what was done.
struct BusError {
  std::string name;  // D-Bus error name; empty when the error is ours
  std::string message;
  bool lost = false;
  bool timed_out = false;
};

[[nodiscard]] Error to_error(const BusError& error, const std::string& doing);

template <class T>
using BusResult = tl::expected<T, BusError>;

struct BusCall {
  std::string service;
  std::string path;
  std::string interface;
  std::string method;
  std::chrono::milliseconds timeout{25'000};  // also while the bus is away
  bool repeatable = false;                    // a query: sent again when the bus was lost before its reply
  std::optional<std::weak_ptr<int>> only_while{};  // not sent any more once this has gone
  bool urgent = false;                             // sent before what waits, however much is under way
};

/// How a connection is opened: `address` once `probe`, which may be another, answers.
struct BusWay {
  std::string probe;
  std::string address;
};

class Bus {
 public:
  /// An empty address is the system bus's. `around` leads to the callee without the bus, for those who
  /// insist. Connects from the loop, not within this call.
  explicit Bus(EventLoop& loop, std::string address = {}, std::optional<BusWay> around = {});
  /// Always goes this way.
  Bus(EventLoop& loop, BusWay way);
  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  /// What to do on each new connection, before any call that waited is sent, and when it was lost.
  /// A listener lives as long as the bus.
  struct Listener {
    std::function<void()> connected;
    std::function<void()> lost;
  };
  void listen(Listener listener);
  [[nodiscard]] const std::string& address() const { return way_.address; }
  [[nodiscard]] bool connected() const { return connection_ != nullptr; }
  /// Asks the bus itself for an answer. One that is stuck, and gives none, counts as lost from then on: to
  /// who only waits for a callee's replies it looks as one that is well. `answers` is not called then, nor
  /// when there is no connection: listeners are told of the next.
  void check(std::function<void()> answers);
  /// Whether, from now on, a bus that stays away is gone around instead of waited for. Ending it goes back to
  /// the bus.
  void insist(bool insists);
  /// Whether it is connected past the bus.
  [[nodiscard]] bool goes_around() const { return connected() && goes_around_; }

  /// `service` is another process from now on: queries that the one before did not answer are sent again.
  void repeat_queries_to(const std::string& service);

  /// Hears what matches `rule` while the slot lives and this connection does. Only when connected(); blocks
  /// for one round trip to the bus itself. Errors are logged: signals are hints.
  [[nodiscard]] sdbus::Slot match(const std::string& rule, std::function<void(sdbus::Message&)> heard);

  template <class... Outs>
  using Done = std::type_identity_t<std::function<void(BusResult<std::tuple<Outs...>>)>>;
  /// Calls; `done` is called once, from the loop. `Outs` are the reply's types.
  template <class... Outs, class... Ins>
  void call(BusCall call, Done<Outs...> done, Ins... ins);

 private:
  struct Pending {
    BusCall call;
    std::int64_t deadline_ms = 0;
    std::function<void(sdbus::IProxy&, std::uint64_t id, std::chrono::milliseconds)> start;
    std::function<void(BusError)> fail;
    std::unique_ptr<sdbus::IProxy> proxy;
  };
  using PendingPtr = std::shared_ptr<Pending>;

  void enqueue(PendingPtr pending);
  void pump();
  void start(const PendingPtr& pending);
  void arm_expiry();
  void expire();
  void sent_failed(const PendingPtr& pending, const std::string& problem);
  /// The call that was sent as `id`, no longer under way; nullptr when it was given up meanwhile.
  [[nodiscard]] PendingPtr take(std::uint64_t id);
  void failed(const PendingPtr& pending, const sdbus::Error& error);
  void failed(const PendingPtr& pending, BusError error);
  [[nodiscard]] static PendingPtr anew(const Pending& pending);

  void try_connect();
  void try_around(const std::string& problem);
  void connect(const std::string& address, bool around);
  void could_not_connect(const std::string& problem, bool around);
  void retry_later(const std::string& problem);
  void drive();
  void prepare();
  void lose(const std::string& problem);
  void lose_later(const std::string& problem);

  EventLoop& loop_;
  BusWay way_;
  std::optional<BusWay> around_;
  bool insists_ = false;
  bool goes_around_ = false;
  std::int64_t away_since_ms_ = 0;
  std::vector<Listener> listeners_;
  std::unique_ptr<sdbus::IConnection> connection_;
  std::uint64_t connections_ = 0;  // made until now
  LoopSource io_;
  LoopSource timeout_;
  std::unique_ptr<BusProbe> probe_;
  std::unique_ptr<Timer> retry_;
  std::chrono::milliseconds back_off_;
  std::string problem_ = "not connected yet";

  std::deque<PendingPtr> waiting_;
  std::map<std::uint64_t, PendingPtr> under_way_;
  std::vector<PendingPtr> finished_;  // their proxies may still be on the stack
  std::unique_ptr<Timer> expiry_;
  std::int64_t expiry_at_ms_ = 0;
  std::uint64_t last_id_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

template <class... Outs, class... Ins>
void Bus::call(BusCall call, Done<Outs...> done, Ins... ins) {
  auto pending = std::make_shared<Pending>();
  pending->call = std::move(call);
  pending->fail = [done](BusError error) { done(tl::make_unexpected(std::move(error))); };
  pending->start = [this, done, interface = pending->call.interface, method = pending->call.method,
                    ins = std::make_tuple(std::move(ins)...)](sdbus::IProxy& proxy, std::uint64_t id,
                                                              std::chrono::milliseconds timeout) {
    auto replied = [this, id, done](compat::ReplyError error, const Outs&... outs) {
      guard("a reply from the bus", [&] {
        const auto pending_call = take(id);
        if (!pending_call) return;
        if (error) return failed(pending_call, *error);
        done(std::tuple<Outs...>(outs...));
      });
    };
    std::apply(
        [&](const Ins&... arguments) {
          proxy.callMethodAsync(method)
              .onInterface(interface)
              .withTimeout(timeout)
              .withArguments(arguments...)
              .uponReplyInvoke(std::move(replied));
        },
        ins);
  };
  enqueue(std::move(pending));
}

}  // namespace switchback
