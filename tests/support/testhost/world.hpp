// SPDX-License-Identifier: MIT
// A private directory and namespaces around it, held by the script `hold`, which also says what is in them
// and removes them, even when this process is killed.
#pragma once

#include "tests/support/testhost/process.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace switchback::test {

class World {
 public:
  /// `arguments` are those of `hold`.
  explicit World(const std::vector<std::string>& arguments);
  /// Kills all that lives in it and removes the directory.
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// A process that is in the namespaces.
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  /// Runs `shell` in its network and mount namespaces.
  CommandResult run(const std::string& shell, Duration deadline = std::chrono::seconds(60)) const;

 private:
  Process holder_;
  pid_t pid_ = -1;
  std::filesystem::path directory_;
};

/// The path of a script of the fixture.
std::string script(const std::string& name);
std::vector<std::string> operator+(std::vector<std::string> left, const std::vector<std::string>& right);
std::string read_text(const std::filesystem::path& path);
void write_text(const std::filesystem::path& path, const std::string& text);

}  // namespace switchback::test
