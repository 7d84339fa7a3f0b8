// SPDX-License-Identifier: MIT
#include "tests/support/testhost/world.hpp"

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace switchback::test {

std::string script(const std::string& name) { return SWITCHBACK_TESTHOST_DIR "/" + name; }

std::vector<std::string> operator+(std::vector<std::string> left, const std::vector<std::string>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

namespace {

ProcessOptions held() {
  if (::geteuid() != 0) throw std::runtime_error("test hosts need root: they are containers");
  ProcessOptions options;
  options.hold_input = true;
  return options;
}

}  // namespace

World::World(const std::vector<std::string>& arguments)
    : holder_(std::vector<std::string>{script("hold")} + arguments, held()) {
  holder_.wait_for_output("ready ", std::chrono::seconds(20));
  holder_.wait_for_output([](const std::string& out, const std::string&) { return out.ends_with('\n'); });
  std::istringstream line(holder_.out());
  std::string ready;
  line >> ready >> pid_ >> directory_;
}

World::~World() {
  holder_.close_input();
  if (!holder_.ended_within(std::chrono::seconds(20))) {
    std::cerr << "test host: " << directory_ << " is not cleaned up in time\n";
  }
}

CommandResult World::run(const std::string& shell, Duration deadline) const {
  return run_command(
      {"nsenter", "--target", std::to_string(pid_), "--mount", "--net", "--", "/bin/sh", "-euc", shell}, {},
      deadline);
}

}  // namespace switchback::test
