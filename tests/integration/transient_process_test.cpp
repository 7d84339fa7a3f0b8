// SPDX-License-Identifier: MIT
// Real programs as transient units, their words in a real journal: what is heard of them.
#include "activator/adapters/transient_runner.hpp"
#include "tests/integration/private_bus.hpp"
#include "tests/integration/private_journal.hpp"
#include "tests/integration/service_processes.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct World {
  EventLoop loop;
  PrivateJournal journal;
  PrivateBus daemon;
  FakeManager systemd{loop, daemon.address()};
  ServiceProcesses processes{loop, systemd};
  Bus bus{loop, daemon.address()};
  TransientRunner runner{bus, loop};
  std::vector<std::string> lines;
  Answer<TransientResult> answer;

  std::string run(const std::string& script, std::chrono::milliseconds deadline = 20s) {
    TransientCommand command;
    command.argv = {"/bin/sh", "-c", script};
    command.environment = {{"PROFILE", "web"}};
    command.deadline = deadline;
    return runner.run(
        command, [this](const LogLine& line) { lines.push_back(line.message); }, answer.callback());
  }
  TransientResult await() { return answer.await(loop); }
};

}  // namespace

TEST_CASE("all that a program said is heard before it is said to have ended", "[process]") {
  World world;
  world.run("echo $PROFILE; echo careful >&2; exit 3");
  const auto result = world.await();
  CHECK(result.end == TransientEnd::exited);
  CHECK(result.status == 3);
  CHECK(result.output == "web\ncareful\n");
  CHECK(world.lines == std::vector<std::string>{"web", "careful"});
}

TEST_CASE("a program's lines are heard while it runs", "[process]") {
  World world;
  const TempDir directory;
  world.run("echo one; while [ ! -e " + (directory / "go") + " ]; do sleep 0.01; done; echo two");
  run_until(world.loop, "the first line", [&] { return !world.lines.empty(); });
  CHECK(world.lines == std::vector<std::string>{"one"});
  CHECK_FALSE(world.answer.arrived());
  directory.write("go", "");
  CHECK(world.await().succeeded());
  CHECK(world.lines == std::vector<std::string>{"one", "two"});
}

TEST_CASE("of a program that says too much the last lines are kept, whole", "[process]") {
  World world;
  world.run("i=0; while [ $i -lt 9000 ]; do echo line $i; i=$((i+1)); done; echo last");
  const auto result = world.await();
  CHECK(result.output.size() <= kMaxTransientOutputBytes);
  CHECK(result.output.starts_with("line "));
  CHECK(result.output.ends_with("line 8999\nlast\n"));
  CHECK(world.lines.size() == 9001);
}

TEST_CASE("a program's last words at its deadline are heard", "[process]") {
  World world;
  world.run("trap 'echo asked to end; exit 0' TERM; echo begun; while :; do sleep 0.01; done", 500ms);
  const auto result = world.await();
  CHECK(result.end == TransientEnd::timed_out);
  CHECK(result.output.starts_with("begun\n"));
}

TEST_CASE("a journald that hangs holds up no answer", "[process]") {
  World world;
  const auto name = world.run("sleep 0.2; exit 4");
  run_until(world.loop, "its start", [&] { return world.systemd.count("StartTransientUnit " + name) > 0; });
  run_for(world.loop, 100ms);
  world.journal.freeze();
  CHECK(world.await().status == 4);
  world.journal.thaw();
}
