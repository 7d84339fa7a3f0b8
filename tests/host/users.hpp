// SPDX-License-Identifier: MIT
// Users of a host other than root.
#pragma once

#include "tests/support/testhost/test_host.hpp"

#include <string>

namespace switchback::test {

/// A user who may log in as root may, and copy closures through the nix daemon, as Debian has it.
void add_user(TestHost& host, const std::string& name);

}  // namespace switchback::test
