// SPDX-License-Identifier: MIT
#include "tests/killpoints/messages.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <string>

namespace switchback::test {
namespace {

constexpr std::size_t kLongest = 128 * 1024;

/// Every member that a model of systemd may set, with its name.
void each_member(auto& unit, auto visit) {
  visit("load", unit.load);
  visit("active", unit.active);
  visit("sub", unit.sub);
  visit("fragment", unit.fragment);
  visit("type", unit.service_type);
  visit("result", unit.result);
  visit("invocation", unit.invocation);
  visit("restarts", unit.restarts);
  visit("code", unit.exec_code);
  visit("status", unit.exec_status);
  visit("job", unit.has_job);
}

}  // namespace

nlohmann::json whole_json(const Snapshot& units) {
  auto json = nlohmann::json::object();
  for (const auto& [name, unit] : units) {
    auto& members = json[name.text()];
    each_member(unit, [&](const char* member, const auto& value) { members[member] = value; });
  }
  return json;
}

Snapshot whole_snapshot(const nlohmann::json& json) {
  Snapshot units;
  for (const auto& [name, members] : json.items()) {
    auto& unit = units[*UnitName::parse(name)];
    each_member(unit, [&](const char* member, auto& value) { members.at(member).get_to(value); });
  }
  return units;
}

bool send_message(int socket, const nlohmann::json& message) {
  const auto text = message.dump();
  return ::send(socket, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

std::optional<nlohmann::json> receive_message(int socket) {
  std::string text(kLongest, '\0');
  ssize_t length = 0;
  do {
    length = ::recv(socket, text.data(), text.size(), 0);
  } while (length < 0 && errno == EINTR);
  if (length <= 0) return std::nullopt;
  return nlohmann::json::parse(text.substr(0, static_cast<std::size_t>(length)));
}

}  // namespace switchback::test
