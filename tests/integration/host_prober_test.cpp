// SPDX-License-Identifier: MIT
// The checks of a host: real programs as transient units of a model of systemd, real sockets, a real bus.
#include "activator/adapters/host_prober.hpp"

#include "activator/adapters/systemd_units.hpp"
#include "tests/integration/private_bus.hpp"
#include "tests/integration/private_journal.hpp"
#include "tests/integration/service_processes.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/integration/web_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>

#include <csignal>

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
  SystemdUnits units{bus, loop};
  TransientRunner runner{bus, loop};
  HostProber prober{bus, loop, units, runner, SWITCHBACK_PROBE};
  Answer<CheckTry> answer;
  std::unique_ptr<Asking> asking;

  void ask(const CheckQuestion& question, std::chrono::milliseconds timeout = 10s) {
    CheckPolicy policy{.question = question};
    policy.timeout = timeout;
    asking = prober.ask({"web", policy, "0123456789abcdef0123456789abcdef"}, answer.callback());
  }
  CheckTry answer_to(const CheckQuestion& question, std::chrono::milliseconds timeout = 10s) {
    ask(question, timeout);
    return answer.await(loop);
  }
  CheckTry answer_of(const std::string& script, std::chrono::milliseconds timeout = 10s) {
    return answer_to(ExecCheck{{"/bin/sh", "-c", script}, ""}, timeout);
  }
  std::string unit_of_try() {
    std::string name;
    run_until(loop, "its unit", [&] {
      for (const auto& call : systemd.calls) {
        if (call.starts_with("StartTransientUnit ")) name = call.substr(call.find(' ') + 1);
      }
      return !name.empty();
    });
    return name;
  }
};

bool is_alive(const std::string& pid) { return ::kill(std::stoi(pid), 0) == 0; }

}  // namespace

TEST_CASE("a program passes by ending with 0, and what it said is kept", "[prober]") {
  World world;
  const auto good = world.answer_of("echo all is well");
  CHECK(good.answer == CheckAnswer::passed);
  CHECK(good.output == "all is well\n");
  World other;
  const auto bad = other.answer_of("echo the queue is full >&2; exit 75");
  CHECK(bad.answer == CheckAnswer::missed);
  CHECK(bad.reason == "exit status 75");
  CHECK(bad.output == "the queue is full\n");
}

TEST_CASE("of a program that says much its last words are kept", "[prober]") {
  World world;
  const auto answer = world.answer_of("seq 1 5000; exit 1");
  CHECK(answer.output.size() <= kMaxCheckOutputBytes);
  CHECK(answer.output.ends_with("4999\n5000\n"));
}

TEST_CASE("a program that hangs is killed at its timeout, with what it has started", "[prober]") {
  World world;
  const TempDir directory;
  const auto answer =
      world.answer_of("sleep 1000 & echo $! > " + (directory / "child") + "; echo waiting; wait", 500ms);
  CHECK(answer.answer == CheckAnswer::missed);
  CHECK(answer.reason == "did not answer within 0.5 s");
  CHECK(answer.output == "waiting\n");
  run_until(world.loop, "its end", [&] { return !is_alive(directory.read("child")); });
}

TEST_CASE("a program runs confined, as a user of its own or as the one that the check names", "[prober]") {
  World world;
  const std::string user = GENERATE("", "nobody");
  world.ask(ExecCheck{{"/bin/sleep", "1000"}, user});
  auto& unit = world.systemd.unit(world.unit_of_try());
  CHECK(unit.name.starts_with("switchback-check-"));
  CHECK((unit.properties.count("DynamicUser") == 1) == user.empty());
  CHECK((unit.properties.count("User") == 1) != user.empty());
  for (const char* name : {"NoNewPrivileges", "PrivateTmp", "MemoryMax", "TasksMax", "ProtectSystem",
                           "IgnoreOnIsolate", "CollectMode", "RuntimeMaxUSec"}) {
    INFO(name);
    CHECK(unit.properties.count(name) == 1);
  }
}

TEST_CASE("what cannot be asked is known before it is asked, or told apart from a miss", "[prober]") {
  World world;
  const TempDir directory;
  directory.write("plain", "not executable");
  const auto why = [&](const CheckQuestion& question) {
    const auto possible = world.prober.can_ask({.question = question});
    return possible ? std::string() : possible.error().message;
  };
  CHECK_THAT(why(ExecCheck{{"/no/such/check"}, ""}), ContainsSubstring("No such file"));
  CHECK_THAT(why(ExecCheck{{directory / "plain"}, ""}), ContainsSubstring("is not executable"));
  CHECK_THAT(why(ExecCheck{{"/"}, ""}), ContainsSubstring("is no program"));
  CHECK_THAT(why(ExecCheck{{"/bin/true"}, "nobody-at-all"}), ContainsSubstring("no user nobody-at-all"));
  CHECK_THAT(why(UnitCheck{"web"}), ContainsSubstring("web"));
  CHECK_THAT(why(UnitCheck{"web@.service"}), ContainsSubstring("template"));
  CHECK_THAT(why(DbusNameCheck{"nodots"}), ContainsSubstring("nodots"));
  CHECK(why(ExecCheck{{"/bin/true"}, "nobody"}).empty());
  CHECK(why(HttpCheck{"http://localhost/", {}, "", {}}).empty());
  directory.write("script", "#!/no/such/interpreter\n");
  ::chmod((directory / "script").c_str(), 0755);
  const auto answer = world.answer_to(ExecCheck{{directory / "script"}, ""});
  CHECK(answer.answer == CheckAnswer::impossible);
}

