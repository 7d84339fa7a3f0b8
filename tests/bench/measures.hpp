// SPDX-License-Identifier: MIT
// What is measured, one function a question. Each boots a host of its own if it needs one.
#pragma once

#include "tests/bench/figures.hpp"

namespace switchback::bench {

/// Wall time of a deployment with no soak, against a script that copies and restarts and looks at nothing.
void measure_deployments(Figures& figures, int repeat);
/// From systemd's own word that a service has failed to the verdict, and to the end of the revert.
void measure_reaction(Figures& figures, int repeat);
/// The activator's memory and processor time for a deployment, on a host with few and with many units.
void measure_footprint(Figures& figures);
/// How long systemd waits for the generator.
void measure_generator(Figures& figures, int repeat);
/// From the command to its first word to a host, with one node selected of a few and of many. There is no
/// host.
void measure_evaluation(Figures& figures, int repeat);
/// The command's start-up.
void measure_startup(Figures& figures, int repeat);

}  // namespace switchback::bench
