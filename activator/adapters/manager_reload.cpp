// SPDX-License-Identifier: MIT
#include "activator/adapters/manager_reload.hpp"

#include "activator/adapters/systemd_names.hpp"

namespace switchback {

void ManagerReload::begin() {
  // A reload tells every subscriber of each unit that it goes, and that it comes: to us that says nothing,
  // and all of it would have to be carried before the answer.
  bus_.call<>(manager_call("Unsubscribe", false), [](const auto&) {});
  // Repeatable: when the bus is lost before the reply, it is sent again; a second reload does no harm.
  bus_.call<>(
      manager_call("Reload", true, within_), [weak = weak_from_this()](const BusResult<std::tuple<>>& reply) {
        const auto self = weak.lock();
        if (!self || self->answered()) return;
        if (reply) return self->answer({});
        self->answer(tl::make_unexpected(to_error(reply.error(), "systemd did not reload its units")));
      });
  bus_.call<>(manager_call("Subscribe", false), [](const auto&) {});  // heard when the reload is over
  deadline_ = loop_.arm(within_ + std::chrono::seconds(1), [this] {
    answer(fail(Errc::timeout, "systemd did not finish reloading its units in " +
                                   std::to_string(within_.count() / 1000) + " s"));
  });
}

void ManagerReload::may_be_over() {
  BusCall question{kSystemd, kManagerPath, kProperties, "Get", kQueryTimeout, false, {}};
  bus_.call<sdbus::Variant>(
      std::move(question),
      [weak = weak_from_this()](const BusResult<std::tuple<sdbus::Variant>>& reply) {
        const auto self = weak.lock();
        if (self && !self->answered() && reply) self->answer({});
      },
      std::string(kManagerInterface), std::string("NJobs"));
}

void ManagerReload::answer(Status status) {
  const auto self = shared_from_this();
  deadline_.reset();
  const auto done = std::exchange(done_, nullptr);
  done(std::move(status));
}

}  // namespace switchback
