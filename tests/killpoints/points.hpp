// SPDX-License-Identifier: MIT
// Kill points: every moment at which a process can die, or an operation fail, and anybody would see a
// difference. Between any two system calls that change a file (system_calls.cpp), and before and after each
// request to systemd (far_ports.cpp). Decides which point is struck by which fault. Several processes take
// part: the activator and what it starts; the plan that they share is a mapped file.
#pragma once

#include <sys/types.h>

#include <array>
#include <string>
#include <vector>

namespace switchback::test {

enum class Fault : unsigned {
  kill,         // SIGKILL to the activator and all that it started
  kill_reboot,  // and the host goes down with it
  torn,         // half of a write is done, then SIGKILL
  io_error,     // EIO, once
  no_space,     // ENOSPC, once
  disk_full,    // ENOSPC from here on, until some time after the outcome
  broken_disk,  // EIO from here on, until the activator is started again
};
inline constexpr std::array kFaults{Fault::kill,     Fault::kill_reboot, Fault::torn,       Fault::io_error,
                                    Fault::no_space, Fault::disk_full,   Fault::broken_disk};
[[nodiscard]] const char* name_of(Fault fault);

/// What may happen at a point, beyond death.
enum class Moment {
  after,    // it has been done
  request,  // before a request to another process, or a program's start
  change,   // before a change of a directory that needs no space
  space,    // before one that does
  write,    // before a write
};
[[nodiscard]] bool can_strike(Fault fault, Moment moment);

struct Point {
  std::array<char, 112> name;
  Moment moment;
};

/// All zeros and no fault in the beginning. Lies in memory that processes share.
struct Plan {
  bool strikes;  // at number `at`, with `fault`
  int at;
  Fault fault;
  bool has_struck;
  bool fails_from_now;                  // disk_full, broken_disk
  std::array<char, 112> dies_first_at;  // beforehand: the point at which the activator dies once; empty: none
  bool has_died;                        // there
  pid_t activator;
  std::array<char, 128> root;  // of the host's files, besides /nix/var
  int reached;                 // how many points so far
  std::array<Point, 6000> points;
};

/// Maps the plan in `file`, which is made when it is not there.
[[nodiscard]] Plan* map_plan(const std::string& file);

/// From now on this process's points are those of `plan`.
void take_part(Plan* plan);

/// Nothing but a number when the process does not take part. Returns 0, or the errno that the operation must
/// fail with; or kTear: half of the write, then die(). Does not return when the process is to die here.
[[nodiscard]] int reach(const std::string& name, Moment moment);
inline constexpr int kTear = -1;
[[noreturn]] void die();

/// The name of `path` in the names of points; empty when it is none of the host's files.
[[nodiscard]] std::string place_of(const std::string& path);

}  // namespace switchback::test
