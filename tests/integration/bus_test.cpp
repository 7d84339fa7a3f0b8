// SPDX-License-Identifier: MIT
// The connection to a bus that may be away, come late, or go in the middle of a call.
#include "activator/adapters/bus.hpp"

#include "tests/integration/bus_peer.hpp"
#include "tests/integration/private_bus.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Reply = BusResult<std::tuple<std::string>>;

namespace {

constexpr const char* kName = "org.example.Echo";

BusCall echo(std::chrono::milliseconds timeout, bool repeatable) {
  return {kName, "/echo", kName, "Echo", timeout, repeatable, {}};
}

/// A service that says what it is told, unless `before` has something else in mind.
class EchoService {
 public:
  EchoService(EventLoop& loop, const std::string& address, std::function<void(const std::string&)> before)
      : peer_(loop, address), object_(sdbus::createObject(peer_.connection(), sdbus::ObjectPath("/echo"))) {
    compat::add_method(*object_, kName, "Echo", [before = std::move(before)](const std::string& text) {
      if (before) before(text);
      return text;
    });
    compat::publish(*object_);
    peer_.own(kName);
  }

 private:
  BusPeer peer_;
  std::unique_ptr<sdbus::IObject> object_;
};

struct World {
  EventLoop loop;
  PrivateBus daemon;
  std::unique_ptr<EchoService> service;
  Bus bus{loop, daemon.address()};

  void serve(std::function<void(const std::string&)> before = {}) {
    service.reset();
    service = std::make_unique<EchoService>(loop, daemon.address(), std::move(before));
  }
};

}  // namespace

TEST_CASE("a call waits for a bus that comes late", "[bus]") {
  World world;
  world.daemon.stop();
  Answer<Reply> answer;
  world.bus.call<std::string>(echo(20s, false), answer.callback(), std::string("hello"));
  run_for(world.loop, 150ms);
  CHECK_FALSE(answer.arrived());
  world.daemon.start();
  world.serve();
  CHECK(std::get<0>(*answer.await(world.loop)) == "hello");
  CHECK(answer.count() == 1);
}

TEST_CASE("a query whose reply was lost with the bus is asked again over the next connection", "[bus]") {
  World world;
  int asked = 0;
  const auto count = [&](const std::string&) {
    if (++asked == 1) world.daemon.stop();
  };
  world.serve(count);
  Answer<Reply> answer;
  world.bus.call<std::string>(echo(20s, true), answer.callback(), std::string("hello"));
  run_until(world.loop, "the first question", [&] { return asked == 1 && !world.bus.connected(); });
  world.daemon.start();
  world.serve(count);
  CHECK(std::get<0>(*answer.await(world.loop)) == "hello");
  CHECK(asked == 2);
  CHECK(answer.count() == 1);
}

TEST_CASE("a call that must not be made twice says that it is unknown what it did", "[bus]") {
  World world;
  int asked = 0;
  world.serve([&](const std::string&) {
    ++asked;
    world.daemon.stop();
  });
  Answer<Reply> answer;
  world.bus.call<std::string>(echo(20s, false), answer.callback(), std::string("hello"));
  const auto& reply = answer.await(world.loop);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().lost);
  CHECK_FALSE(reply.error().timed_out);
  CHECK(asked == 1);
}

TEST_CASE("a call to nobody is lost, and a query to nobody waits for somebody", "[bus]") {
  World world;
  SECTION("a call") {
    Answer<Reply> answer;
    world.bus.call<std::string>(echo(20s, false), answer.callback(), std::string("hello"));
    CHECK(answer.await(world.loop).error().lost);
  }
  SECTION("a query") {
    Answer<Reply> answer;
    world.bus.call<std::string>(echo(20s, true), answer.callback(), std::string("hello"));
    run_until(world.loop, "a connection", [&] { return world.bus.connected(); });
    world.serve();
    CHECK(std::get<0>(*answer.await(world.loop)) == "hello");
  }
}

TEST_CASE("a bus that stays away ends a call at its deadline", "[bus]") {
  World world;
  world.daemon.stop();
  Answer<Reply> answer;
  world.bus.call<std::string>(echo(200ms, true), answer.callback(), std::string("hello"));
  const auto& reply = answer.await(world.loop);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().lost);
  CHECK(reply.error().timed_out);
  CHECK_THAT(reply.error().message, ContainsSubstring("cannot be reached"));
}

TEST_CASE("a callee that does not answer ends a call at its deadline", "[bus]") {
  World world;
  world.serve();
  run_until(world.loop, "a connection", [&] { return world.bus.connected(); });
  world.daemon.freeze();
  Answer<Reply> answer;
  world.bus.call<std::string>(echo(200ms, false), answer.callback(), std::string("hello"));
  const auto& reply = answer.await(world.loop);
  world.daemon.thaw();
  REQUIRE_FALSE(reply);
  CHECK(reply.error().timed_out);
  CHECK_FALSE(reply.error().lost);
}

