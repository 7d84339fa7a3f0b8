// SPDX-License-Identifier: MIT
#include "activator/adapters/transient_run.hpp"

#include "activator/adapters/systemd_names.hpp"

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

constexpr std::chrono::seconds kLookEvery{2};

// The last `max_bytes` of `text`, whole lines.
std::string last_lines(const std::string& text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  const auto begin = text.find('\n', text.size() - max_bytes - 1);
  return begin == std::string::npos ? "" : text.substr(begin + 1);
}

}  // namespace

TransientRun::TransientRun(Bus& bus, EventLoop& loop, TransientCommand command, Line line, Done done)
    : bus_(bus), loop_(loop), command_(std::move(command)), line_(std::move(line)), done_(std::move(done)) {}

void TransientRun::begin() {
  deadline_ = loop_.arm(command_.deadline, [this] { stop(TransientEnd::timed_out); });
  auto follower = JournalFollower::open(loop_, command_.unit, [this](const LogLine& line) { heard(line); });
  if (follower) {
    follower_ = std::move(*follower);
  } else {
    spdlog::warn("what {} says is not known: {}", command_.unit, follower.error().message);
  }
  hear();
  submit();
  arm_poll();
}

void TransientRun::submit() {
  auto call = manager_call("StartTransientUnit", false,
                           std::min<std::chrono::milliseconds>(command_.deadline, kQueryTimeout));
  call.only_while = submitting_;
  using Auxiliary = sdbus::Struct<std::string, TransientProperties>;
  bus_.call<sdbus::ObjectPath>(
      std::move(call),
      [weak = weak_from_this()](const BusResult<std::tuple<sdbus::ObjectPath>>& reply) {
        if (const auto self = weak.lock()) self->submitted(reply);
      },
      command_.unit, std::string("fail"), transient_properties(command_), std::vector<Auxiliary>());
}

void TransientRun::submitted(const BusResult<std::tuple<sdbus::ObjectPath>>& reply) {
  if (result_) return;
  const bool exists = !reply && reply.error().name == "org.freedesktop.systemd1.UnitExists";
  if (reply || (exists && unsure_)) {
    started_ = true;
  } else if (exists) {
    // Not cleared away: it is somebody else's, or one of ours that should have been abandoned.
    result_ =
        TransientResult{TransientEnd::not_started, 0, "systemd has a unit " + command_.unit + " already", ""};
    return collect();
  } else if (reply.error().lost || reply.error().timed_out) {
    unsure_ = true;
  } else {
    return ended({TransientEnd::not_started, 0, reply.error().message, ""});
  }
  look();
}

void TransientRun::connected() {
  hear();
  look();
}

// A hint alone, so that anybody may send it.
void TransientRun::hear() {
  if (!bus_.connected() || slot_ || result_) return;
  slot_ = bus_.match(
      "type='signal',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',"
      "path='" +
          object_path_of(command_.unit) + "'",
      [this](sdbus::Message&) { look(); });
}

void TransientRun::arm_poll() {
  poll_ = loop_.arm(kLookEvery, [this] {
    arm_poll();
    look();
  });
}

void TransientRun::look() {
  if (stop_) return stop_->look();
  if (result_ || !(started_ || unsure_)) return;
  if (std::exchange(looking_, true)) {
    look_again_ = true;
    return;
  }
  bus_.call<PropertyMap>(
      get_all_call(object_path_of(command_.unit)),
      [weak = weak_from_this()](const BusResult<std::tuple<PropertyMap>>& reply) {
        if (const auto self = weak.lock()) self->looked(reply);
      },
      std::string());
}

void TransientRun::looked(const BusResult<std::tuple<PropertyMap>>& reply) {
  looking_ = false;
  if (result_) return;
  if (!reply && !says_unknown(reply.error())) return;  // the poll looks again
  const auto properties = reply ? std::get<0>(*reply) : PropertyMap{};
  const auto unit = snapshot_of(properties);
  const bool exists = unit.load != "not-found" || unit.active != "inactive";
  if (!exists && !started_) {
    submit();  // the call never arrived
    return;
  }
  started_ = true;
  if (auto end = transient_end(properties)) return ended(std::move(*end));
  if (std::exchange(look_again_, false)) look();
}

void TransientRun::heard(const LogLine& line) {
  output_ += line.message + "\n";
  if (output_.size() > 2 * kMaxTransientOutputBytes) output_ = last_lines(output_, kMaxTransientOutputBytes);
  if (line_) guard("a line of output", [&] { line_(line); });
}

void TransientRun::stop(TransientEnd why) {
  if (result_) return;
  ended({why, 0, "", ""});
}

void TransientRun::ended(TransientResult result) {
  result_ = std::move(result);
  submitting_.reset();
  deadline_.reset();
  clear_away();
}

void TransientRun::clear_away() {
  stop_ = std::make_shared<UnitStop>(bus_, loop_, command_.unit, [weak = weak_from_this()](Status gone) {
    const auto self = weak.lock();
    if (!self) return;
    if (!gone) {
      spdlog::warn("{}", gone.error().message);
      if (self->result_->problem.empty()) self->result_->problem = gone.error().message;
    }
    self->collect();
  });
  stop_->begin();
}

void TransientRun::collect() {
  poll_.reset();
  sync_ = std::make_unique<JournalSync>(loop_, [this] {
    if (follower_) follower_->drain();
    answer();
  });
}

void TransientRun::answer() {
  const auto self = shared_from_this();
  result_->output = last_lines(output_, kMaxTransientOutputBytes);
  const auto done = std::exchange(done_, nullptr);
  if (done) done(std::move(*result_));
}

}  // namespace switchback
