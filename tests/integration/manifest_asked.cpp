// SPDX-License-Identifier: MIT
#include "tests/integration/manifest_asked.hpp"

#include "tests/support/catch.hpp"

#include <filesystem>

namespace switchback::test {

std::string closure_of(const NodeDeployment& deployment, std::size_t change) {
  return deployment.request.changes.at(change).closure->text();
}

bool is_there(const std::string& path) { return std::filesystem::exists(path); }

NodeDeployment only(const Result<std::vector<NodeDeployment>>& deployments) {
  INFO((deployments ? "" : deployments.error().message));
  REQUIRE(deployments);
  REQUIRE(deployments->size() == 1);
  return deployments->front();
}

void check_failed(const Result<std::vector<NodeDeployment>>& deployments, Errc code,
                  const std::string& said) {
  REQUIRE_FALSE(deployments);
  CHECK(deployments.error().code == code);
  CHECK_THAT(deployments.error().message, Catch::Matchers::ContainsSubstring(said));
}

}  // namespace switchback::test
