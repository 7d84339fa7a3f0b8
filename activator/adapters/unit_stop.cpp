// SPDX-License-Identifier: MIT
#include "activator/adapters/unit_stop.hpp"

#include "activator/adapters/systemd_names.hpp"
#include "activator/adapters/unit_properties.hpp"

#include <csignal>
#include <utility>

namespace switchback {
namespace {

constexpr std::chrono::milliseconds kLookEvery{250};
constexpr std::chrono::seconds kUnreachableAfter{5};
constexpr std::chrono::seconds kKillAfter{7};  // a transient unit of ours is killed by systemd after 5
constexpr std::chrono::seconds kGiveUpAfter{15};

}  // namespace

void UnitStop::begin() {
  bus_.call<sdbus::ObjectPath>(
      manager_call("StopUnit", true, kGiveUpAfter),
      [weak = weak_from_this()](const BusResult<std::tuple<sdbus::ObjectPath>>& reply) {
        const auto self = weak.lock();
        if (!self || self->answered()) return;
        if (!reply && reply.error().name == "org.freedesktop.systemd1.NoSuchUnit") return self->answer({});
        self->look();
      },
      unit_, std::string("replace"));
  unreachable_ = loop_.arm(kUnreachableAfter, [this] {
    if (!bus_.connected()) answer(fail(Errc::unavailable, "systemd could not be reached to stop " + unit_));
  });
  kill_ = loop_.arm(kKillAfter, [this] { kill(); });
  give_up_ = loop_.arm(kGiveUpAfter, [this] { give_up(); });
}

void UnitStop::arm_look() {
  look_ = loop_.arm(kLookEvery, [this] { look(); });
}

void UnitStop::look() {
  if (answered() || looking_) return;
  looking_ = true;
  bus_.call<PropertyMap>(
      get_all_call(object_path_of(unit_)),
      [weak = weak_from_this()](const BusResult<std::tuple<PropertyMap>>& reply) {
        if (const auto self = weak.lock()) self->looked(reply);
      },
      std::string());
}

void UnitStop::looked(const BusResult<std::tuple<PropertyMap>>& reply) {
  looking_ = false;
  if (answered()) return;
  if (!reply) return says_unknown(reply.error()) ? answer({}) : arm_look();
  const auto unit = snapshot_of(std::get<0>(*reply));
  if (unit.active == "inactive" && !unit.has_job) return answer({});
  arm_look();
  // Its end is nobody's business any more: as failed it would stand in everybody's list of failed units.
  if (unit.active == "failed" && !unit.has_job) forget();
}

void UnitStop::forget() {
  bus_.call<>(
      manager_call("ResetFailedUnit", true),
      [weak = weak_from_this()](const auto&) {
        if (const auto self = weak.lock()) self->look();
      },
      unit_);
}

void UnitStop::kill() {
  bus_.call<>(
      manager_call("KillUnit", false), [](const auto&) {}, unit_, std::string("all"), std::int32_t{SIGKILL});
}

void UnitStop::give_up() {
  answer(fail(Errc::timeout, unit_ + " does not end although it was killed; «systemctl status " + unit_ +
                                 "» shows what is left of it"));
}

void UnitStop::answer(Status status) {
  const auto self = shared_from_this();
  look_.reset();
  kill_.reset();
  unreachable_.reset();
  give_up_.reset();
  const auto done = std::exchange(done_, nullptr);
  if (done) done(std::move(status));
}

}  // namespace switchback
