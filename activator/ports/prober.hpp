// SPDX-License-Identifier: MIT
// What the engine needs to ask the gate's checks on this host. How often, and what an answer means, is
// core/check_track.hpp's affair.
#pragma once

#include "activator/core/check_track.hpp"
#include "activator/protocol/error.hpp"

#include <functional>
#include <memory>
#include <string>

namespace switchback {

struct CheckQuery {
  std::string name;  // for a person
  CheckPolicy policy;
  std::string activation;  // its id
};

/// A try that is under way while it lives: destroying it ends what was begun for it, with all its processes.
class Asking {
 public:
  Asking() = default;
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  virtual ~Asking() = default;
};

class Prober {
 public:
  Prober() = default;
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;
  virtual ~Prober() = default;

  /// Small local reads: blocks. Errors: refused when `policy` can never be asked here, whatever runs: its
  /// program is not there, the host has no such user, it is no name of a unit.
  [[nodiscard]] virtual Status can_ask(const CheckPolicy& policy) = 0;
  /// Asks once. `done` is called once, later, from the loop: soon after the policy's timeout at the latest.
  /// It may destroy the token.
  [[nodiscard]] virtual std::unique_ptr<Asking> ask(CheckQuery query, std::function<void(CheckTry)> done) = 0;
  /// Ends what an activator before this one left running of its tries.
  virtual void abandon() = 0;
};

}  // namespace switchback
