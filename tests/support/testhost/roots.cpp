// SPDX-License-Identifier: MIT
#include "tests/support/testhost/roots.hpp"

#include "tests/support/testhost/world.hpp"

#include <cstdlib>

namespace switchback::test {
namespace {

const std::filesystem::path& base() {
  static const std::filesystem::path path = output_of({script("base-root"), "--existing"});
  return path;
}

std::string product() {
  const char* debs = std::getenv("SWITCHBACK_DEB_DIR");
  return output_of({script("product-root"), debs != nullptr ? debs : SWITCHBACK_DEB_DIR}, {},
                   std::chrono::minutes(2));
}

}  // namespace

std::string layers_of(Root root) {
  if (root == Root::base) return base() / "root";
  static const std::string layers = product();
  return layers;
}

std::filesystem::path pusher_key() { return base() / "pusher-ssh" / "id_ed25519"; }

std::string host_key() { return read_text(base() / "root/etc/ssh/ssh_host_ed25519_key.pub"); }

}  // namespace switchback::test
