// SPDX-License-Identifier: MIT
#include "cli/options_slips.hpp"

#include "activator/protocol/json_reader.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <set>
#include <string>

namespace switchback {
namespace {

/// The words that `app` and its verbs know: options, or the verbs themselves.
std::set<std::string, std::less<>> known_words(const CLI::App& app, bool options) {
  std::set<std::string, std::less<>> known;
  if (!options) {
    for (const auto* verb : app.get_subcommands({})) known.insert(verb->get_name());
    return known;
  }
  for (const auto* option : app.get_options({})) {
    for (const auto& name : option->get_lnames()) known.insert("--" + name);
  }
  return known;
}

/// People get the first letter right: «--soke» is --soak, not --note.
std::optional<std::string> meant_word(const std::string& word,
                                      const std::set<std::string, std::less<>>& known) {
  const auto first = word.find_first_not_of('-');
  if (first == std::string::npos) return std::nullopt;
  std::set<std::string, std::less<>> alike;
  for (const auto& candidate : known) {
    if (candidate.starts_with(word.substr(0, first + 1))) alike.insert(candidate);
  }
  const auto likely = nearest(word, alike);
  return likely ? likely : nearest(word, known);
}

}  // namespace

Error unknown_word(const CLI::App& app) {
  const auto verbs = app.get_subcommands();
  const auto& where = verbs.empty() ? app : *verbs.front();
  const auto extras = app.remaining(/*recurse=*/true);
  auto word = extras.empty() ? std::string("?") : extras.front();
  word = word.substr(0, word.find('='));
  const bool option = word.starts_with('-');
  std::string message = "«" + printable(word) + "» is ";
  if (option)
    message += "no option of switchback" + (verbs.empty() ? "" : " " + where.get_name());
  else
    message += verbs.empty() ? "no verb of switchback" : "too many for switchback " + where.get_name();
  if (!option && !verbs.empty()) return {Errc::invalid_request, message};
  const auto meant = meant_word(word, known_words(where, option));
  message += meant ? "; did you mean " + *meant + "?" : "; see --help";
  return {Errc::invalid_request, message};
}

}  // namespace switchback
