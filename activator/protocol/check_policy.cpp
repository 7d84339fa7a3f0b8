// SPDX-License-Identifier: MIT
#include "activator/protocol/check_policy.hpp"

#include "activator/protocol/json_reader.hpp"
#include "activator/protocol/names.hpp"
#include "activator/protocol/seconds.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace switchback {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestText = 4096;
constexpr int kHighestPort = 65535;

std::string read_text(JsonReader& reader, const char* key) {
  auto text = reader.string(key);
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) { return c == '\0' || c == '\n'; });
  if (text.empty() || text.size() > kLongestText || !plain)
    reader.reject(key, "must be one line of at most " + std::to_string(kLongestText) + " characters");
  return text;
}

ExecCheck read_exec(JsonReader& reader, CheckSide side) {
  ExecCheck check{reader.strings_or_empty("command"), reader.string_or("user", "")};
  if (check.command.empty()) {
    reader.reject("command", "must be an array of strings: the program and its arguments");
  } else if (side == CheckSide::host && !check.command.front().starts_with('/')) {
    reader.reject("command", "must begin with an absolute path on the host");
  }
  for (const auto& word : check.command) {
    if (word.find('\0') != std::string::npos || word.size() > kLongestText)
      reader.reject("command", "has a word that is too long, or has a NUL in it");
  }
  if (side == CheckSide::pusher && !check.user.empty())
    reader.reject("user", "cannot be chosen on the pusher's side");
  return check;
}

std::vector<int> read_status(JsonReader& reader) {
  std::vector<int> codes;
  for (const auto& code : reader.array("status")) {
    const bool good = code.is_number_integer() && code >= 100 && code <= 599;
    if (!good) reader.reject("status", "must be an array of numbers from 100 to 599");
    if (good && codes.size() < kMaxListEntries) codes.push_back(code.get<int>());
  }
  return codes;
}

std::map<std::string, std::string> read_headers(JsonReader& reader) {
  std::map<std::string, std::string> headers;
  const auto* members = reader.member("headers");
  if (members == nullptr) return headers;
  if (!members->is_object() || members->size() > kMaxListEntries) {
    reader.reject("headers", "must be an object of strings: what each header's value contains");
    return headers;
  }
  for (const auto& [name, value] : members->items()) {
    if (value.is_string())
      headers.emplace(name, value.get<std::string>());
    else
      reader.reject("headers", "must be an object of strings: what each header's value contains");
  }
  return headers;
}

HttpCheck read_http(JsonReader& reader, bool only_https) {
  HttpCheck check{read_text(reader, "url"), read_status(reader), reader.string_or("contains", ""),
                  read_headers(reader)};
  const bool https = check.url.starts_with("https://");
  if (only_https && !https) reader.reject("url", "must begin with https://");
  if (!https && !check.url.starts_with("http://"))
    reader.reject("url", "must begin with http:// or https://");
  return check;
}

