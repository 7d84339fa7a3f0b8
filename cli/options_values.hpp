// SPDX-License-Identifier: MIT
// How a flag's value is read: seconds, counts, booleans, words of a closed set, lists. Decides what is wrong
// with a value and how that is said.
#pragma once

#include "activator/protocol/vocabulary.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// «--soak: «ten» is not a number of seconds».
[[nodiscard]] std::string wrong_value(const std::string& option, const std::string& text,
                                      const std::string& wanted);

/// Throws CLI::ValidationError, as parsers that CLI11 calls do.
[[nodiscard]] std::chrono::milliseconds parse_seconds(const std::string& option, const std::string& text);

CLI::Option* add_seconds(CLI::App& verb, const std::string& option,
                         std::optional<std::chrono::milliseconds>& into, const std::string& help);
/// A whole number from 1.
CLI::Option* add_count(CLI::App& verb, const std::string& option, std::function<void(std::int64_t)> set,
                       std::int64_t highest, const std::string& help);
CLI::Option* add_bool(CLI::App& verb, const std::string& option, std::optional<bool>& into,
                      const std::string& help);
CLI::Option* add_text(CLI::App& verb, const std::string& option, std::optional<std::string>& into,
                      const std::string& type, const std::string& help);
/// A flag that can only turn something on, or off.
CLI::Option* add_switch(CLI::App& verb, const std::string& option, std::optional<bool>& into, bool value,
                        const std::string& help);
/// One value each time it is given.
CLI::Option* add_list(CLI::App& verb, const std::string& option, std::vector<std::string>& into,
                      const std::string& type, const std::string& help);

template <class Enum>
CLI::Option* add_word(CLI::App& verb, const std::string& option, std::optional<Enum>& into,
                      const std::string& type, const std::string& help) {
  const auto read = [&into, option](const std::string& text) {
    into = parse<Enum>(text);
    if (into) return;
    std::string wanted;
    for (const auto& [value, name] : Spelling<Enum>::kNames) {
      const bool last = value == Spelling<Enum>::kNames.back().first;
      wanted += (wanted.empty() ? "" : last ? " or " : ", ") + std::string(name);
    }
    throw CLI::ValidationError(wrong_value(option, text, wanted));
  };
  return verb.add_option_function<std::string>(option, read, help)->type_name(type);
}

}  // namespace switchback
