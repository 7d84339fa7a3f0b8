// SPDX-License-Identifier: MIT
// What the activator starts on the host of a kill-point test: nix-env, nix-store and systemctl, by the name
// it is started by. nix-env moves a profile as the real one does: the generation's link, then the profile's,
// each by rename; it takes part in the plan, so that it can be killed with the activator between any two of
// its steps.
#include "tests/killpoints/points.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace {

namespace fs = std::filesystem;

std::string link_target(const std::string& path) {
  std::error_code error;
  return fs::read_symlink(path, error).string();
}

bool replace_link(const std::string& path, const std::string& target) {
  const auto temporary = path + ".nix";
  (void)::unlink(temporary.c_str());  // of one that was killed
  if (::symlink(target.c_str(), temporary.c_str()) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0)
    return true;
  std::fprintf(stderr, "error: creating symlink '%s': %s\n", path.c_str(), std::strerror(errno));
  (void)::unlink(temporary.c_str());
  return false;
}

unsigned long number_of(const std::string& name, const std::string& profile) {
  if (!name.starts_with(profile + "-") || !name.ends_with("-link")) return 0;
  return std::strtoul(name.c_str() + profile.size() + 1, nullptr, 10);
}

int nix_env(const std::string& path, const std::string& verb, const std::string& what) {
  const auto profile = fs::path(path).filename().string();
  const auto generation = [&](const std::string& number) { return profile + "-" + number + "-link"; };
  const auto beside = [&](const std::string& name) { return (fs::path(path).parent_path() / name).string(); };
  if (verb == "--delete-generations") {
    if (link_target(path) == generation(what)) return 1;
    return ::unlink(beside(generation(what)).c_str()) == 0 || errno == ENOENT ? 0 : 1;
  }
  if (verb == "--switch-generation") return replace_link(path, generation(what)) ? 0 : 1;
  unsigned long last = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(path).parent_path()))
    last = std::max(last, number_of(entry.path().filename().string(), profile));
  // The newest generation is used again when it is the same: nix, createGeneration().
  const bool is_last = last > 0 && link_target(beside(generation(std::to_string(last)))) == what;
  const auto name = generation(std::to_string(is_last ? last : last + 1));
  if (!is_last && !replace_link(beside(name), what)) return 1;
  return replace_link(path, name) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto name = fs::path(argv[0]).filename().string();
  if (name == "systemctl") {
    std::puts("0");  // soft reboots
    return 0;
  }
  if (name == "nix-store") return argc == 3 && fs::exists(argv[2]) ? 0 : 1;
  const char* file = std::getenv("SWITCHBACK_TEST_PLAN");
  if (name != "nix-env" || argc != 5 || file == nullptr) return 2;
  switchback::test::take_part(switchback::test::map_plan(file));
  return nix_env(argv[2], argv[3], argv[4]);
}
