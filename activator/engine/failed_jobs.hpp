// SPDX-License-Identifier: MIT
// What jobs that failed mean for the step that submitted them: which of them count, and which is the reason
// for the others. Pure; who asks systemd is step_runner.hpp.
#pragma once

#include "activator/core/snapshot.hpp"
#include "activator/ports/unit_manager.hpp"
#include "activator/protocol/event.hpp"
#include "activator/protocol/gate_policy.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace switchback {

/// «web.service could not be started: its job ended as «failed»».
[[nodiscard]] std::string what_happened(JobVerb verb, const JobResult& job);

struct FailedJobs {
  std::vector<Cause> causes;        // first cause first; empty: none counts
  std::vector<std::string> waived;  // those that do not, a sentence each
};

/// `now` has each unit of `failed`, and what those are started after. A unit that systemd starts again by
/// itself is left to the gate, one that the policy lets fail is told.
[[nodiscard]] FailedJobs judge_failed_jobs(JobVerb verb, const std::vector<JobResult>& failed,
                                           const Snapshot& now, const GatePolicy& policy);

/// Of units whose jobs did not end in time: what each of them waits in, as `now` has it.
[[nodiscard]] std::vector<Cause> judge_late_jobs(JobVerb verb, const std::vector<UnitName>& units,
                                                 const Snapshot& now);

}  // namespace switchback
