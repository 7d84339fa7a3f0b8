// SPDX-License-Identifier: MIT
// A program as a transient unit: how systemd is told of it, and what its properties say of its end. Pure but
// for the types of sdbus-c++. Source: org.freedesktop.systemd1(5), StartTransientUnit; systemd 252.
#pragma once

#include "activator/adapters/unit_properties.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

inline constexpr std::size_t kMaxTransientOutputBytes = std::size_t{64} * 1024;
/// What programs find as PATH: those of NixOS, of nix, and of every other distribution.
inline constexpr const char* kProgramPath =
    "/run/wrappers/bin:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:/usr/local/sbin:"
    "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct TransientCommand {
  std::vector<std::string> argv;  // argv[0] is an absolute path
  std::map<std::string, std::string> environment;
  std::string directory;    // empty: /
  std::string user;         // empty: root
  std::string description;  // for a person who looks at the unit
  std::string activation;   // what it says carries SWITCHBACK_ACTIVATION=; may be empty
  std::string unit;         // empty: switchback-run-<activation, or a random id>.service
  std::chrono::milliseconds deadline{60'000};
  /// It only looks: it may change nothing of the host, take little of it, and is killed at once at its
  /// deadline. Without a user it is one of its own.
  bool confined = false;
};

enum class TransientEnd {
  exited,
  killed,       // by a signal
  timed_out,    // killed at its deadline
  canceled,     // killed because we asked
  not_started,  // systemd could not run it
  unknown,      // it is gone, and nobody saw how: never to be taken for success
};

struct TransientResult {
  TransientEnd end = TransientEnd::unknown;
  int status = 0;       // exit status, or signal number of `killed`
  std::string problem;  // what else a person should know
  std::string output;   // its last lines, kMaxTransientOutputBytes at most

  [[nodiscard]] bool succeeded() const { return end == TransientEnd::exited && status == 0; }
  /// «exit status 2», «killed by signal 9 (Killed)», «it was not started: …», for a person.
  [[nodiscard]] std::string describe() const;
};

using TransientProperties = std::vector<sdbus::Struct<std::string, sdbus::Variant>>;
[[nodiscard]] TransientProperties transient_properties(const TransientCommand& command);

/// How the program ended, by the properties of its unit; nullopt while it may still run. The output is not in
/// it.
[[nodiscard]] std::optional<TransientResult> transient_end(const PropertyMap& properties);

}  // namespace switchback
