// SPDX-License-Identifier: MIT
// The only place that knows sdbus-c++ 1.2 (Debian 12) from 2.x (Debian 13, nixpkgs): names, replies, matches,
// and driving a connection from a foreign loop. Chosen by feature, not by version number.
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace switchback::compat {

#if __has_include(<sdbus-c++/VTableItems.h>)  // shipped from 2.0.0 on

using ServiceName = sdbus::ServiceName;
using ReplyError = std::optional<sdbus::Error>;
using MatchMessage = sdbus::Message;

inline std::string error_name(const sdbus::Error& error) { return error.getName(); }

inline sdbus::Error make_error(const std::string& name, const std::string& message) {
  return sdbus::Error(sdbus::Error::Name(name), message);
}

inline sdbus::Slot add_match(sdbus::IConnection& connection, const std::string& rule,
                             std::function<void(MatchMessage)> heard) {
  return connection.addMatch(rule, std::move(heard), sdbus::return_slot);
}

inline bool process_one(sdbus::IConnection& connection) { return connection.processPendingEvent(); }

/// CLOCK_MONOTONIC; nullopt: no timeout.
inline std::optional<std::uint64_t> poll_timeout_usec(const sdbus::IConnection::PollData& poll) {
  if (poll.timeout == std::chrono::microseconds::max()) return std::nullopt;
  return static_cast<std::uint64_t>(poll.timeout.count());
}

template <class Function>
void add_method(sdbus::IObject& object, const std::string& interface, const std::string& method,
                Function function) {
  object.addVTable(sdbus::registerMethod(sdbus::MethodName(method)).implementedAs(std::move(function)))
      .forInterface(sdbus::InterfaceName(interface));
}
template <class Getter>
void add_property(sdbus::IObject& object, const std::string& interface, const std::string& property,
                  Getter getter) {
  object.addVTable(sdbus::registerProperty(sdbus::PropertyName(property)).withGetter(std::move(getter)))
      .forInterface(sdbus::InterfaceName(interface));
}
inline void publish(sdbus::IObject&) {}
inline void request_name(sdbus::IConnection& connection, const std::string& name) {
  connection.requestName(sdbus::ServiceName(name));
}

#else

using ServiceName = std::string;
using ReplyError = const sdbus::Error*;
using MatchMessage = sdbus::Message&;

inline std::string error_name(const sdbus::Error& error) { return error.getName(); }

inline sdbus::Error make_error(const std::string& name, const std::string& message) {
  return sdbus::Error(name, message);
}

inline sdbus::Slot add_match(sdbus::IConnection& connection, const std::string& rule,
                             std::function<void(MatchMessage)> heard) {
  return connection.addMatch(rule, std::move(heard));
}

inline bool process_one(sdbus::IConnection& connection) { return connection.processPendingRequest(); }

/// CLOCK_MONOTONIC; nullopt: no timeout.
inline std::optional<std::uint64_t> poll_timeout_usec(const sdbus::IConnection::PollData& poll) {
  if (poll.timeout_usec == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  return poll.timeout_usec;
}

template <class Function>
void add_method(sdbus::IObject& object, const std::string& interface, const std::string& method,
                Function function) {
  object.registerMethod(method).onInterface(interface).implementedAs(std::move(function));
}
template <class Getter>
void add_property(sdbus::IObject& object, const std::string& interface, const std::string& property,
                  Getter getter) {
  object.registerProperty(property).onInterface(interface).withGetter(std::move(getter));
}
inline void publish(sdbus::IObject& object) { object.finishRegistration(); }
inline void request_name(sdbus::IConnection& connection, const std::string& name) {
  connection.requestName(name);
}

#endif

}  // namespace switchback::compat
