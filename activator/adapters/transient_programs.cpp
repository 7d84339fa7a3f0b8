// SPDX-License-Identifier: MIT
#include "activator/adapters/transient_programs.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <utility>

namespace switchback {
namespace {

constexpr std::size_t kLastLines = 20;

std::vector<std::string> last_lines(const std::string& output) {
  std::vector<std::string> lines;
  std::istringstream text(output);
  for (std::string line; std::getline(text, line);) lines.push_back(std::move(line));
  if (lines.size() > kLastLines) lines.erase(lines.begin(), lines.end() - kLastLines);
  return lines;
}

/// What programs expect to find of their user, and need to reach the user's manager. systemd says it of
/// others than root alone.
void add_user_environment(const std::string& user, std::map<std::string, std::string>& environment) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return;
  environment.try_emplace("HOME", found->pw_dir);
  environment.try_emplace("USER", user);
  environment.try_emplace("LOGNAME", user);
  const auto runtime = "/run/user/" + std::to_string(found->pw_uid);
  if (user != "root" && ::access(runtime.c_str(), F_OK) == 0) {
    environment.try_emplace("XDG_RUNTIME_DIR", runtime);
    environment.try_emplace("DBUS_SESSION_BUS_ADDRESS", "unix:path=" + runtime + "/bus");
  }
}

}  // namespace

void TransientPrograms::run(ProgramRun program, std::function<void(const LogLine&)> line,
                            std::function<void(ProgramEnd)> done) {
  TransientCommand command;
  command.argv = std::move(program.argv);
  command.environment = std::move(program.environment);
  command.environment.try_emplace("PATH", kProgramPath);
  add_user_environment(program.user, command.environment);
  command.directory = std::move(program.directory);
  if (program.user != "root") command.user = program.user;
  command.description = std::move(program.description);
  command.activation = std::move(program.activation);
  command.deadline = program.deadline;
  unit_ = runner_.run(std::move(command), std::move(line),
                      [this, done = std::move(done)](const TransientResult& result) {
                        unit_.clear();
                        const bool ran = result.end == TransientEnd::exited;
                        done({ran, result.status, ran ? "" : result.describe(), last_lines(result.output)});
                      });
}

void TransientPrograms::cancel() {
  if (!unit_.empty()) runner_.cancel(unit_);
}

void TransientPrograms::abandon(const std::string& activation, Callback<void> done) {
  runner_.abandon("switchback-run-" + activation + ".service", std::move(done));
}

}  // namespace switchback
