// SPDX-License-Identifier: MIT
#include "tests/support/testhost/link.hpp"

#include <stdexcept>

namespace switchback::test {
namespace {

void must(const World& world, const std::string& shell) {
  const CommandResult result = world.run(shell);
  if (result.status != 0) throw std::runtime_error(shell + ": " + result.err);
}

}  // namespace

Link::Link(const World& pusher, const World& host, int number)
    : pusher_(pusher), pusher_end_("to-host" + std::to_string(number)) {
  const std::string net = "10.203." + std::to_string(number) + ".";
  host_address_ = net + "2";
  // Made from outside: only there both processes have an id.
  output_of({"ip", "link", "add", "name", pusher_end_, "netns", std::to_string(pusher.pid()), "type", "veth",
             "peer", "name", "host0", "netns", std::to_string(host.pid())});
  must(pusher, "ip addr add " + net + "1/24 dev " + pusher_end_ + " && ip link set up dev " + pusher_end_);
  must(host, "ip addr add " + host_address_ + "/24 dev host0 && ip link set up dev host0");
}

void Link::cut() const { must(pusher_, "ip link set down dev " + pusher_end_); }

void Link::restore() const { must(pusher_, "ip link set up dev " + pusher_end_); }

}  // namespace switchback::test
