// SPDX-License-Identifier: MIT
#include "activator/adapters/bus.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <ctime>

namespace switchback {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{100};
constexpr std::chrono::milliseconds kLastRetry{2000};
constexpr std::chrono::milliseconds kRepeatAfter{250};  // the callee is away, the bus is not
constexpr std::size_t kMaxUnderWay = 64;  // dbus-daemon allows 128 unanswered calls a connection
constexpr std::size_t kMaxWaiting = 16384;
constexpr std::chrono::seconds kBlockAtMost{5};
constexpr std::chrono::seconds kGoAroundAfter{2};  // a bus that is restarted is back by then
constexpr std::chrono::seconds kBusAnswersWithin{5};
constexpr int kMessagesPerTurn = 64;  // then the other sources of the loop have their turn

std::int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// Errors that say that nobody was there to answer. The last two: the bus's answer when PID 1 is not on the
// bus and would have to be «activated».
bool means_absent(const std::string& name) {
  return name == "org.freedesktop.DBus.Error.Disconnected" || name == "org.freedesktop.DBus.Error.NoServer" ||
         name == "org.freedesktop.DBus.Error.NameHasNoOwner" ||
         name == "org.freedesktop.DBus.Error.ServiceUnknown" || name == "System.Error.ECONNRESET" ||
         name == "System.Error.ENOTCONN" || name.starts_with("org.freedesktop.DBus.Error.Spawn.");
}

bool means_no_reply(const std::string& name) {
  return name == "org.freedesktop.DBus.Error.NoReply" || name == "org.freedesktop.DBus.Error.Timeout" ||
         name == "org.freedesktop.DBus.Error.TimedOut";
}

/// Closing a connection waits until all that was said is taken; a bus that is stuck takes nothing.
void hang_up(const sdbus::IConnection& connection) {
  try {
    ::shutdown(connection.getEventLoopPollData().fd, SHUT_RDWR);
  } catch (const sdbus::Error&) {  // it is closed already
  }
}

}  // namespace

Error to_error(const BusError& error, const std::string& doing) {
  if (error.lost) return {Errc::unavailable, doing + ": " + error.message};
  if (error.timed_out) return {Errc::timeout, doing + ": " + error.message};
  return {Errc::io, doing + ": " + error.message};
}

Bus::Bus(EventLoop& loop, std::string address, std::optional<BusWay> around)
    : Bus(loop, [&] {
        if (address.empty()) address = system_bus_address();
        return BusWay{address, address};
      }()) {
  around_ = std::move(around);
}

Bus::Bus(EventLoop& loop, BusWay way)
    : loop_(loop), way_(std::move(way)), away_since_ms_(now_ms()), back_off_(kFirstRetry) {
  retry_ = loop_.arm(std::chrono::milliseconds(0), [this] { try_connect(); });
}

Bus::~Bus() {
  io_.reset();
  timeout_.reset();
  under_way_.clear();  // proxies before their connection
  finished_.clear();
  waiting_.clear();
}

void Bus::listen(Listener listener) {
  if (connected() && listener.connected) loop_.post(listener.connected);
  listeners_.push_back(std::move(listener));
}

sdbus::Slot Bus::match(const std::string& rule, std::function<void(sdbus::Message&)> heard) {
  try {
    return compat::add_match(*connection_, rule, [heard = std::move(heard)](compat::MatchMessage message) {
      guard("a signal from the bus", [&] { heard(message); });
    });
  } catch (const sdbus::Error& error) {
    spdlog::warn("no signals for {}: {}", rule, error.what());
    return {};
  }
}

void Bus::enqueue(PendingPtr pending) {
  pending->deadline_ms = now_ms() + pending->call.timeout.count();
  if (pending->call.urgent && connected()) return start(pending);
  if (waiting_.size() >= kMaxWaiting) {
    loop_.post([pending] { pending->fail({"", "too many calls wait for the bus", true, false}); });
    return;
  }
  waiting_.push_back(std::move(pending));
  pump();
}

void Bus::pump() {
  while (connected() && !waiting_.empty() && under_way_.size() < kMaxUnderWay) {
    const auto pending = std::move(waiting_.front());
    waiting_.pop_front();
    start(pending);
  }
  arm_expiry();
}

