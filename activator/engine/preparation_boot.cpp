// SPDX-License-Identifier: MIT
// What speaks against waiting for a boot; a part of preparation.hpp.
#include "activator/engine/preparation.hpp"

#include <utility>

namespace switchback {

Status Preparer::object_to_boot(const Draft& draft) {
  if (request_.mode != Mode::boot) return {};
  const auto profile = "profile " + draft.change.profile.text();
  if (draft.change.kind == Kind::units) {
    return fail(Errc::refused,
                profile +
                    " has units: they are tried while the host runs, and a boot has no way back "
                    "for them. Deploy it without --boot");
  }
  if (draft.change.kind == Kind::script) {
    warn(profile +
         " is activated by a script, which is run now, with BOOT=1: that waits for no boot, and a " +
         "boot takes nothing of it back");
  }
  return {};
}

/// Last of all: it asks programs of the host's.
void Preparer::check_boot_loader() {
  const bool wanted = request_.mode == Mode::boot || request_.reboot;
  if (!wanted || !any_needs_boot(result_.changes)) return end(ports_.host.pin_activator());
  ports_.boot_loader.check(alive_.guard([this](const Status& able) {
    if (!able && request_.mode == Mode::boot) return fail_with(able.error());
    if (!able) warn("should the switch need a reboot, it is reverted: " + able.error().message);
    end(ports_.host.pin_activator());
  }));
}

}  // namespace switchback
