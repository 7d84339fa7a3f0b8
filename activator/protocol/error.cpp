// SPDX-License-Identifier: MIT
#include "activator/protocol/error.hpp"

#include <array>
#include <system_error>
#include <utility>

namespace switchback {
namespace {

constexpr std::array<std::pair<Errc, std::string_view>, 16> kWireNames{{
    {Errc::invalid_request, "org.switchback.Activator.InvalidRequest"},
    {Errc::invalid_closure, "org.switchback.Activator.InvalidClosure"},
    {Errc::not_permitted, "org.switchback.Activator.NotPermitted"},
    {Errc::busy, "org.switchback.Activator.Busy"},
    {Errc::no_such_activation, "org.switchback.Activator.NoSuchActivation"},
    {Errc::stale_connection, "org.switchback.Activator.StaleConnection"},
    {Errc::wrong_phase, "org.switchback.Activator.WrongPhase"},
    {Errc::unsupported_version, "org.switchback.Activator.UnsupportedVersion"},
    {Errc::method_not_found, "org.varlink.service.MethodNotFound"},
    {Errc::refused, "org.switchback.Activator.Refused"},
    {Errc::conflict, "org.switchback.Activator.Conflict"},
    {Errc::timeout, "org.switchback.Activator.Timeout"},
    {Errc::unavailable, "org.switchback.Activator.Unavailable"},
    {Errc::io, "org.switchback.Activator.Failed"},
    {Errc::corrupt, "org.switchback.Activator.Corrupt"},
    {Errc::internal, "org.switchback.Activator.Internal"},
}};

}  // namespace

Error with_context(Error error, std::string_view doing) {
  error.message = std::string(doing) + ": " + error.message;
  return error;
}

std::string errno_text(int error_number) { return std::generic_category().message(error_number); }

std::string_view wire_name(Errc code) {
  for (const auto& [candidate, name] : kWireNames) {
    if (candidate == code) return name;
  }
  return "org.switchback.Activator.Internal";
}

std::optional<Errc> errc_from_wire(std::string_view name) {
  for (const auto& [code, candidate] : kWireNames) {
    if (candidate == name) return code;
  }
  return std::nullopt;
}

}  // namespace switchback
