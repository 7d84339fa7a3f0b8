// SPDX-License-Identifier: MIT
// What closures bring, run as transient units. Decides the environment that a program finds; how it runs and
// ends is transient_run.hpp's affair.
#pragma once

#include "activator/adapters/transient_runner.hpp"
#include "activator/ports/programs.hpp"

#include <string>

namespace switchback {

class TransientPrograms : public Programs {
 public:
  explicit TransientPrograms(TransientRunner& runner) : runner_(runner) {}

  void run(ProgramRun program, std::function<void(const LogLine&)> line,
           std::function<void(ProgramEnd)> done) override;
  void cancel() override;
  void abandon(const std::string& activation, Callback<void> done) override;

 private:
  TransientRunner& runner_;
  std::string unit_;  // of what runs; empty: nothing
};

}  // namespace switchback