TEST_CASE("a bus that is stuck is given up when it is asked, and connected to again", "[bus]") {
  World world;
  int answers = 0;
  run_until(world.loop, "a connection", [&] { return world.bus.connected(); });
  world.daemon.freeze();
  // More than can be on the way to somebody who reads nothing.
  for (int index = 0; index < 60; ++index) {
    world.bus.call<std::string>(
        echo(20s, false), [](const Reply&) {}, std::string(400'000, 'x'));
  }
  world.bus.check([&] { ++answers; });
  run_until(world.loop, "the loss", [&] { return !world.bus.connected(); });
  CHECK(answers == 0);
  world.daemon.thaw();
  run_until(world.loop, "a connection", [&] { return world.bus.connected(); });
  world.bus.check([&] { ++answers; });
  run_until(world.loop, "an answer", [&] { return answers > 0; });
  CHECK(world.bus.connected());
  CHECK(answers == 1);
}

TEST_CASE("what was given up while the bus was away is not sent when it is back", "[bus]") {
  World world;
  world.daemon.stop();
  auto wanted = std::make_shared<int>(0);
  auto call = echo(20s, false);
  call.only_while = std::weak_ptr<int>(wanted);
  Answer<Reply> given_up;
  Answer<Reply> still_wanted;
  world.bus.call<std::string>(call, given_up.callback(), std::string("no"));
  world.bus.call<std::string>(echo(20s, true), still_wanted.callback(), std::string("yes"));
  wanted.reset();
  world.daemon.start();
  std::vector<std::string> told;
  world.serve([&](const std::string& text) { told.push_back(text); });
  still_wanted.await(world.loop);
  CHECK_FALSE(given_up.await(world.loop));
  CHECK(told == std::vector<std::string>{"yes"});
}

TEST_CASE("a bus that listens and does not answer keeps nothing else from its turn", "[bus]") {
  EventLoop loop;
  PrivateBus daemon;
  daemon.freeze();
  const Bus bus(loop, daemon.address());
  int ticks = 0;
  std::function<void()> tick;
  std::unique_ptr<Timer> timer;
  tick = [&] {
    ++ticks;
    timer = loop.arm(10ms, tick);
  };
  tick();
  const auto begun = std::chrono::steady_clock::now();
  run_until(loop, "ten ticks", [&] { return ticks > 10; });
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  CHECK_FALSE(bus.connected());
  daemon.thaw();
  run_until(loop, "a connection", [&] { return bus.connected(); });
}

TEST_CASE("the callee's own error is told by its name, and is not repeated", "[bus]") {
  World world;
  int asked = 0;
  world.serve([&](const std::string&) {
    ++asked;
    throw compat::make_error("org.example.Echo.Shy", "not in the mood");
  });
  Answer<Reply> answer;
  world.bus.call<std::string>(echo(20s, true), answer.callback(), std::string("hello"));
  const auto& reply = answer.await(world.loop);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().name == "org.example.Echo.Shy");
  CHECK(reply.error().message == "not in the mood");
  CHECK_FALSE(reply.error().lost);
  CHECK(asked == 1);
}

TEST_CASE("listeners are told of each connection and of each loss, in turn", "[bus]") {
  World world;
  std::vector<std::string> heard;
  world.bus.listen({[&] { heard.emplace_back("connected"); }, [&] { heard.emplace_back("lost"); }});
  run_until(world.loop, "a connection", [&] { return heard.size() == 1; });
  world.daemon.stop();
  run_until(world.loop, "the loss", [&] { return heard.size() == 2; });
  world.daemon.start();
  run_until(world.loop, "the next connection", [&] { return heard.size() == 3; });
  CHECK(heard == std::vector<std::string>{"connected", "lost", "connected"});
}

TEST_CASE("what a listener asks of a new connection is sent before what has waited for it", "[bus]") {
  World world;
  world.daemon.stop();
  Answer<Reply> waited;
  world.bus.call<std::string>(echo(20s, true), waited.callback(), std::string("waited"));
  world.bus.listen({[&] {
                      world.bus.call<std::string>(
                          echo(20s, true), [](const Reply&) {}, std::string("first"));
                    },
                    {}});
  world.daemon.start();
  std::vector<std::string> told;
  world.serve([&](const std::string& text) { told.push_back(text); });
  waited.await(world.loop);
  CHECK(told == std::vector<std::string>{"first", "waited"});
}

TEST_CASE("two hundred calls at once are all answered, each once", "[bus]") {
  World world;
  world.serve();
  std::vector<std::string> answers;
  for (int index = 0; index < 200; ++index) {
    world.bus.call<std::string>(
        echo(20s, false), [&](const Reply& reply) { answers.push_back(std::get<0>(*reply)); },
        std::to_string(index));
  }
  run_until(world.loop, "all answers", [&] { return answers.size() == 200; });
  CHECK(std::set<std::string>(answers.begin(), answers.end()).size() == 200);
}
