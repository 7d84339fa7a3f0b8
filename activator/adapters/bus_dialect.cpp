// SPDX-License-Identifier: MIT
#include "activator/adapters/bus_dialect.hpp"

#include <bit>
#include <cstring>
#include <map>
#include <optional>

namespace switchback {
namespace {

constexpr std::size_t kFixedHeader = 16;
constexpr std::size_t kMaxMessage = std::size_t{128} << 20U;
constexpr char kOurEndian = std::endian::native == std::endian::little ? 'l' : 'B';
constexpr const char* kBusName = "org.freedesktop.DBus";
constexpr const char* kManagerName = "org.freedesktop.systemd1";  // what it calls itself, where it does
constexpr const char* kClientUniqueName = ":1.1";

constexpr char kMethodCall = 1;
constexpr char kMethodReturn = 2;
constexpr char kNoReplyExpected = 1;
enum FieldCode : char { member = 3, reply_serial = 5, destination = 6, sender = 7, signature = 8 };

std::size_t padded(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

void put_number(std::string& bytes, std::uint32_t number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void put_string(std::string& bytes, std::string_view text) {
  bytes.resize(padded(bytes.size(), 4));
  put_number(bytes, static_cast<std::uint32_t>(text.size()));
  bytes.append(text).push_back('\0');
}

void begin_field(std::string& fields, FieldCode code, char type) {
  fields.resize(padded(fields.size(), 8));
  fields.append({code, 1, type, '\0'});
}

struct Extent {
  std::size_t fields = 0;  // their length, without padding
  std::size_t body = 0;    // where it begins
  std::size_t end = 0;
};

/// nullopt: not enough of it is there. `end` is 0 when this is no message of our byte order.
std::optional<Extent> extent_of(std::string_view bytes) {
  if (bytes.size() < kFixedHeader) return std::nullopt;
  const std::size_t fields = number_at(bytes, 12);
  const std::size_t body = padded(kFixedHeader + fields, 8);
  const std::size_t end = body + number_at(bytes, 4);
  if (bytes[0] != kOurEndian || end > kMaxMessage) return Extent{};
  if (bytes.size() < end) return std::nullopt;
  return Extent{fields, body, end};
}

/// The header fields that are strings, by their code. What cannot be read ends the list.
std::map<char, std::string> texts_of(std::string_view fields) {
  std::map<char, std::string> texts;
  for (std::size_t at = 0; at + 8 <= fields.size(); at = padded(at, 8)) {
    const char code = fields[at];
    const char type = fields[at + 2];
    if (fields[at + 1] != 1) break;
    at += 4;  // the value: code, the signature's length, its one letter and its NUL come before
    if (type == 'g') {
      at += 2 + static_cast<unsigned char>(fields[at]);
    } else if (type == 'u') {
      at += 4;
    } else {
      const std::size_t length = number_at(fields, at);
      if (length > fields.size() - at - 4) break;
      texts[code] = fields.substr(at + 4, length);
      at += 4 + length + 1;
    }
  }
  return texts;
}

std::string message_of(std::string_view fixed, const std::string& fields, std::string_view body) {
  std::string message(fixed.substr(0, 4));
  put_number(message, static_cast<std::uint32_t>(body.size()));
  message.append(fixed.substr(8, 4));  // its serial number
  put_number(message, static_cast<std::uint32_t>(fields.size()));
  message.append(fields);
  message.resize(padded(message.size(), 8));
  return message.append(body);
}

std::string with_sender(std::string_view message, const Extent& extent) {
  std::string fields(message.substr(kFixedHeader, extent.fields));
  if (texts_of(fields).contains(FieldCode::sender)) return std::string(message);
  begin_field(fields, FieldCode::sender, 's');
  put_string(fields, kManagerName);
  return message_of(message.substr(0, kFixedHeader), fields, message.substr(extent.body));
}

std::string reply_to(std::string_view call, const std::string& member, std::uint32_t serial) {
  std::string fields;
  begin_field(fields, FieldCode::reply_serial, 'u');
  put_number(fields, number_at(call, 8));
  begin_field(fields, FieldCode::sender, 's');
  put_string(fields, kBusName);
  std::string body;
  if (member == "Hello" || member == "GetNameOwner") {
    begin_field(fields, FieldCode::signature, 'g');
    fields.append({1, 's', '\0'});
    put_string(body, member == "Hello" ? kClientUniqueName : kManagerName);
  }
  std::string fixed{kOurEndian, kMethodReturn, kNoReplyExpected, 1, 0, 0, 0, 0};
  put_number(fixed, serial);
  return message_of(fixed, fields, body);
}

}  // namespace

bool BusDialect::from_client(std::string_view bytes, std::string& to_manager, std::string& to_client) {
  client_.append(bytes);
  while (!client_has_begun_) {
    const auto line = client_.find("\r\n");
    if (line == std::string::npos) return client_.size() < kMaxMessage;
    client_has_begun_ = client_.starts_with("BEGIN");
    to_manager += client_.substr(0, line + 2);
    client_.erase(0, line + 2);
  }
  for (auto extent = extent_of(client_); extent; extent = extent_of(client_)) {
    if (extent->end == 0) return false;
    const auto message = client_.substr(0, extent->end);
    client_.erase(0, extent->end);
    auto texts = texts_of(std::string_view(message).substr(kFixedHeader, extent->fields));
    if (texts[FieldCode::destination] != kBusName) {
      to_manager += message;
    } else if (message[1] == kMethodCall && (message[2] & kNoReplyExpected) == 0) {
      to_client += reply_to(message, texts[FieldCode::member], ++last_serial_);
    }
  }
  return true;
}

bool BusDialect::from_manager(std::string_view bytes, std::string& to_client) {
  manager_.append(bytes);
  // Its lines of the authentication begin with a capital letter, but none with that of a message.
  while (!manager_.empty() && manager_[0] != kOurEndian) {
    const auto line = manager_.find("\r\n");
    if (line == std::string::npos) return manager_.size() < kMaxMessage;
    to_client += manager_.substr(0, line + 2);
    manager_.erase(0, line + 2);
  }
  for (auto extent = extent_of(manager_); extent; extent = extent_of(manager_)) {
    if (extent->end == 0) return false;
    to_client += with_sender(std::string_view(manager_).substr(0, extent->end), *extent);
    manager_.erase(0, extent->end);
  }
  return true;
}

}  // namespace switchback
