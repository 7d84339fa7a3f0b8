// SPDX-License-Identifier: MIT
// The wire between a pusher and a host: a veth pair between their network namespaces, which can be cut.
#pragma once

#include "tests/support/testhost/world.hpp"

#include <string>

namespace switchback::test {

class Link {
 public:
  /// `number` tells the hosts of one pusher apart.
  Link(const World& pusher, const World& host, int number);

  [[nodiscard]] const std::string& host_address() const { return host_address_; }
  /// Nothing passes, and nobody is told: open connections hang, as when a cable is drawn.
  void cut() const;
  void restore() const;

 private:
  const World& pusher_;
  std::string pusher_end_;
  std::string host_address_;
};

}  // namespace switchback::test
