// SPDX-License-Identifier: MIT
// Helpers such as nix-env: what they say is kept within limits, and they end, whatever they do.
#include "activator/adapters/child_process.hpp"

#include "activator/adapters/brief_child.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

#include <csignal>
#include <filesystem>

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

ChildCommand shell(const std::string& script, std::chrono::milliseconds deadline = 20s) {
  return {{"/bin/sh", "-c", script}, {}, deadline};
}

ChildResult run(const ChildCommand& command) {
  EventLoop loop;
  Answer<ChildResult> answer;
  const auto child = ChildProcess::start(loop, command, answer.callback());
  REQUIRE(child);
  return answer.await(loop);
}

bool is_alive(const std::string& pid) {
  return std::filesystem::exists("/proc/" + pid) &&
         !std::filesystem::read_symlink("/proc/" + pid + "/ns/pid").empty();
}

}  // namespace

TEST_CASE("a program's two outputs and its status are told apart", "[child]") {
  const auto result = run(shell("echo out; echo error: no such path >&2; exit 3"));
  CHECK(result.exit_status == 3);
  CHECK(result.out == "out\n");
  CHECK(result.err == "error: no such path\n");
  CHECK_FALSE(result.succeeded());
  CHECK(result.describe() == "exit status 3: error: no such path");
}

TEST_CASE("a program that a signal ends has no exit status", "[child]") {
  const auto result = run(shell("kill -KILL $$"));
  CHECK_FALSE(result.exit_status);
  CHECK(result.signal == SIGKILL);
  CHECK_THAT(result.describe(), ContainsSubstring("signal 9"));
}

TEST_CASE("of a program that says too much the end is kept, and it is not held up", "[child]") {
  const auto result = run(shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo last"));
  CHECK(result.exit_status == 0);
  CHECK(result.out.size() <= kMaxOutputBytes);
  CHECK(result.out.ends_with("line 19999\nlast\n"));
}

TEST_CASE("a program finds its environment, no input, and signals as usual", "[child]") {
  EventLoop loop;
  const auto held = loop.add_signal(SIGTERM, [] {});  // blocked in us, and thus inherited
  Answer<ChildResult> answer;
  auto command = shell("echo $GREETING; wc -c; kill -TERM $$; echo survived");
  command.environment["GREETING"] = "hello";
  const auto child = ChildProcess::start(loop, command, answer.callback());
  const auto& result = answer.await(loop);
  CHECK(result.out == "hello\n0\n");
  CHECK(result.signal == SIGTERM);
}

TEST_CASE("at its deadline a program is killed with all that it started", "[child]") {
  const TempDir directory;
  const auto pids = directory / "pids";
  const auto result =
      run(shell("trap '' TERM; sleep 300 & echo $! >" + pids + "; echo waiting; wait", 300ms));
  CHECK(result.timed_out);
  CHECK(result.out == "waiting\n");
  auto pid = directory.read("pids");
  pid.pop_back();
  EventLoop loop;
  run_until(loop, "its child to be gone", [&] { return !is_alive(pid); });
}

TEST_CASE("what a program leaves behind does not keep us waiting", "[child]") {
  const auto begun = std::chrono::steady_clock::now();
  const auto result = run(shell("sleep 30 & echo done"));
  CHECK(result.out == "done\n");
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
}

TEST_CASE("a program that is given up is killed, and does not answer", "[child]") {
  EventLoop loop;
  Answer<ChildResult> answer;
  auto child = ChildProcess::start(loop, shell("sleep 300"), answer.callback());
  REQUIRE(child);
  child->reset();
  run_for(loop, 50ms);
  CHECK_FALSE(answer.arrived());
}

TEST_CASE("a program that is not there is an error at once", "[child]") {
  EventLoop loop;
  const auto child = ChildProcess::start(loop, {{"/nowhere/nix-env"}, {}, 1s}, [](const ChildResult&) {});
  REQUIRE_FALSE(child);
  CHECK(child.error().code == Errc::io);
  CHECK_THAT(child.error().message, ContainsSubstring("/nowhere/nix-env"));
}

TEST_CASE("a program that is waited for at once ends at its deadline too", "[child]") {
  const auto said = run_briefly(shell("echo hello"));
  REQUIRE(said);
  CHECK(said->out == "hello\n");
  const auto hung = run_briefly(shell("sleep 300", 200ms));
  REQUIRE(hung);
  CHECK(hung->timed_out);
  CHECK_FALSE(run_briefly({{"/nowhere"}, {}, 1s}));
}

TEST_CASE("a program is sought where it is said to be", "[child]") {
  const TempDir directory;
  const auto program = directory / "only-here";
  std::filesystem::copy_file("/bin/true", program);
  directory.write("no-program", "text");
  CHECK(find_program("only-here", {"/nowhere", directory.path()}) == program);
  CHECK_FALSE(find_program("no-program", {directory.path()}));
}
