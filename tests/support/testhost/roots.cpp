// SPDX-License-Identifier: MIT
#include "tests/support/testhost/roots.hpp"

#include "tests/support/testhost/world.hpp"

#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>

namespace switchback::test {
namespace {

const char* name_of(Suite suite) {
  switch (suite) {
    case Suite::bookworm:
      return "bookworm";
    case Suite::trixie:
      return "trixie";
    case Suite::sid:
      return "sid";
  }
  return "";
}

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

std::string find_layers(Suite suite, Root root) {
  if (root == Root::base) return output_of({script("base-root"), name_of(suite), "--existing"}) + "/root";
  return output_of({script("product-root"), name_of(suite), packages_for(suite)}, {},
                   std::chrono::minutes(2));
}

const std::filesystem::path& keys() {
  static const std::filesystem::path path = output_of({script("keys")});
  return path;
}

}  // namespace

Suite default_suite() {
  const std::string name = from_environment("SWITCHBACK_TEST_SUITE", "bookworm");
  for (const auto suite : {Suite::bookworm, Suite::trixie, Suite::sid}) {
    if (name == name_of(suite)) return suite;
  }
  throw std::runtime_error("SWITCHBACK_TEST_SUITE: not a suite that is tested: " + name);
}

std::string packages_for(Suite suite) {
  if (suite == Suite::bookworm) return from_environment("SWITCHBACK_DEB_DIR", SWITCHBACK_DEB_DIR);
  return from_environment("SWITCHBACK_DEB_DIR_13", SWITCHBACK_DEB_DIR_13);
}

std::string layers_of(Suite suite, Root root) {
  static std::mutex mutex;  // hosts may be booted from several threads
  static std::map<std::pair<Suite, Root>, std::string> known;
  const std::lock_guard lock(mutex);
  auto& layers = known[{suite, root}];
  if (layers.empty()) layers = find_layers(suite, root);
  return layers;
}

std::filesystem::path pusher_key() { return keys() / "pusher"; }

std::string host_key() { return read_text(keys() / "host.pub"); }

}  // namespace switchback::test
