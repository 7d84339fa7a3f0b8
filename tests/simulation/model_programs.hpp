// SPDX-License-Identifier: MIT
// Programs that closures bring, as transient units of PID 1: they outlive the activator, do their work in
// pieces, and can be killed between any two of them.
#pragma once

#include "activator/ports/programs.hpp"
#include "tests/simulation/bus.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace switchback::simulation {

/// One piece of a program's work, and how long it takes.
struct Piece {
  std::chrono::milliseconds takes{};
  std::function<void()> work;
};
struct Work {
  std::vector<Piece> pieces;
  int exit_status = 0;
  bool hangs = false;  // after its first piece
};

class ModelPrograms : public Programs {
 public:
  using WorkOf = std::function<Work(const ProgramRun&)>;
  ModelPrograms(test::FakeLoop& loop, ModelBus& bus, WorkOf work_of)
      : loop_(loop), bus_(bus), work_of_(std::move(work_of)) {}

  void run(ProgramRun program, std::function<void(const LogLine&)> line,
           std::function<void(ProgramEnd)> done) override;
  void cancel() override;
  void abandon(const std::string& activation, Callback<void> done) override;
  /// Or is about to: somebody else's whole switch does not fit between what was looked at before and its
  /// start.
  [[nodiscard]] bool is_running() const { return running_ != nullptr || !asked_.expired(); }

 private:
  struct Running {
    std::string activation;
    Work work;
    std::function<void(ProgramEnd)> done;
  };
  void go_on(const std::shared_ptr<Running>& running, std::size_t piece);
  void end(std::shared_ptr<Running> running, ProgramEnd end);

  test::FakeLoop& loop_;
  ModelBus& bus_;
  WorkOf work_of_;
  std::shared_ptr<Running> running_;
  std::weak_ptr<void> asked_;  // lives while a request for a program is under way
};

}  // namespace switchback::simulation
