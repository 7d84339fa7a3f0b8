// SPDX-License-Identifier: MIT
#include "cli/exit_status.hpp"

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

}  // namespace switchback
