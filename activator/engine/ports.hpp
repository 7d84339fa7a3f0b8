// SPDX-License-Identifier: MIT
// Everything of the world that the engine sees, in one place.
#pragma once

#include "activator/ports/boot_loader.hpp"
#include "activator/ports/closures.hpp"
#include "activator/ports/host.hpp"
#include "activator/ports/prober.hpp"
#include "activator/ports/profiles.hpp"
#include "activator/ports/programs.hpp"
#include "activator/ports/record_store.hpp"
#include "activator/ports/unit_copies.hpp"
#include "activator/ports/unit_manager.hpp"

namespace switchback {

struct Ports {
  UnitManager& units;
  Profiles& profiles;
  UnitCopies& copies;
  RecordStore& records;
  Clock& clock;
  Timers& timers;
  Journal& journal;
  Host& host;
  Closures& closures;
  Programs& programs;
  Prober& prober;
  BootLoader& boot_loader;
};

}  // namespace switchback
