// SPDX-License-Identifier: MIT
// No verb and no option of the command without a host test that gives it.
#include "cli/options.hpp"
#include "tests/support/catch.hpp"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

using namespace switchback;

namespace {

namespace fs = std::filesystem;

/// Without comments, names of tests and what a test looks for in an answer: what is only talked about is not
/// tested.
std::string text_of_host_tests() {
  std::string out;
  for (const auto& entry : fs::directory_iterator(SWITCHBACK_SOURCE "/tests/host")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    REQUIRE(file);
    for (std::string line; std::getline(file, line);) {
      const auto begin = line.find_first_not_of(' ');
      if (begin == std::string::npos || line.compare(begin, 2, "//") == 0) continue;
      if (line.compare(begin, 9, "TEST_CASE") == 0 || line.compare(begin, 7, "SECTION") == 0) continue;
      if (line.find("ContainsSubstring(") != std::string::npos) continue;
      out += line + "\n";
    }
  }
  return out;
}

/// By itself, or in a command line that a shell reads.
bool mentions_verb(const std::string& text, const std::string& verb) {
  return text.find("\"" + verb + "\"") != std::string::npos ||
         text.find("switchback " + verb + " ") != std::string::npos;
}

bool is_part_of_word(char character) {
  return std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '-' || character == '_';
}

/// As a word, that is not only the beginning or the end of another.
bool mentions_option(const std::string& text, const std::string& word) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    const bool whole = at > 0 && !is_part_of_word(text[at - 1]) && !is_part_of_word(text[end]);
    if (whole) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("every verb and every long option is given in a host test", "[cli]") {
  const auto text = text_of_host_tests();
  std::set<std::string> missing;
  for (const auto& verb : command_words()) {
    if (!mentions_verb(text, verb.verb)) missing.insert(verb.verb);
    for (const auto& option : verb.options) {
      if (option.starts_with("--") && !mentions_option(text, option)) missing.insert(option);
    }
  }
  std::string names;
  for (const auto& name : missing) names += name + " ";
  INFO("no host test gives: " << names);
  CHECK(missing.empty());
}

TEST_CASE("an option or a verb that no host test gives is noticed", "[cli]") {
  CHECK(mentions_option("{\"--soak\", \"1\"}", "--soak"));
  CHECK(mentions_option("deploy --wait=1 ", "--wait"));
  CHECK_FALSE(mentions_option("{\"--test-for\", \"1\"}", "--test"));
  CHECK_FALSE(mentions_option("", "--test"));
  CHECK(mentions_verb("host.pusher({\"switchback\", \"check\"})", "check"));
  CHECK(mentions_verb("switchback check --local", "check"));
  CHECK_FALSE(mentions_verb("check(host)", "check"));
}