void Bus::start(const PendingPtr& pending) {
  if (pending->call.only_while && pending->call.only_while->expired()) {
    loop_.post([pending] { pending->fail({"", "given up before it was sent", false, false}); });
    return;
  }
  const auto id = ++last_id_;
  const auto left = std::max<std::int64_t>(pending->deadline_ms - now_ms(), 1);
  try {
    pending->proxy = sdbus::createProxy(*connection_, compat::ServiceName(pending->call.service),
                                        sdbus::ObjectPath(pending->call.path));
    under_way_[id] = pending;
    pending->start(*pending->proxy, id, std::chrono::milliseconds(left));
  } catch (const std::exception& error) {
    under_way_.erase(id);
    sent_failed(pending, error.what());
  }
}

void Bus::sent_failed(const PendingPtr& pending, const std::string& problem) {
  pending->proxy.reset();
  loop_.post([this, alive = std::weak_ptr<int>(alive_), pending, problem] {
    if (!alive.expired()) failed(pending, BusError{"", problem, true, false});
  });
}

Bus::PendingPtr Bus::take(std::uint64_t id) {
  const auto found = under_way_.find(id);
  if (found == under_way_.end()) return nullptr;
  auto pending = std::move(found->second);
  under_way_.erase(found);
  // sdbus-c++ still stands in the proxy's reply handler: it may go only when the stack is unwound.
  if (finished_.empty()) {
    loop_.post([this, alive = std::weak_ptr<int>(alive_)] {
      if (alive.expired()) return;
      finished_.clear();
      pump();
    });
  }
  finished_.push_back(pending);
  return pending;
}

Bus::PendingPtr Bus::anew(const Pending& pending) {
  auto again = std::make_shared<Pending>();
  again->call = pending.call;
  again->deadline_ms = pending.deadline_ms;
  again->start = pending.start;
  again->fail = pending.fail;
  return again;
}

// With systemd 257 a call that meets a re-execution is answered by nobody, not even by the bus.
void Bus::repeat_queries_to(const std::string& service) {
  std::vector<std::uint64_t> unanswered;
  for (const auto& [id, pending] : under_way_) {
    if (pending->call.repeatable && pending->call.service == service) unanswered.push_back(id);
  }
  for (const auto id : unanswered) waiting_.push_back(anew(*take(id)));
  if (!unanswered.empty()) pump();
}

void Bus::failed(const PendingPtr& pending, const sdbus::Error& error) {
  BusError told{compat::error_name(error), error.getMessage(), false, false};
  const bool too_late = now_ms() + 50 >= pending->deadline_ms;
  if (means_no_reply(told.name)) (too_late ? told.timed_out : told.lost) = true;
  if (means_absent(told.name)) told.lost = true;
  failed(pending, std::move(told));
}

void Bus::failed(const PendingPtr& pending, BusError error) {
  if (!error.lost || !pending->call.repeatable || now_ms() >= pending->deadline_ms)
    return pending->fail(std::move(error));
  problem_ = error.message;
  const auto again = anew(*pending);
  if (!connected()) {
    waiting_.push_back(again);
    return arm_expiry();
  }
  const std::shared_ptr<std::unique_ptr<Timer>> timer = std::make_shared<std::unique_ptr<Timer>>();
  *timer = loop_.arm(kRepeatAfter, [this, alive = std::weak_ptr<int>(alive_), again, timer]() mutable {
    if (!alive.expired()) {
      waiting_.push_back(again);
      pump();
    }
    timer->reset();
  });
}

void Bus::arm_expiry() {
  if (waiting_.empty()) return expiry_.reset();
  const auto first = (*std::min_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
                       return a->deadline_ms < b->deadline_ms;
                     }))->deadline_ms;
  if (expiry_ && expiry_at_ms_ <= first) return;  // fires early at most, and looks again
  expiry_at_ms_ = first;
  expiry_ = loop_.arm(std::chrono::milliseconds(first - now_ms()), [this] { expire(); });
}

void Bus::expire() {
  const auto now = now_ms();
  std::vector<PendingPtr> overdue;
  std::erase_if(waiting_, [&](const PendingPtr& pending) {
    if (pending->deadline_ms > now) return false;
    overdue.push_back(pending);
    return true;
  });
  expiry_.reset();
  arm_expiry();
  for (const auto& pending : overdue) {
    guard("a call that waited for the bus", [&] {
      pending->fail({"", "the system bus was away too long (" + problem_ + ")", true, true});
    });
  }
}

void Bus::check(std::function<void()> answers) {
  if (!connected()) return;
  BusCall question{"org.freedesktop.DBus",
                   "/org/freedesktop/DBus",
                   "org.freedesktop.DBus",
                   "GetId",
                   kBusAnswersWithin,
                   false,
                   {},
                   true};
  call<std::string>(std::move(question), [this, answers = std::move(answers), connection = connections_](
                                             const BusResult<std::tuple<std::string>>& reply) {
    if (!connected() || connection != connections_) return;
    // An error is an answer, too.
    if (!reply && reply.error().timed_out) return lose_later("it does not answer");
    answers();
  });
}

