// SPDX-License-Identifier: MIT
#include "cli/exit_status.hpp"
#include "cli/verbs.hpp"

#include <csignal>
#include <exception>
#include <iostream>

namespace {

int run_command(const std::vector<std::string>& arguments) {
  using namespace switchback;
  const auto options = parse_options(arguments);
  if (!options) {
    std::cerr << "switchback: " << options.error().message << '\n';
    return number(ExitStatus::usage);
  }
  return number(std::visit([](const auto& verb) { return run(verb); }, *options));
}

}  // namespace

int main(int argc, char** argv) {
  // A connection that breaks is an error to be handled, not the end.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run_command({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "switchback: " << error.what() << '\n';
    return switchback::number(switchback::ExitStatus::nothing_changed);
  }
}
