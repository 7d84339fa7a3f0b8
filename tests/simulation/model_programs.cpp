// SPDX-License-Identifier: MIT
#include "tests/simulation/model_programs.hpp"

#include <utility>

namespace switchback::simulation {
namespace {

using std::chrono::milliseconds;

}  // namespace

void ModelPrograms::run(ProgramRun program, std::function<void(const LogLine&)> line,
                        std::function<void(ProgramEnd)> done) {
  const auto patience = program.deadline;
  const auto asked = std::make_shared<int>();
  asked_ = asked;
  bus_.carry(
      patience,
      [this, program = std::move(program), line, done, asked] {
        if (running_) return done({false, 0, "a program of this activation runs already", {}});
        running_ = std::make_shared<Running>(Running{program.activation, work_of_(program), done});
        if (line) line(LogLine{0, 6, "it begins"});
        loop_.put(program.deadline, [this, weak = std::weak_ptr(running_)] {
          if (const auto running = weak.lock())
            end(running, {false, 0, "did not end in time, and was killed", {}});
        });
        go_on(running_, 0);
      },
      [done] {
        done({false, 0, "the bus is away", {}});
      });
}

void ModelPrograms::go_on(const std::shared_ptr<Running>& running, std::size_t piece) {
  if (piece == running->work.pieces.size()) return end(running, {true, running->work.exit_status, "", {}});
  const auto& next = running->work.pieces[piece];
  loop_.put(next.takes, [this, weak = std::weak_ptr(running), piece] {
    const auto alive = weak.lock();
    if (!alive || alive != running_) return;
    alive->work.pieces[piece].work();
    if (!alive->work.hangs) go_on(alive, piece + 1);
  });
}

void ModelPrograms::end(std::shared_ptr<Running> running, ProgramEnd end) {
  if (running != running_) return;
  running_ = nullptr;
  bus_.carry(
      std::chrono::hours{1}, [done = running->done, end = std::move(end)] { done(end); }, [] {});
}

void ModelPrograms::cancel() {
  if (running_) end(running_, {false, 0, "was killed", {}});
}

void ModelPrograms::abandon(const std::string& activation, Callback<void> done) {
  bus_.carry(
      milliseconds{25'000},
      [this, activation, done] {
        if (running_ && running_->activation == activation) end(running_, {false, 0, "was killed", {}});
        loop_.put(bus_.latency(), [done] { done({}); });
      },
      [done] { done(fail(Errc::unavailable, "the bus is away")); });
}

}  // namespace switchback::simulation
