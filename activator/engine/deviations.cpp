// SPDX-License-Identifier: MIT
#include "activator/engine/deviations.hpp"

#include <utility>

namespace switchback {

void Deviations::begin() {
  end();
  static_cast<void>(ports_.units.take_ended_jobs());
  begun_ms_ = ports_.clock.realtime_ms();
}

void Deviations::compare(const Record& record) {
  const auto begun_ms = std::exchange(begun_ms_, std::nullopt);
  if (!begun_ms || !has_plan(record.changes)) return;
  auto jobs = ports_.units.take_ended_jobs();
  auto units = units_to_compare(record.changes, jobs);
  if (units.empty()) return;
  Snapshot before;  // of those alone: a host may have loaded thousands
  for (const auto& unit : units) {
    const auto found = record.baseline.find(unit);
    if (found != record.baseline.end()) before.insert(*found);
  }
  ports_.units.read(std::move(units),
                    alive_.guard([this, changes = record.changes, before = std::move(before),
                                  begun = *begun_ms, jobs = std::move(jobs)](Result<Snapshot> now) mutable {
                      if (!now) return;
                      const SwitchSeen seen{begun, std::move(before), std::move(*now), std::move(jobs)};
                      for (const auto& deviation : deviations(changes, seen)) tell_(deviation);
                    }));
}

void Deviations::end() {
  alive_.renew();
  begun_ms_.reset();
}

}  // namespace switchback
