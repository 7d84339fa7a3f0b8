// SPDX-License-Identifier: MIT
// The gate's checks on this host: programs, and what goes over a network, as confined transient units; units
// and bus names by asking on the bus. Decides what an answer of each kind is; not how often it is asked.
#pragma once

#include "activator/adapters/bus.hpp"
#include "activator/adapters/transient_runner.hpp"
#include "activator/ports/prober.hpp"
#include "activator/ports/unit_manager.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace switchback {

class HostProber : public Prober {
 public:
  /// `probe` is the program that asks http, https and tcp: see activator/probe.
  HostProber(Bus& bus, EventLoop& loop, UnitManager& units, TransientRunner& runner, std::string probe);
  ~HostProber() override;

  [[nodiscard]] Status can_ask(const CheckPolicy& policy) override;
  [[nodiscard]] std::unique_ptr<Asking> ask(CheckQuery query, std::function<void(CheckTry)> done) override;
  void abandon() override;

 private:
  struct Try;
  class Token;
  void pump();
  void begin(const std::shared_ptr<Try>& attempt);
  void begin(const std::shared_ptr<Try>& attempt, const ExecCheck& check);
  void begin(const std::shared_ptr<Try>& attempt, const HttpCheck& check);
  void begin(const std::shared_ptr<Try>& attempt, const TcpCheck& check);
  void begin(const std::shared_ptr<Try>& attempt, const UnitCheck& check);
  void begin(const std::shared_ptr<Try>& attempt, const DbusNameCheck& check);
  using Judge = CheckTry (*)(const TransientResult& result, std::chrono::milliseconds timeout);
  void run(const std::shared_ptr<Try>& attempt, std::vector<std::string> argv, const std::string& user,
           Judge judge);
  void probe(const std::shared_ptr<Try>& attempt);
  void answer(const std::shared_ptr<Try>& attempt, CheckTry given);
  void end(Try& attempt);

  Bus& bus_;
  EventLoop& loop_;
  UnitManager& units_;
  TransientRunner& runner_;
  std::string probe_;
  std::string units_begin_with_;  // those of this process
  std::uint64_t last_unit_ = 0;
  std::deque<std::weak_ptr<Try>> waiting_;
  std::size_t under_way_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace switchback
