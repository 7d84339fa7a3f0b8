// SPDX-License-Identifier: MIT
// The loop that everything turns on: what is destroyed is silent, also in the middle of its own callback.
#include "activator/adapters/event_loop.hpp"

#include "activator/adapters/unique_fd.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;

namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    out.reset(ends[0]);
    in.reset(ends[1]);
  }
  void put() const { REQUIRE(write(in.get(), "x", 1) == 1); }
  UniqueFd out;
  UniqueFd in;
};

}  // namespace

TEST_CASE("what is posted runs later, in order, and what is posted meanwhile a turn after", "[loop]") {
  EventLoop loop;
  std::string order;
  loop.post([&] {
    order += "a";
    loop.post([&] { order += "c"; });
  });
  loop.post([&] { order += "b"; });
  CHECK(order.empty());
  loop.turn(1s);
  CHECK(order == "ab");
  loop.turn(1s);
  CHECK(order == "abc");
}

TEST_CASE("a timer fires once, not before its time, and not at all once it is gone", "[loop]") {
  EventLoop loop;
  int fired = 0;
  const auto begun = std::chrono::steady_clock::now();
  const auto timer = loop.arm(50ms, [&] { ++fired; });
  auto gone = loop.arm(10ms, [&] { fired += 100; });
  gone.reset();
  run_until(loop, "the timer", [&] { return fired > 0; });
  CHECK(std::chrono::steady_clock::now() - begun >= 50ms);
  run_for(loop, 100ms);
  CHECK(fired == 1);
}

TEST_CASE("a timer of no time at all, or less, fires in the next turn", "[loop]") {
  EventLoop loop;
  int fired = 0;
  const auto now = loop.arm(0ms, [&] { ++fired; });
  const auto past = loop.arm(-5s, [&] { ++fired; });
  CHECK(fired == 0);
  run_until(loop, "both timers", [&] { return fired == 2; });
}

TEST_CASE("a source may end itself, and others, from within its own callback", "[loop]") {
  EventLoop loop;
  SECTION("a timer that arms itself anew") {
    int fired = 0;
    std::unique_ptr<Timer> timer;
    std::function<void()> again = [&] {
      if (++fired < 3) timer = loop.arm(1ms, again);
    };
    timer = loop.arm(1ms, again);
    run_until(loop, "three rounds", [&] { return fired == 3; });
  }
  SECTION("a file descriptor's") {
    const Pipe pipe;
    int heard = 0;
    LoopSource source;
    source = loop.add_io(pipe.out.get(), EPOLLIN, [&](std::uint32_t) {
      ++heard;
      source.reset();
      CHECK_FALSE(source);
    });
    pipe.put();
    run_until(loop, "the byte", [&] { return heard > 0; });
    run_for(loop, 30ms);  // the byte is still there, and level-triggered
    CHECK(heard == 1);
  }
  SECTION("two that would each end the other") {
    const Pipe one;
    const Pipe other;
    int heard = 0;
    LoopSource first;
    LoopSource second;
    first = loop.add_io(one.out.get(), EPOLLIN, [&](std::uint32_t) {
      ++heard;
      first.reset();
      second.reset();
    });
    second = loop.add_io(other.out.get(), EPOLLIN, [&](std::uint32_t) {
      ++heard;
      first.reset();
      second.reset();
    });
    one.put();
    other.put();
    run_until(loop, "one of them", [&] { return heard > 0; });
    run_for(loop, 30ms);
    CHECK(heard == 1);
  }
}

TEST_CASE("a callback that throws is logged and the loop turns on", "[loop]") {
  EventLoop loop;
  const Pipe pipe;
  int heard = 0;
  const auto source = loop.add_io(pipe.out.get(), EPOLLIN, [&](std::uint32_t) {
    char byte = 0;
    REQUIRE(read(pipe.out.get(), &byte, 1) == 1);
    ++heard;
    throw std::runtime_error("on purpose");
  });
  bool posted = false;
  loop.post([] { throw std::runtime_error("on purpose"); });
  loop.post([&] { posted = true; });
  pipe.put();
  run_until(loop, "the first byte", [&] { return heard == 1 && posted; });
  pipe.put();
  run_until(loop, "the second byte", [&] { return heard == 2; });
}

TEST_CASE("a signal is heard from the loop, and the loop ends with the code it is given", "[loop]") {
  EventLoop loop;
  const auto source = loop.add_signal(SIGUSR1, [&] { loop.exit(7); });
  loop.post([] { kill(getpid(), SIGUSR1); });
  CHECK(loop.run() == 7);
}

TEST_CASE("a flood of one source does not delay a deadline", "[loop]") {
  EventLoop loop;
  std::function<void()> flood = [&] { loop.post(flood); };
  loop.post(flood);
  bool fired = false;
  const auto deadline = loop.arm(50ms, [&] { fired = true; });
  run_until(
      loop, "the deadline", [&] { return fired; }, 2s);
}
