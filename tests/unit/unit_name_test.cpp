// SPDX-License-Identifier: MIT
#include "activator/core/unit_name.hpp"

#include "tests/support/catch.hpp"

using namespace switchback;

TEST_CASE("a unit of a user's manager is told from the system's of the same name", "[unit_name]") {
  const auto system = *UnitName::parse("web@a.service");
  const auto users = UnitName::of_user("alice", system);
  CHECK(users.text() == "alice/web@a.service");
  CHECK(users != system);
  CHECK(users.user() == "alice");
  CHECK(users.local() == system);
  CHECK(users.type() == UnitType::service);
  CHECK(users.is_instance());
  CHECK(system.user().empty());
  CHECK(system.local() == system);
  CHECK(*UnitName::parse_any(users.text()) == users);
  CHECK(*UnitName::parse_any(system.text()) == system);
  CHECK(matches_glob("alice/*.service", users.text()));
}

TEST_CASE("a closure's file is never taken for a unit of a user's manager", "[unit_name]") {
  CHECK_FALSE(UnitName::parse("alice/web.service"));
  for (const char* wrong : {"/web.service", "alice/", "alice/web", "alice/b/web.service", "web.service/"}) {
    INFO(wrong);
    CHECK_FALSE(UnitName::parse_any(wrong));
  }
}