void Bus::insist(bool insists) {
  insists_ = insists;
  if (!insists && goes_around()) lose_later("going back to the bus");
}

void Bus::try_connect() {
  // A bus that listens and does not answer would block us: see bus_probe.hpp.
  probe_ = std::make_unique<BusProbe>(loop_, way_.probe, [this](Status answered) {
    const auto probe = std::move(probe_);
    if (!answered) return could_not_connect(answered.error().message, false);
    guard("connecting to the bus", [this] { connect(way_.address, false); });
  });
}

void Bus::try_around(const std::string& problem) {
  probe_ = std::make_unique<BusProbe>(loop_, around_->probe, [this, problem](Status answered) {
    const auto probe = std::move(probe_);
    if (!answered) return could_not_connect(answered.error().message, true);
    spdlog::warn("{}; going around the bus", problem);
    guard("connecting past the bus", [this] { connect(around_->address, true); });
  });
}

void Bus::could_not_connect(const std::string& problem, bool around) {
  const bool waited = now_ms() - away_since_ms_ >= std::chrono::milliseconds(kGoAroundAfter).count();
  if (around || !insists_ || !around_ || !waited) return retry_later(problem);
  try_around(problem);
}

void Bus::connect(const std::string& address, bool around) {
  try {
    connection_ = sdbus::createSessionBusConnectionWithAddress(address);  // any bus, despite its name
    connection_->setMethodCallTimeout(kBlockAtMost);
    io_ = loop_.add_io(
        connection_->getEventLoopPollData().fd, 0, [this](std::uint32_t) { drive(); }, [this] { prepare(); });
    timeout_ = loop_.add_timer([this] { drive(); });
  } catch (const std::exception& error) {
    io_.reset();
    timeout_.reset();
    connection_.reset();
    return could_not_connect(error.what(), around);
  }
  ++connections_;
  goes_around_ = around;
  back_off_ = kFirstRetry;
  problem_.clear();
  spdlog::debug("connected to the bus at {}", address);
  // What listeners ask goes first: it makes the connection fit for what has waited.
  auto waited = std::exchange(waiting_, {});
  for (const auto& listener : listeners_) {
    if (listener.connected) guard("a new bus connection", listener.connected);
  }
  waiting_.insert(waiting_.end(), waited.begin(), waited.end());
  pump();
}

void Bus::retry_later(const std::string& problem) {
  if (problem != problem_) spdlog::warn("{}; trying again", problem);
  problem_ = problem;
  retry_ = loop_.arm(back_off_, [this] { try_connect(); });
  back_off_ = std::min(back_off_ * 2, kLastRetry);
}

void Bus::prepare() {
  try {
    const auto poll = connection_->getEventLoopPollData();
    sd_event_source_set_io_events(io_.get(),
                                  static_cast<std::uint32_t>(static_cast<unsigned short>(poll.events)));
    const auto timeout = compat::poll_timeout_usec(poll);
    if (timeout) sd_event_source_set_time(timeout_.get(), *timeout);
    sd_event_source_set_enabled(timeout_.get(), timeout ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
  } catch (const std::exception& error) {
    lose(error.what());
  }
}

void Bus::drive() {
  try {
    for (int count = 0; count < kMessagesPerTurn && connection_ && compat::process_one(*connection_);
         ++count) {
    }
  } catch (const std::exception& error) {
    lose(error.what());
  }
}

void Bus::lose(const std::string& problem) {
  away_since_ms_ = now_ms();
  io_.reset();
  timeout_.reset();
  auto orphans = std::exchange(under_way_, {});
  for (auto& [id, pending] : orphans) pending->proxy.reset();
  for (auto& pending : finished_) pending->proxy.reset();
  for (const auto& listener : listeners_) {
    if (listener.lost) guard("a lost bus connection", listener.lost);  // their slots go before the connection
  }
  hang_up(*connection_);
  connection_.reset();
  retry_later("the connection to the system bus was lost (" + problem + ")");
  for (auto& [id, pending] : orphans) {
    guard("a lost bus connection", [&, lost = pending] {
      failed(lost, BusError{"", problem_, true, false});
    });
  }
}

/// Not from within a reply, whose connection is still in use.
void Bus::lose_later(const std::string& problem) {
  loop_.post([this, alive = std::weak_ptr<int>(alive_), problem, connection = connections_] {
    if (!alive.expired() && connected() && connection == connections_) lose(problem);
  });
}

}  // namespace switchback
