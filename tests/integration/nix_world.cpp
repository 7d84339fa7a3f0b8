// SPDX-License-Identifier: MIT
#include "tests/integration/nix_world.hpp"

#include "tests/support/replaced.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace switchback::test {
namespace {

namespace fs = std::filesystem;

std::string found_in_path(const std::string& program) {
  std::istringstream path(std::getenv("PATH"));
  for (std::string directory; std::getline(path, directory, ':');) {
    const auto file = fs::path(directory) / program;
    if (::access(file.c_str(), X_OK) == 0) return file.string();
  }
  throw std::runtime_error("these tests need " + program + ", of the package nix-bin");
}

void make_executable(const std::string& path) { fs::permissions(path, fs::perms::owner_all); }

/// Logs in to nowhere, and runs nix with HOST in the place of /nix. nix 2.26 waits for its LocalCommand.
constexpr const char* kSsh = R"(#!/bin/sh
printf '%s\n' "ssh $*" >> LOG
for word in "$@"; do
  case $word in
    -G|-f|exit) exit 0 ;;
    check) exit 1 ;;
  esac
done
case "$*" in *LocalCommand*) echo started ;; esac
while [ $# -gt 0 ]; do
  case $1 in nix-*) break ;; esac
  shift
done
[ $# -gt 0 ] || exit 0
exec unshare --mount --propagation unchanged sh -c 'mount --bind HOST /nix; exec sh -c "$1"' x "$*"
)";

constexpr const char* kDerivation =
    "(name: script: derivation { inherit name; system = \"@system@\"; builder = \"/bin/sh\"; "
    "args = [ \"-c\" script ]; })";

}  // namespace

Variable::Variable(std::string name, const std::optional<std::string>& value) : name_(std::move(name)) {
  if (const char* before = std::getenv(name_.c_str()); before != nullptr) before_ = before;
  if (value)
    ::setenv(name_.c_str(), value->c_str(), 1);
  else
    ::unsetenv(name_.c_str());
}

Variable::~Variable() {
  if (before_)
    ::setenv(name_.c_str(), before_->c_str(), 1);
  else
    ::unsetenv(name_.c_str());
}

CapturedStderr::CapturedStderr() : before_(::dup(STDERR_FILENO)) {
  const int file = ::open((dir_ / "stderr").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(file, STDERR_FILENO);
  ::close(file);
}

CapturedStderr::~CapturedStderr() {
  ::dup2(before_, STDERR_FILENO);
  ::close(before_);
}

std::string CapturedStderr::text() const { return dir_.read("stderr"); }

NixWorld::NixWorld() {
  fs::create_directory("/nix");  // where a store is mounted; nothing if it is there
  mounts_.mount_empty("/nix");
  for (const auto* directory : {"home", "tmp", "host"}) fs::create_directory(dir_ / directory);
  dir_.write("conf/nix.conf",
             "experimental-features = nix-command flakes\nsandbox = false\nbuild-users-group =\n"
             "substituters =\nflake-registry =\n");
  const auto log = dir_ / "log";
  dir_.write("bin/nix", "#!/bin/sh\nprintf '%s\\n' \"nix $3\" >> " + log + "\nexec " + found_in_path("nix") +
                            " \"$@\"\n");
  dir_.write("bin/ssh", replaced(replaced(kSsh, "LOG", log), "HOST", dir_ / "host"));
  for (const auto* program : {"bin/nix", "bin/ssh"}) make_executable(dir_ / program);
  const std::map<std::string, std::optional<std::string>> environment{
      {"HOME", dir_ / "home"},          {"TMPDIR", dir_ / "tmp"},
      {"NIX_CONF_DIR", dir_ / "conf"},  {"PATH", dir_ / "bin" + ":" + std::getenv("PATH")},
      {"XDG_CACHE_HOME", std::nullopt}, {"XDG_CONFIG_HOME", std::nullopt},
      {"XDG_STATE_HOME", std::nullopt}, {"NIX_CONFIG", std::nullopt},
      {"NIX_REMOTE", std::nullopt},     {"NIX_SSHOPTS", std::nullopt},
      {"LOCAL_KEY", std::nullopt}};
  for (const auto& [name, value] : environment) variables_.push_back(std::make_unique<Variable>(name, value));
  system_ = nix("eval --impure --raw --expr builtins.currentSystem");
  fs::remove(log);
}

std::string NixWorld::write_nix(const std::string& name, const std::string& text) const {
  dir_.write(name, replaced(replaced(text, "@derivation@", kDerivation), "@system@", system_));
  return dir_ / name;
}

int NixWorld::runs_of(const std::string& verb) const {
  std::ifstream log(dir_ / "log");
  int count = 0;
  for (std::string line; std::getline(log, line);) count += line == "nix " + verb ? 1 : 0;
  return count;
}

std::string NixWorld::nix(const std::string& arguments) const {
  const auto command = found_in_path("nix") + " " + arguments;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string out;
  std::array<char, 4096> buffer{};
  while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    out.append(buffer.data(), count);
  if (::pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

bool NixWorld::host_has(const std::string& store_path) const {
  return dir_.has("host" + store_path.substr(std::string("/nix").size()));
}

}  // namespace switchback::test
