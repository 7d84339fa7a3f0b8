// SPDX-License-Identifier: MIT
#include "tests/integration/private_store.hpp"

#include "tests/support/testhost/process.hpp"

#include <filesystem>

namespace switchback::test {
namespace {

constexpr const char* kConfig = "build-users-group =\nsandbox = false\nsubstituters =\n";

}  // namespace

PrivateStore::PrivateStore() {
  std::filesystem::create_directories("/nix");
  mounts_.mount_empty("/nix");
  std::filesystem::create_directories("/nix/store");
}

std::string PrivateStore::run(const std::string& command) const {
  std::vector<std::string> argv{"env"};
  for (const auto& [name, value] : places().environment) argv.emplace_back(name).append("=").append(value);
  argv.insert(argv.end(), {"/bin/sh", "-euc", command});
  return output_of(std::move(argv));
}

StorePath PrivateStore::add(const std::string& name) const {
  home_.write(name, "the content of " + name);
  return *StorePath::parse(run("nix-store --add " + (home_ / name)));
}

void PrivateStore::collect_garbage() const { static_cast<void>(run("nix-store --gc --quiet")); }

NixPlaces PrivateStore::places() const {
  NixPlaces places;
  places.environment = {{"HOME", home_.path()}, {"NIX_CONFIG", kConfig}, {"NIX_REMOTE", ""}};
  return places;
}

}  // namespace switchback::test
