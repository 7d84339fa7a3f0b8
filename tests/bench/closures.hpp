// SPDX-License-Identifier: MIT
// The closures that are measured with.
#pragma once

#include "tests/support/testhost/closure.hpp"
#include "tests/support/testhost/test_host.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace switchback::bench {

/// One service that runs `script`; `mark` tells it from others.
inline std::string service(test::TestHost& host, const std::string& mark, const std::string& script) {
  return test::web_closure("# " + mark + "\n" + script).build(host.pusher());
}

inline std::vector<std::string> deploy_command(const std::string& closure, const std::string& soak) {
  return {"switchback", "deploy", "--host", "root@target", "--path", closure,
          "--profile",  "app",    "--soak", soak,          "--quiet"};
}

inline void run(test::TestHost& host, const std::vector<std::string>& argv, int expected = 0) {
  const auto result = host.pusher(argv);
  if (result.status != expected) {
    throw std::runtime_error(argv.front() + " ended with " + std::to_string(result.status) + ": " +
                             result.out + result.err);
  }
}

}  // namespace switchback::bench
