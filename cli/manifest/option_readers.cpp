// SPDX-License-Identifier: MIT
#include "cli/manifest/option_readers.hpp"

#include "cli/text.hpp"

namespace switchback {

void read_option(JsonReader& reader, const char* key, std::string& into) { into = reader.string(key); }

void read_option(JsonReader& reader, const char* key, std::optional<std::string>& into) {
  if (reader.member(key) != nullptr) into = reader.string_or(key, "");
}

void read_option(JsonReader& reader, const char* key, std::optional<bool>& into) {
  if (reader.member(key) != nullptr) into = reader.boolean_or(key, false);
}

void read_option(JsonReader& reader, const char* key, std::optional<int>& into) {
  constexpr int kMost = 1000;
  if (reader.member(key) != nullptr) into = static_cast<int>(reader.integer_or(key, 1, 1, kMost));
}

void read_option(JsonReader& reader, const char* key, std::optional<std::chrono::milliseconds>& into) {
  if (reader.member(key) != nullptr) into = reader.seconds_or(key, std::chrono::milliseconds(0));
}

void read_option(JsonReader& reader, const char* key, std::optional<StorePath>& into) {
  if (reader.member(key) == nullptr) return;
  auto path = StorePath::parse(reader.string_or(key, ""));
  if (path)
    into = std::move(*path);
  else
    reader.reject(key, path.error().message);
}

void read_option(JsonReader& reader, const char* key, std::vector<std::string>& into) {
  into = reader.strings_or_empty(key);
}

void read_option(JsonReader& reader, const char* key, std::vector<int>& into) {
  for (const auto& entry : reader.array(key)) {
    if (!entry.is_number_integer()) return reader.reject(key, "expected an array of whole numbers");
    into.push_back(entry.get<int>());
  }
}

void read_option(JsonReader& reader, const char* key, std::map<std::string, std::string>& into) {
  const auto* members = reader.member(key);
  if (members == nullptr) return;
  if (!members->is_object()) return reader.reject(key, "expected an object");
  for (const auto& [name, value] : members->items()) {
    if (!value.is_string()) return reader.reject(key, "expected an object of strings");
    into.emplace(name, value.get<std::string>());
  }
}

void reject_word(JsonReader& reader, const char* key, const std::string& word,
                 const std::vector<std::string>& allowed) {
  std::string words;
  for (const auto& one : allowed) words += (words.empty() ? "" : ", ") + one;
  reader.reject(key, "«" + printable(word) + "» is none of " + words);
}

}  // namespace switchback
