// SPDX-License-Identifier: MIT
// switchback-generator: systemd runs it with the three directories that generators write to. It must not
// fail: systemd would then start without any of the units.
#include "activator/generator/generate.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

namespace {

/// systemd gives generators no journal: the kernel's log is what there is so early.
void complain(const std::string& problem) {
  const auto line = "<4>switchback-generator: " + problem + "\n";
  const int fd = ::open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY);
  const bool written = fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (fd >= 0) ::close(fd);
  if (!written) std::cerr << line;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--version") {
    std::cout << "switchback-generator " SWITCHBACK_VERSION "\n";
    return EXIT_SUCCESS;
  }
  if (argc != 2 && argc != 4) {
    std::cerr << "usage: switchback-generator NORMAL-DIR [EARLY-DIR LATE-DIR]   (systemd.generator(7))\n";
    return 2;
  }
  try {
    switchback::generate(switchback::CopyPlaces{}, argv[1], complain);
  } catch (const std::exception& error) {
    complain(std::string("some units may be missing: ") + error.what());
  }
  return EXIT_SUCCESS;
}
