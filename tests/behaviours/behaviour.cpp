// SPDX-License-Identifier: MIT
#include "tests/behaviours/behaviour.hpp"

#include "tests/support/testhost/world.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace switchback::test {
namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string with_number(std::string text, int number) {
  for (std::size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at)) {
    text.replace(at, 1, std::to_string(number));
  }
  return text;
}

class Reading {
 public:
  explicit Reading(const std::string& name) { read_.name = name; }

  Behaviour read(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      ++line_;
      if (line.starts_with("--- "))
        begin(words_of(line.substr(4)));
      else if (in_section_)
        body_ += line + "\n";
      else
        header(line);
    }
    end();
    if (read_.about.empty()) fail("says not what it is about");
    if (read_.closure.empty()) fail("deploys nothing");
    if (read_.expected.empty()) fail("expects nothing");
    if (read_.expected != "committed" && read_.cause.empty()) fail("names no cause");
    return std::move(read_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(read_.name + ", line " + std::to_string(line_) + ": " + what);
  }

  void header(const std::string& line) {
    const auto colon = line.find(": ");
    if (line.empty()) return;
    if (read_.about.empty()) {
      read_.about = line;
      return;
    }
    const auto key = line.substr(0, colon);
    const auto value = colon == std::string::npos ? "" : line.substr(colon + 2);
    if (key == "expect") {
      read_.expected = value;
    } else if (key == "cause") {
      read_.cause = value;
    } else if (key == "says") {
      read_.says.push_back(value);
    } else if (key == "never says") {
      read_.never_says.push_back(value);
    } else if (key == "options") {
      read_.options = words_of(value);
    } else if (key == "systemd") {
      read_.systemd = std::stoi(value);
    } else if (key == "takes") {
      read_.takes = std::stoi(value);
    } else if (key == "golden") {
      read_.golden = true;
    } else if (key == "chosen") {
      read_.chosen = true;
    } else {
      fail("is not known: " + line);
    }
  }

  void begin(std::vector<std::string> words) {
    end();
    in_section_ = true;
    if (words.size() == 1) return begin_shell(words.front());
    into_ = &read_.closure;
    if (words.front() == "earlier") {
      into_ = &read_.earlier;
      words.erase(words.begin());
    }
    if (words.size() == 3 && words.front().find_first_not_of("0123456789") == std::string::npos) {
      copies_ = std::stoi(words.front());
      words.erase(words.begin());
    }
    if (words.size() != 2) fail("is no section");
    if (words[0] == "unit") {
      path_ = "lib/systemd/system/" + words[1];
    } else if (words[0] == "script") {
      path_ = "bin/" + words[1];
    } else if (words[0] == "host-file") {
      into_ = &read_.host_files;
      path_ = words[1];
    } else {
      fail("is no section: " + words[0]);
    }
  }

  void begin_shell(const std::string& word) {
    if (word == "prepare")
      shell_ = &read_.prepare;
    else if (word == "soak")
      shell_ = &read_.soak;
    else if (word == "afterwards")
      shell_ = &read_.afterwards;
    else if (word == "clean")
      shell_ = &read_.clean;
    else
      fail("is no section: " + word);
  }

  void end() {
    if (shell_ != nullptr) *shell_ = body_;
    if (into_ != nullptr) {
      if (path_.starts_with("bin/") && !body_.starts_with("#!")) body_ = "#!/bin/sh\n" + body_;
      if (copies_ == 0) into_->emplace(path_, body_);
      for (int copy = 1; copy <= copies_; ++copy) {
        into_->emplace(with_number(path_, copy), with_number(body_, copy));
      }
    }
    body_.clear();
    shell_ = nullptr;
    into_ = nullptr;
    copies_ = 0;
  }

  Behaviour read_;
  int line_ = 0;
  bool in_section_ = false;
  std::string body_;
  std::string path_;
  std::string* shell_ = nullptr;
  std::map<std::string, std::string>* into_ = nullptr;
  int copies_ = 0;  // «--- 200 unit many-#.service»
};

}  // namespace

Behaviour parse_behaviour(const std::string& name, const std::string& text) {
  return Reading(name).read(text);
}

std::vector<Behaviour> read_corpus(const std::filesystem::path& directory) {
  std::vector<Behaviour> corpus;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    corpus.push_back(parse_behaviour(entry.path().filename().string(), read_text(entry.path())));
  }
  std::sort(corpus.begin(), corpus.end(),
            [](const Behaviour& one, const Behaviour& other) { return one.name < other.name; });
  return corpus;
}

}  // namespace switchback::test
