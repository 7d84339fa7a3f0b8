// SPDX-License-Identifier: MIT
// How a value of each type is read out of a manifest. Decides types and limits, and that null says nothing;
// not which options there are.
#pragma once

#include "activator/protocol/json_reader.hpp"
#include "activator/protocol/store_path.hpp"
#include "activator/protocol/vocabulary.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// Must be there.
void read_option(JsonReader& reader, const char* key, std::string& into);
void read_option(JsonReader& reader, const char* key, std::optional<std::string>& into);
void read_option(JsonReader& reader, const char* key, std::optional<bool>& into);
/// A count of what a unit may do: from 1 to 1000, as in a request.
void read_option(JsonReader& reader, const char* key, std::optional<int>& into);
void read_option(JsonReader& reader, const char* key, std::optional<std::chrono::milliseconds>& into);
void read_option(JsonReader& reader, const char* key, std::optional<StorePath>& into);
void read_option(JsonReader& reader, const char* key, std::vector<std::string>& into);
void read_option(JsonReader& reader, const char* key, std::vector<int>& into);
void read_option(JsonReader& reader, const char* key, std::map<std::string, std::string>& into);
/// One of the words that `Enum` has.
template <class Enum>
void read_option(JsonReader& reader, const char* key, std::optional<Enum>& into);

/// Says which words there are.
void reject_word(JsonReader& reader, const char* key, const std::string& word,
                 const std::vector<std::string>& allowed);

template <class Enum>
void read_option(JsonReader& reader, const char* key, std::optional<Enum>& into) {
  if (reader.member(key) == nullptr) return;
  const auto word = reader.string_or(key, "");
  into = parse<Enum>(word);
  if (into) return;
  std::vector<std::string> allowed;
  allowed.reserve(Spelling<Enum>::kNames.size());
  for (const auto& [value, name] : Spelling<Enum>::kNames) allowed.emplace_back(name);
  reject_word(reader, key, word, allowed);
}

}  // namespace switchback
