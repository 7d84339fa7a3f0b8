// SPDX-License-Identifier: MIT
#include "activator/protocol/json_reader.hpp"

#include "activator/protocol/names.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace switchback {
namespace {

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

const nlohmann::json& empty_array() {
  static const nlohmann::json kEmpty = nlohmann::json::array();
  return kEmpty;
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::set<std::string, std::less<>>& known) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    const auto distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

JsonReader::JsonReader(const nlohmann::json& json, std::string where, Errc code)
    : json_(json), where_(std::move(where)), code_(code) {
  if (!json_.is_object()) reject("", "expected an object");
}

std::string JsonReader::path(std::string_view key) const {
  if (key.empty()) return where_.empty() ? "the document" : where_;
  return where_.empty() ? std::string(key) : where_ + "." + std::string(key);
}

void JsonReader::reject(std::string_view key, std::string_view problem) {
  reject(Error{code_, path(key) + ": " + std::string(problem)});
}

void JsonReader::reject(Error error) {
  if (!error_) error_ = std::move(error);
}

const nlohmann::json* JsonReader::find(const char* key) {
  asked_.insert(key);
  if (!json_.is_object()) return nullptr;
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

const nlohmann::json* JsonReader::member(const char* key) { return find(key); }

const nlohmann::json& JsonReader::array(const char* key) {
  const auto* value = find(key);
  if (value == nullptr) return empty_array();
  if (!value->is_array()) {
    reject(key, "expected an array");
    return empty_array();
  }
  return *value;
}

std::string JsonReader::string(const char* key) {
  const auto* value = find(key);
  if (value == nullptr) {
    reject(key, "is missing");
    return {};
  }
  return string_or(key, {});
}

std::string JsonReader::string_or(const char* key, std::string fallback) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_string()) {
    reject(key, "expected a string");
    return fallback;
  }
  return value->get<std::string>();
}

bool JsonReader::boolean_or(const char* key, bool fallback) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) {
    reject(key, "expected true or false");
    return fallback;
  }
  return value->get<bool>();
}

std::int64_t JsonReader::integer(const char* key, std::int64_t low, std::int64_t high) {
  if (find(key) == nullptr) reject(key, "is missing");
  return integer_or(key, low, low, high);
}

std::int64_t JsonReader::integer_or(const char* key, std::int64_t fallback, std::int64_t low,
                                    std::int64_t high) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_number_integer()) {
    reject(key, "expected a whole number");
    return fallback;
  }
  const bool too_large = value->is_number_unsigned() && high >= 0 &&
                         value->get<std::uint64_t>() > static_cast<std::uint64_t>(high);
  if (too_large || (!value->is_number_unsigned() && value->get<std::int64_t>() > high) ||
      (!too_large && value->get<std::int64_t>() < low)) {
    reject(key, "expected a number from " + std::to_string(low) + " to " + std::to_string(high));
    return fallback;
  }
  return value->get<std::int64_t>();
}

std::optional<double> JsonReader::number_if(const char* key) {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) {
    reject(key, "expected a number");
    return std::nullopt;
  }
  return value->get<double>();
}

std::chrono::milliseconds JsonReader::seconds_or(const char* key, std::chrono::milliseconds fallback) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  const double seconds = value->is_number() ? value->get<double>() : -1;
  if (!std::isfinite(seconds) || seconds < 0 || seconds > static_cast<double>(kLongestDuration.count())) {
    reject(key, "expected a number of seconds from 0 to " + std::to_string(kLongestDuration.count()));
    return fallback;
  }
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

std::vector<std::string> JsonReader::strings_or_empty(const char* key) {
  std::vector<std::string> strings;
  const auto& values = array(key);
  if (values.size() > kMaxListEntries) {
    reject(key, "has more than " + std::to_string(kMaxListEntries) + " entries");
    return strings;
  }
  for (const auto& value : values) {
    if (!value.is_string()) {
      reject(key, "expected an array of strings");
      return {};
    }
    strings.push_back(value.get<std::string>());
  }
  return strings;
}

Status JsonReader::finish(bool strict) {
  if (strict && !error_ && json_.is_object()) {
    for (const auto& [key, value] : json_.items()) {
      if (asked_.contains(key)) continue;
      const auto near = nearest(key, asked_);
      reject(key.substr(0, 80),
             near ? "is not known here; did you mean " + *near + "?" : "is not known here");
      break;
    }
  }
  if (error_) return tl::make_unexpected(*error_);
  return {};
}

}  // namespace switchback
