// SPDX-License-Identifier: MIT
// Varlink's envelope: calls, replies, errors, and the NUL byte that ends each. Knows no method of ours.
// Source: https://varlink.org/Wire-Protocol
#pragma once

#include "activator/protocol/error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace switchback {

struct Call {
  std::string method;  // interface and member: org.switchback.Activator.Status
  nlohmann::json parameters = nlohmann::json::object();
  bool more = false;    // the caller takes a stream of replies
  bool oneway = false;  // the caller takes none
};

struct Reply {
  nlohmann::json parameters = nlohmann::json::object();
  bool continues = false;            // another reply to the same call follows
  std::optional<std::string> error;  // the error's wire name; parameters are then the error's own
};

[[nodiscard]] std::string encode(const Call& call);
[[nodiscard]] std::string encode(const Reply& reply);
[[nodiscard]] Reply error_reply(const Error& error);
/// Errors: invalid_request when it is not JSON, not an object, or has a field of the wrong type.
[[nodiscard]] Result<Call> parse_call(std::string_view frame);
[[nodiscard]] Result<Reply> parse_reply(std::string_view frame);
/// The reply's error as a value; only for a reply with one.
[[nodiscard]] Error error_of(const Reply& reply);

/// Cuts a byte stream into frames at NUL bytes.
class FrameReader {
 public:
  explicit FrameReader(std::size_t max_frame_bytes) : limit_(max_frame_bytes) {}
  /// Errors: invalid_request once an unfinished frame is over the limit; the stream is then lost.
  [[nodiscard]] Status feed(std::string_view bytes);
  [[nodiscard]] std::optional<std::string> next();

 private:
  std::size_t limit_;
  std::string buffer_;
  std::size_t scanned_ = 0;
};

}  // namespace switchback
