// SPDX-License-Identifier: MIT
// The one error type that crosses module boundaries, and its names on the wire. Decides which kinds of
// failure are told apart by a caller; does not decide how a person sees them (cli) or what the activation
// does (core).
#pragma once

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace switchback {

enum class Errc {
  invalid_request,      // the request itself is wrong: unknown field, bad value, over a limit
  invalid_closure,      // the closure is absent, of no known kind, or cannot be run on this host
  not_permitted,        // the peer may not do this
  busy,                 // another activation holds the host
  no_such_activation,   // no activation of that id, running or in the history
  stale_connection,     // a confirm over a connection that is older than the end of switching
  wrong_phase,          // the activation is in a phase in which this cannot be done (a late confirm)
  unsupported_version,  // the peer speaks an API version that this host does not
  method_not_found,     // Varlink: no such method
  refused,              // preparing found a reason not to begin; nothing has changed
  conflict,             // somebody else changed what we were about to change
  timeout,              // a deadline passed
  unavailable,          // a peer or service could not be reached
  io,                   // the operating system said no
  corrupt,              // something on disk or the wire could not be parsed
  internal,             // a fault of ours
};

/// A failure as a value: `message` says what happened, to what, and what to do about it.
struct Error {
  Errc code = Errc::internal;
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(Errc code, std::string message) {
  return tl::make_unexpected(Error{code, std::move(message)});
}

/// Puts what was being done in front of `error`'s message: «starting web.service: …».
[[nodiscard]] Error with_context(Error error, std::string_view doing);

/// The system's words for `error_number`, as in «No space left on device».
[[nodiscard]] std::string errno_text(int error_number);

/// The error's name on the wire, such as `org.switchback.Activator.Busy` or
/// `org.varlink.service.MethodNotFound`.
[[nodiscard]] std::string_view wire_name(Errc code);
/// The code for a name on the wire; nullopt when this version does not know it.
[[nodiscard]] std::optional<Errc> errc_from_wire(std::string_view name);

}  // namespace switchback
