// SPDX-License-Identifier: MIT
// Several nodes, one after another.
#include "cli/deploy_nodes.hpp"
#include "cli/exit_status.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/cli_push.hpp"

#include <map>

using namespace switchback;
using namespace switchback::test;

namespace {

NodeDeployment node(const std::string& name) {
  return {.address = {.node = name, .destination = "root@" + name}, .request = request()};
}

Ended ended(ExitStatus status, std::vector<ProfileStatus> before = {}) {
  Ended out{.status = status, .before = std::move(before)};
  if (status == ExitStatus::done) out.outcome = committed();
  if (status == ExitStatus::reverted) out.outcome = reverted();
  return out;
}

/// Nodes a, b and c that end as told, and what was done.
struct Run {
  std::vector<NodeDeployment> nodes{node("a"), node("b"), node("c")};
  std::map<std::string, Ended> ends{{"a", ended(ExitStatus::done, {{{"app", kWeb1, 11}, 5.0}})},
                                    {"b", ended(ExitStatus::done, {{{"app", kWeb1, 21}, 5.0}})},
                                    {"c", ended(ExitStatus::done)}};
  std::map<std::string, ExitStatus> backs;
  bool detached = false;
  std::string done;

  ExitStatus run(bool rollback_succeeded = true) {
    return deploy_nodes(
        nodes,
        {.deploy =
             [this](const NodeDeployment& node) {
               done += node.address.node + " ";
               return ends.at(node.address.node);
             },
         .roll_back =
             [this](const NodeDeployment& node, const RollbackRequest& request, const std::string& failed) {
               done += "back:" + node.address.node + ":" + request.profile.text();
               if (request.generation) done += ":" + std::to_string(*request.generation);
               done += ":" + failed + " ";
               return backs.contains(node.address.node) ? backs.at(node.address.node) : ExitStatus::done;
             },
         .detached = [this] { return detached; }},
        rollback_succeeded);
  }
};

}  // namespace

TEST_CASE("nodes are deployed to in order, and all committed is 0", "[cli]") {
  Run run;
  CHECK(run.run() == ExitStatus::done);
  CHECK(run.done == "a b c ");
}

TEST_CASE("the first failure stops, and what was committed goes back, the last first", "[cli]") {
  Run run;
  run.ends.at("c") = ended(ExitStatus::unreachable);
  CHECK(run.run() == ExitStatus::reverted);
  CHECK(run.done == "a b c back:b:app:21:c back:a:app:11:c ");
}

TEST_CASE("nothing is begun after a failure", "[cli]") {
  Run run;
  run.ends.at("b") = ended(ExitStatus::busy);
  SECTION("and earlier nodes are kept where that is asked for") {
    CHECK(run.run(/*rollback_succeeded=*/false) == ExitStatus::busy);
    CHECK(run.done == "a b ");
  }
  SECTION("a node of autoRollback = false is kept as it is") {
    run.nodes.front().request.auto_rollback = false;
    CHECK(run.run() == ExitStatus::busy);
    CHECK(run.done == "a b ");
  }
  SECTION("whoever detached is obeyed") {
    run.detached = true;
    run.ends.at("b") = ended(ExitStatus::unknown);
    CHECK(run.run() == ExitStatus::unknown);
    CHECK(run.done == "a b ");
  }
}

TEST_CASE("a node that cannot be rolled back needs a person", "[cli]") {
  Run run;
  run.ends.at("b") = ended(ExitStatus::reverted);
  run.backs["a"] = GENERATE(ExitStatus::nothing_changed, ExitStatus::unreachable, ExitStatus::reverted);
  CHECK(run.run() == ExitStatus::needs_a_person);
}

TEST_CASE("what was there before decides what a node goes back to", "[cli]") {
  auto moved = node("a");
  auto second = moved.request.changes.front();
  second.profile = *ProfileName::parse("database");
  second.user = "postgres";
  second.profile_path = "/srv/profile";
  moved.request.changes.push_back(second);
  SECTION("profiles in the opposite order, each to its generation") {
    const auto before = ended(ExitStatus::done, {{{"app", kWeb1, 11}, 5.0}, {{"database", kWeb1, 3}, 5.0}});
    const auto back = rollbacks_of(moved, before, "b");
    REQUIRE(back.size() == 2);
    CHECK(back[0].profile.text() == "database");
    CHECK(back[0].generation == 3U);
    CHECK(back[0].user == "postgres");
    CHECK(back[0].profile_path == "/srv/profile");
    CHECK(back[1].profile.text() == "app");
    CHECK(back[0].how.id != back[1].how.id);
    CHECK(back[0].how.note == "rolled back, because b failed");
    CHECK(back[0].how.changes.empty());
  }
  SECTION("one that ran the closure already stays") {
    const auto before = ended(ExitStatus::done, {{{"app", kWeb2, 12}, 5.0}, {{"database", kWeb1, 3}, 5.0}});
    REQUIRE(rollbacks_of(moved, before, "b").size() == 1);
  }
  SECTION("of one that the host did not tell, its history decides") {
    const auto back = rollbacks_of(moved, ended(ExitStatus::done), "b");
    REQUIRE(back.size() == 2);
    CHECK_FALSE(back[0].generation);
  }
}

TEST_CASE("of several exit statuses the first of 4 7 3 8 6 5 1 counts", "[cli]") {
  using enum ExitStatus;
  CHECK(worst({}) == done);
  CHECK(worst({done, done}) == done);
  const std::vector<ExitStatus> order{needs_a_person, unknown,     reverted,       committed_unhealthy,
                                      busy,           unreachable, nothing_changed};
  for (std::size_t i = 0; i < order.size(); ++i) {
    CHECK(worst({order.rbegin(), order.rend() - static_cast<std::ptrdiff_t>(i)}) == order[i]);
  }
}