TEST_CASE("a unit is asked by its state", "[prober]") {
  World world;
  world.systemd.unit("web.service").set("active", "running");
  const auto good = world.answer_to(UnitCheck{"web.service", "active"});
  CHECK(good.answer == CheckAnswer::passed);
  CHECK(good.reason == "web.service is active (running)");
  const auto bad = GENERATE(as<std::string>(), "failed", "inactive");
  World other;
  other.systemd.unit("web.service").set("active", "running");
  CHECK(other.answer_to(UnitCheck{"web.service", bad}).reason ==
        "web.service is active (running), not " + bad);
  World third;
  CHECK_THAT(third.answer_to(UnitCheck{"gone.service", "active"}).reason,
             ContainsSubstring("gone.service is "));
}

TEST_CASE("a bus name is asked by whether somebody owns it", "[prober]") {
  World world;
  BusPeer peer(world.loop, world.daemon.address());
  CHECK(world.answer_to(DbusNameCheck{"org.example.Web"}).reason ==
        "nobody owns org.example.Web on the system bus");
  peer.own("org.example.Web");
  world.answer = {};
  CHECK(world.answer_to(DbusNameCheck{"org.example.Web"}).answer == CheckAnswer::passed);
}

TEST_CASE("a web server and a port are asked by the probe", "[prober]") {
  World world;
  const WebServer server({{"/", http_answer("502 Bad Gateway", "no backend\n")}});
  const auto http = world.answer_to(HttpCheck{server.url("/"), {}, "", {}});
  CHECK(http.answer == CheckAnswer::missed);
  CHECK(http.reason == "answered 502, not 200 to 299");
  CHECK(http.output == "no backend\n");
  world.answer = {};
  const auto tcp = world.answer_to(TcpCheck{"127.0.0.1", static_cast<std::uint16_t>(server.port())});
  CHECK(tcp.answer == CheckAnswer::passed);
}

TEST_CASE("a try that nobody waits for any more is ended, and does not answer", "[prober]") {
  World world;
  world.ask(ExecCheck{{"/bin/sleep", "1000"}, ""});
  const auto unit = world.unit_of_try();
  world.asking.reset();
  run_until(world.loop, "its end", [&] { return world.systemd.unit(unit).active == "inactive"; });
  run_for(world.loop, 200ms);
  CHECK_FALSE(world.answer.arrived());
}

TEST_CASE("what runs for a check is not seen among the host's units", "[prober]") {
  World world;
  world.systemd.unit("web.service").set("active", "running");
  world.ask(ExecCheck{{"/bin/sleep", "1000"}, ""});
  world.systemd.unit(world.unit_of_try()).set("active", "running");
  Answer<Result<Snapshot>> listed;
  world.units.list(listed.callback());
  const auto& units = listed.await(world.loop);
  REQUIRE(units);
  CHECK(units->count(*UnitName::parse("web.service")) == 1);
  CHECK(units->size() == 1);
}

TEST_CASE("more checks than run at once have their turn one after the other", "[prober]") {
  World world;
  std::vector<std::unique_ptr<Asking>> all;
  int answers = 0;
  CheckPolicy policy{.question = ExecCheck{{"/bin/true"}, ""}};
  policy.timeout = 10s;
  for (int i = 0; i < 40; ++i)
    all.push_back(
        world.prober.ask({"web", policy, ""}, [&](const CheckTry& one) { answers += one.passed(); }));
  all.front().reset();  // one that never had its turn holds up nobody
  run_until(world.loop, "all answers", [&] { return answers == 39; });
}

TEST_CASE("what an activator before this one left is ended, and nothing of our own", "[prober]") {
  World world;
  auto& left = world.systemd.unit("switchback-check-fedcba9876543210fedcba9876543210-3.service");
  left.transient = true;
  left.set("active", "exited");
  world.systemd.unit("web.service").set("active", "running");
  world.prober.abandon();
  world.ask(ExecCheck{{"/bin/sh", "-c", "sleep 0.3"}, ""});
  CHECK(world.answer.await(world.loop).passed());
  run_until(world.loop, "its end", [&] { return left.active == "inactive"; });
  CHECK(world.systemd.unit("web.service").active == "active");
}

TEST_CASE("an answer that the bus does not carry is a miss in time", "[prober]") {
  World world;
  world.daemon.stop();
  run_until(world.loop, "the loss", [&] { return !world.bus.connected(); });
  const auto answer = world.answer_to(UnitCheck{"web.service", "active"}, 300ms);
  CHECK(answer.answer == CheckAnswer::missed);
  CHECK(answer.reason == "did not answer within 0.3 s");
}
