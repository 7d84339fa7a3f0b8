// SPDX-License-Identifier: MIT
// What was typed, before it is known to make sense as a whole: every word is of its flag's type, no more.
#pragma once

#include "cli/options.hpp"

namespace switchback {

struct Typed {
  // Every verb.
  CommonOptions common{};
  std::vector<std::string> words{};  // TARGET…, or TARGET and ID
  std::string id{};
  std::optional<std::string> ssh_words{};
  int more = 0;
  bool quiet = false;

  // Those that activate something.
  bool test = false;
  std::optional<std::chrono::milliseconds> test_for{};
  bool dry_run = false;
  bool boot = false;
  std::optional<std::chrono::milliseconds> boot_within{};
  bool reboot = false;
  bool force = false;
  bool allow_unrevertible = false;
  bool no_retry_rejected = false;
  bool bootstrap = false;
  std::optional<std::string> activator{};
  std::string note{};
  std::optional<std::chrono::milliseconds> wait{};
  std::string profile{};

  // One or two verbs.
  std::string path{};
  std::optional<std::uint64_t> generation{};
  int limit = 10;
  std::optional<std::string> plot{};
  std::optional<std::string> output{};
};

}  // namespace switchback
