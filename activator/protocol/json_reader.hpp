// SPDX-License-Identifier: MIT
// Typed, strict reading of a JSON object: each field is asked for once, and `finish` refuses what nobody
// asked for. Decides how a wrong document is described («changes[0].closure: expected a string»), not what a
// field means.
#pragma once

#include "activator/protocol/error.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace switchback {

/// Collects the first error; every getter returns a usable default after one, so parsers read top to bottom.
class JsonReader {
 public:
  JsonReader(const nlohmann::json& json, std::string where, Errc code = Errc::invalid_request);

  [[nodiscard]] std::string string(const char* key);
  [[nodiscard]] std::string string_or(const char* key, std::string fallback);
  [[nodiscard]] bool boolean_or(const char* key, bool fallback);
  [[nodiscard]] std::int64_t integer(const char* key, std::int64_t low, std::int64_t high);
  [[nodiscard]] std::int64_t integer_or(const char* key, std::int64_t fallback, std::int64_t low,
                                        std::int64_t high);
  [[nodiscard]] std::optional<double> number_if(const char* key);
  /// A number of seconds, fractions allowed, between zero and kLongestDuration.
  [[nodiscard]] std::chrono::milliseconds seconds_or(const char* key, std::chrono::milliseconds fallback);
  [[nodiscard]] std::vector<std::string> strings_or_empty(const char* key);
  /// The member itself; nullptr when absent or null.
  [[nodiscard]] const nlohmann::json* member(const char* key);
  /// The member as an array; an empty one when absent.
  [[nodiscard]] const nlohmann::json& array(const char* key);

  [[nodiscard]] std::string path(std::string_view key) const;
  void reject(std::string_view key, std::string_view problem);
  void reject(Error error);
  [[nodiscard]] bool ok() const { return !error_; }

  /// Errors: the first that was met; with `strict`, also a member that was never asked for, naming the
  /// nearest known.
  [[nodiscard]] Status finish(bool strict = true);

 private:
  const nlohmann::json* find(const char* key);

  const nlohmann::json& json_;
  std::string where_;
  Errc code_;
  std::set<std::string, std::less<>> asked_;
  std::optional<Error> error_;
};

/// The candidate with the smallest edit distance, when that is small enough to be a slip.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::set<std::string, std::less<>>& known);

}  // namespace switchback
