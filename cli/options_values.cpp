// SPDX-License-Identifier: MIT
#include "cli/options_values.hpp"

#include "activator/protocol/names.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace switchback {

using std::chrono::milliseconds;

std::string wrong_value(const std::string& option, const std::string& text, const std::string& wanted) {
  return option + ": «" + printable(text) + "» is not " + wanted;
}

milliseconds parse_seconds(const std::string& option, const std::string& text) {
  // Digits alone: what strtod also takes (inf, nan, 0x10, 1e9) is a slip more often than a wish.
  const bool digits = !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
  char* end = nullptr;
  const double value = digits ? std::strtod(text.c_str(), &end) : -1;
  const bool whole = digits && *end == '\0' && std::isfinite(value);
  const double longest = static_cast<double>(kLongestDuration.count());
  if (!whole || value > longest) {
    throw CLI::ValidationError(wrong_value(
        option, text, "a number of seconds from 0 to " + std::to_string(kLongestDuration.count())));
  }
  return milliseconds(std::llround(value * 1000));
}

CLI::Option* add_seconds(CLI::App& verb, const std::string& option, std::optional<milliseconds>& into,
                         const std::string& help) {
  const auto read = [&into, option](const std::string& text) { into = parse_seconds(option, text); };
  return verb.add_option_function<std::string>(option, read, help)->type_name("SECONDS");
}

CLI::Option* add_count(CLI::App& verb, const std::string& option, std::function<void(std::int64_t)> set,
                       std::int64_t highest, const std::string& help) {
  const auto read = [option, highest, set = std::move(set)](const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > highest) {
      throw CLI::ValidationError(
          wrong_value(option, text, "a whole number from 1 to " + std::to_string(highest)));
    }
    set(value);
  };
  return verb.add_option_function<std::string>(option, read, help)->type_name("COUNT");
}

CLI::Option* add_bool(CLI::App& verb, const std::string& option, std::optional<bool>& into,
                      const std::string& help) {
  const auto read = [&into, option](const std::string& text) {
    if (text != "true" && text != "false") {
      throw CLI::ValidationError(wrong_value(option, text, "true or false"));
    }
    into = text == "true";
  };
  return verb.add_option_function<std::string>(option, read, help)->type_name("BOOL");
}

CLI::Option* add_text(CLI::App& verb, const std::string& option, std::optional<std::string>& into,
                      const std::string& type, const std::string& help) {
  const auto read = [&into](const std::string& text) { into = text; };
  return verb.add_option_function<std::string>(option, read, help)->type_name(type);
}

CLI::Option* add_switch(CLI::App& verb, const std::string& option, std::optional<bool>& into, bool value,
                        const std::string& help) {
  return verb.add_flag_callback(
      option, [&into, value] { into = value; }, help);
}

CLI::Option* add_list(CLI::App& verb, const std::string& option, std::vector<std::string>& into,
                      const std::string& type, const std::string& help) {
  return verb.add_option(option, into, help)->type_name(type)->take_all()->allow_extra_args(false);
}

}  // namespace switchback
