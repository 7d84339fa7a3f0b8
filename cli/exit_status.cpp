// SPDX-License-Identifier: MIT
#include "cli/exit_status.hpp"

#include <algorithm>

namespace switchback {

ExitStatus exit_status(Errc code) {
  switch (code) {
    case Errc::busy:
      return ExitStatus::busy;
    case Errc::unavailable:
    case Errc::timeout:
      return ExitStatus::unreachable;
    case Errc::invalid_request:
    case Errc::invalid_closure:
    case Errc::not_permitted:
    case Errc::no_such_activation:
    case Errc::stale_connection:
    case Errc::wrong_phase:
    case Errc::unsupported_version:
    case Errc::method_not_found:
    case Errc::refused:
    case Errc::conflict:
    case Errc::io:
    case Errc::corrupt:
    case Errc::internal:
      return ExitStatus::nothing_changed;
  }
  return ExitStatus::nothing_changed;
}

ExitStatus worst(const std::vector<ExitStatus>& statuses) {
  for (const auto candidate : {ExitStatus::needs_a_person, ExitStatus::unknown, ExitStatus::reverted,
                               ExitStatus::committed_unhealthy, ExitStatus::busy, ExitStatus::unreachable,
                               ExitStatus::nothing_changed, ExitStatus::usage}) {
    if (std::find(statuses.begin(), statuses.end(), candidate) != statuses.end()) return candidate;
  }
  return ExitStatus::done;
}

}  // namespace switchback
