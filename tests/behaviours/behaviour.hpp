// SPDX-License-Identifier: MIT
// One way in which a service behaves on a host, and what a deployment of it must come to: read from a file of
// corpus/, which tests/behaviours/README.md describes. Knows the format alone; what is done with it is
// play.hpp's.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace switchback::test {

struct Behaviour {
  std::string name;                               // the file's
  std::string about;                              // a sentence
  std::string expected;                           // the outcome's word: «committed», «reverted», …
  std::string cause;                              // what the first cause must say; empty: anything
  std::vector<std::string> says;                  // what must stand on the terminal, too
  std::vector<std::string> never_says;            // what must not
  std::vector<std::string> options;               // of the command
  int systemd = 0;                                // the oldest that knows what it is about
  int takes = 15;                                 // seconds, about: the longest are begun first
  bool golden = false;                            // its terminal output is kept
  bool chosen = false;                            // one of those that Debian 13 is tested with each time
  std::map<std::string, std::string> closure;     // the files of what is deployed
  std::map<std::string, std::string> earlier;     // of the generation before it; empty: there was none
  std::map<std::string, std::string> host_files;  // written to the host first
  std::string prepare;                            // shell, on the host, before the deployment
  std::string soak;                               // while it is observed
  std::string afterwards;                         // must succeed once it has ended
  std::string clean;                              // besides what is always tidied up
};

/// Throws std::runtime_error that names the file and the line.
Behaviour parse_behaviour(const std::string& name, const std::string& text);
/// All of a directory, sorted by name.
std::vector<Behaviour> read_corpus(const std::filesystem::path& directory);

}  // namespace switchback::test
