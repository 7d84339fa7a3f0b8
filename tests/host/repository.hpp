// SPDX-License-Identifier: MIT
// A repository of the pusher's, as users have them: a directory with a flake or another manifest.
#pragma once

#include "tests/support/testhost/test_host.hpp"

#include <string>

namespace switchback::test {

/// Runs a line of shell there.
CommandResult in_repository(TestHost& host, const std::string& command);
void write(TestHost& host, const std::string& name, const std::string& text);
/// A flake with node «web»; `settings` are more of its attributes, `outputs` more of the flake's.
void write_flake(TestHost& host, const std::string& name, const std::string& settings = "",
                 const std::string& outputs = "");

}  // namespace switchback::test
