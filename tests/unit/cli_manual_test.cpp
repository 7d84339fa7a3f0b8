// SPDX-License-Identifier: MIT
// The manual and the completions know what the command knows: no option less, and none more.
#include "cli/options.hpp"
#include "cli/process.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>

using namespace switchback;

namespace {

using Names = std::set<std::string>;

std::string read_source(const std::string& path) {
  std::ifstream file(std::string(SWITCHBACK_SOURCE) + "/" + path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

Names all_options() {
  Names out{"--version"};
  for (const auto& verb : command_words()) out.insert(verb.options.begin(), verb.options.end());
  return out;
}

/// Words that begin with a dash and stand where an option does.
Names options_in(const std::string& text, const std::string& before = R"([\s'"{,(|])") {
  const std::regex option("(?:^|" + before + R"()(--?[a-z][a-z-]*))");
  Names out;
  for (std::sregex_iterator it(text.begin(), text.end(), option), end; it != end; ++it) out.insert((*it)[1]);
  return out;
}

/// Those of `wanted` that `there` has not.
std::string missing(const Names& wanted, const Names& there) {
  std::string out;
  for (const auto& name : wanted) {
    if (!there.contains(name)) out += name + " ";
  }
  return out;
}

/// The manual as it is read: without fonts and escapes.
std::string plain_manual(const std::string& path) {
  auto text = read_source(path);
  text = std::regex_replace(text, std::regex(R"(\\f[BIRP])"), "");
  return std::regex_replace(text, std::regex(R"(\\-)"), "-");
}

}  // namespace

TEST_CASE("every verb and every option is in the manual, and no other option is", "[cli]") {
  const auto manual = plain_manual("cli/man/switchback.1");
  for (const auto& verb : command_words()) {
    INFO(verb.verb);
    CHECK(manual.find("\n.TP\n.B " + verb.verb + "\n") != std::string::npos);
  }
  const auto explained = [&] {
    Names out{"--version"};
    std::istringstream lines(manual);
    bool heading = false;
    for (std::string line; std::getline(lines, line); heading = line == ".TP") {
      if (!heading) continue;
      for (const auto& name : options_in(line, R"([\s,])")) out.insert(name);
    }
    return out;
  }();
  CHECK(missing(all_options(), explained).empty());
  CHECK(missing(explained, all_options()).empty());
}

TEST_CASE("every outcome that needs somebody is in the activator's manual", "[cli]") {
  const auto manual = plain_manual("activator/man/switchback-activator.8");
  const auto section = manual.find(".SH WHEN IT GOES WRONG");
  REQUIRE(section != std::string::npos);
  for (const auto& [outcome, name] : Spelling<Outcome>::kNames) {
    INFO(name);
    CHECK(manual.find("\n.B " + std::string(name) + " (", section) != std::string::npos);
  }
}

TEST_CASE("every exit status is in the manual", "[cli]") {
  const auto manual = plain_manual("cli/man/switchback.1");
  for (int status = 0; status <= 8; ++status) {
    CHECK(manual.find("\n.TP\n.B " + std::to_string(status) + "\n") != std::string::npos);
  }
}

TEST_CASE("bash completes the options of each verb, those and no others", "[cli]") {
  const std::string source = std::string(SWITCHBACK_SOURCE) + "/cli/completions/switchback.bash";
  for (const auto& verb : command_words()) {
    INFO(verb.verb);
    const auto ran =
        run_program({"bash", "-c",
                     "source \"$1\"; COMP_WORDS=(switchback \"$2\" -); COMP_CWORD=2; _switchback; "
                     "printf '%s\\n' \"${COMPREPLY[@]}\"",
                     "bash", source, verb.verb},
                    {}, Clock::now() + std::chrono::seconds(20));
    REQUIRE(ran);
    INFO(ran->error);
    const auto completed = options_in(ran->out);
    const Names wanted(verb.options.begin(), verb.options.end());
    CHECK(missing(wanted, completed).empty());
    CHECK(missing(completed, wanted).empty());
  }
}

TEST_CASE("bash completes verbs, closed sets of words, and nothing for nix", "[cli]") {
  const auto complete = [](const std::string& words, int at) {
    const auto ran =
        run_program({"bash", "-c",
                     "source \"$1\"; COMP_WORDS=(" + words + "); COMP_CWORD=" + std::to_string(at) +
                         "; _switchback; echo \"${COMPREPLY[@]}\"",
                     "bash", std::string(SWITCHBACK_SOURCE) + "/cli/completions/switchback.bash"},
                    {}, Clock::now() + std::chrono::seconds(20));
    REQUIRE(ran);
    return ran->out;
  };
  CHECK(complete("switchback c", 1) == "confirm cancel check\n");
  CHECK(complete("switchback deploy --confirm m", 3) == "manual\n");
  CHECK(complete("switchback deploy --auto-rollback ''", 3) == "true false\n");
  CHECK(complete("switchback deploy -- --o", 3) == "\n");
}

TEST_CASE("fish completes the options of each verb, those and no others", "[cli]") {
  const auto text = read_source("cli/completions/switchback.fish");
  std::map<std::string, Names> completed;
  const std::regex line(
      R"re(complete -c switchback (?:-n "(not )?__switchback_on ?([a-z ]*)" )?-[fxr] (.*) -d ".*)re");
  const std::regex option(R"((?:^| )-(s|l) ([a-z-]+))");
  std::istringstream lines(text);
  for (std::string each; std::getline(lines, each);) {
    std::smatch parts;
    if (!std::regex_match(each, parts, line) || parts[1].matched) continue;
    std::istringstream verbs(parts[2]);
    Names where{std::istream_iterator<std::string>(verbs), {}};
    for (const auto& verb : command_words()) {
      if (parts[2].length() == 0) where.insert(verb.verb);
    }
    const std::string rest = parts[3];
    for (std::sregex_iterator it(rest.begin(), rest.end(), option), end; it != end; ++it) {
      const auto name = std::string((*it)[1] == "l" ? "--" : "-") + (*it)[2].str();
      for (const auto& verb : where) completed[verb].insert(name);
    }
  }
  for (const auto& verb : command_words()) {
    INFO(verb.verb);
    const Names wanted(verb.options.begin(), verb.options.end());
    CHECK(missing(wanted, completed[verb.verb]).empty());
    CHECK(missing(completed[verb.verb], wanted).empty());
    CHECK(text.find(" -a " + verb.verb + " -d ") != std::string::npos);
  }
}

TEST_CASE("zsh completes every verb and every option, and no other", "[cli]") {
  const auto text = read_source("cli/completions/_switchback");
  // What is in square brackets is an explanation.
  const auto plain = std::regex_replace(text, std::regex(R"(\[[^\]]*\])"), "");
  const auto completed = options_in(plain, R"([\s'{,(*)])");
  CHECK(missing(all_options(), completed).empty());
  auto known = all_options();
  known.insert({"-a", "-t", "-A", "-C", "-s"});  // of zsh's own commands
  CHECK(missing(completed, known).empty());
  for (const auto& verb : command_words()) {
    INFO(verb.verb);
    CHECK(text.find("    '" + verb.verb + ":") != std::string::npos);
  }
}
