// SPDX-License-Identifier: MIT
#include "cli/display.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace switchback {
namespace {

constexpr std::size_t kUsualWidth = 80;
constexpr std::size_t kSmallestWidth = 40;

std::size_t terminal_width(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return std::max<std::size_t>(size.ws_col, kSmallestWidth);
}

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::unique_ptr<Display> display_for(DisplaySettings settings, bool json) {
  if (json) return json_display(std::move(settings), std::cout);
  const bool terminal = isatty(STDERR_FILENO) != 0;
  // Lines that go to a file are left whole, to be searched.
  if (terminal) settings.width = terminal_width(STDERR_FILENO);
  const bool dumb = variable("TERM").empty() || variable("TERM") == "dumb";
  if (!terminal || dumb || settings.verbosity < 0)
    return plain_display(std::move(settings), std::cout, std::cerr);
  settings.colours = variable("NO_COLOR").empty();
  return terminal_display(std::move(settings), std::cout, std::cerr);
}

}  // namespace

bool has_terminal() { return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0; }

std::size_t output_width() { return isatty(STDOUT_FILENO) != 0 ? terminal_width(STDOUT_FILENO) : 0; }

std::unique_ptr<Display> make_display(const std::string& node, bool json, int verbosity) {
  return display_for({.node = node, .verbosity = verbosity}, json);
}

std::unique_ptr<Display> make_watching_display(const std::string& node, bool json, int verbosity) {
  return display_for({.node = node, .verbosity = verbosity, .host_times = true}, json);
}

}  // namespace switchback