/// HOST:PORT, with brackets around an address that has colons.
TcpCheck read_tcp(JsonReader& reader) {
  const auto address = read_text(reader, "address");
  const auto colon = address.rfind(':');
  TcpCheck check{address.substr(0, std::min(colon, address.size())), 0};
  if (check.host.starts_with('[') && check.host.ends_with(']'))
    check.host = check.host.substr(1, check.host.size() - 2);
  const auto port = colon == std::string::npos ? "" : address.substr(colon + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool good = error == std::errc{} && end == port.data() + port.size() && number > 0;
  if (check.host.empty() || !good || number > kHighestPort)
    reader.reject("address", "must be HOST:PORT, such as 127.0.0.1:5432 or [::1]:5432");
  check.port = static_cast<std::uint16_t>(good ? number : 0);
  return check;
}

UnitCheck read_unit(JsonReader& reader) {
  UnitCheck check{read_text(reader, "unit"), reader.string_or("state", "active")};
  constexpr const char* kStates[] = {"active", "inactive", "failed", "activating", "deactivating"};
  if (std::find(std::begin(kStates), std::end(kStates), check.state) == std::end(kStates))
    reader.reject("state", "must be one of active, inactive, failed, activating, deactivating");
  return check;
}

CheckQuestion read_question(JsonReader& reader, CheckSide side) {
  const auto type = reader.string("type");
  if (type == "exec") return read_exec(reader, side);
  if (side == CheckSide::pusher) reader.reject("type", "must be exec on the pusher's side");
  if (type == "http" || type == "https") return read_http(reader, type == "https");
  if (type == "tcp") return read_tcp(reader);
  if (type == "unit") return read_unit(reader);
  if (type == "dbus-name") return DbusNameCheck{read_text(reader, "name")};
  reader.reject("type", "this version knows: exec, http, https, tcp, unit, dbus-name");
  return UnitCheck{};
}

Result<CheckPolicy> parse_check(const json& document, const std::string& where) {
  JsonReader reader(document, where);
  const auto side_word = reader.string_or("side", "host");
  const auto side = parse<CheckSide>(side_word);
  if (!side) reader.reject("side", "must be host or pusher");
  CheckPolicy check{.question = read_question(reader, side.value_or(CheckSide::host)),
                    .side = side.value_or(CheckSide::host)};
  check.timeout = reader.seconds_or("timeout", check.timeout);
  check.interval = reader.seconds_or("interval", check.interval);
  check.successes = static_cast<int>(reader.integer_or("successes", check.successes, 1, kMostTries));
  check.failures = static_cast<int>(reader.integer_or("failures", check.failures, 1, kMostTries));
  check.required = reader.boolean_or("required", check.required);
  if (check.timeout.count() == 0) reader.reject("timeout", "must be more than 0");
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return check;
}

std::string address_of(const TcpCheck& check) {
  const bool brackets = check.host.find(':') != std::string::npos;
  return (brackets ? "[" + check.host + "]" : check.host) + ":" + std::to_string(check.port);
}

struct QuestionToJson {
  json operator()(const ExecCheck& check) const {
    json out{{"type", "exec"}, {"command", check.command}};
    if (!check.user.empty()) out["user"] = check.user;
    return out;
  }
  json operator()(const HttpCheck& check) const {
    json out{{"type", "http"}, {"url", check.url}};
    if (!check.status.empty()) out["status"] = check.status;
    if (!check.contains.empty()) out["contains"] = check.contains;
    if (!check.headers.empty()) out["headers"] = check.headers;
    return out;
  }
  json operator()(const TcpCheck& check) const { return {{"type", "tcp"}, {"address", address_of(check)}}; }
  json operator()(const UnitCheck& check) const {
    return {{"type", "unit"}, {"unit", check.unit}, {"state", check.state}};
  }
  json operator()(const DbusNameCheck& check) const { return {{"type", "dbus-name"}, {"name", check.name}}; }
};

}  // namespace

json to_json(const Checks& checks) {
  json out = json::object();
  for (const auto& [name, check] : checks) {
    auto document = std::visit(QuestionToJson{}, check.question);
    document["side"] = text(check.side);
    document["timeout"] = to_seconds(check.timeout);
    document["interval"] = to_seconds(check.interval);
    document["successes"] = check.successes;
    document["failures"] = check.failures;
    document["required"] = check.required;
    out[name] = std::move(document);
  }
  return out;
}

Result<Checks> parse_checks(const json& document, const std::string& where) {
  if (!document.is_object()) return fail(Errc::invalid_request, where + ": expected an object");
  if (document.size() > kMaxChecks)
    return fail(Errc::invalid_request, where + ": more than " + std::to_string(kMaxChecks) + " checks");
  Checks checks;
  for (const auto& [name, member] : document.items()) {
    const bool plain = std::none_of(name.begin(), name.end(), [](char c) { return c >= 0 && c < ' '; });
    if (name.empty() || name.size() > 64 || !plain)
      return fail(Errc::invalid_request, where + ": a check's name is one line of 1 to 64 characters");
    auto check = parse_check(member, where + "." + name);
    if (!check) return tl::make_unexpected(check.error());
    checks.emplace(name, std::move(*check));
  }
  return checks;
}

}  // namespace switchback
