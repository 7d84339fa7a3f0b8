// SPDX-License-Identifier: MIT
// Units, jobs and reloads over a bus that loses messages: what is answered, and that it is answered once.
#include "activator/adapters/systemd_units.hpp"

#include "tests/integration/fake_manager.hpp"
#include "tests/integration/private_bus.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Jobs = Result<std::vector<JobResult>>;

namespace {

UnitName unit(const std::string& name) { return *UnitName::parse(name); }

struct World {
  EventLoop loop;
  PrivateBus daemon;
  FakeManager systemd{loop, daemon.address()};
  Bus bus{loop, daemon.address()};
  SystemdUnits units{bus, loop, 5s};

  void await_subscription() {
    run_until(loop, "Subscribe", [this] { return systemd.count("Subscribe") > 0; });
  }
  void await_call(const std::string& call) {
    run_until(loop, call, [&] { return systemd.count(call) > 0; });
  }
  /// Returns when what systemd has said so far has been heard.
  void settle() {
    Answer<Result<Snapshot>> answer;
    units.list(answer.callback());
    answer.await(loop);
  }
  void restart_bus() {
    daemon.stop();
    daemon.start();
    systemd.connect();
  }
};

/// «web.service done, db.service failed»
std::string told(const Jobs& jobs) {
  if (!jobs) return jobs.error().message;
  std::string text;
  for (const auto& job : *jobs)
    text += (text.empty() ? "" : ", ") + job.unit.text() + " " + (job.error.empty() ? job.result : job.error);
  return text;
}

}  // namespace

TEST_CASE("the list holds every unit in brief, and reading one tells the rest", "[systemd]") {
  World world;
  world.systemd.unit("web.service").set("active", "running");
  auto& db = world.systemd.unit("db@main.service");
  db.set("failed", "failed");
  db.result = "exit-code";
  db.exec_code = 1;
  db.exec_status = 7;
  db.invocation = std::vector<std::uint8_t>(16, 0xab);
  Answer<Result<Snapshot>> list;
  world.units.list(list.callback());
  const auto& listed = list.await(world.loop);
  REQUIRE(listed);
  CHECK(listed->size() == 2);
  CHECK(listed->at(unit("web.service")).sub == "running");

  Answer<Result<Snapshot>> read;
  world.units.read({unit("db@main.service"), unit("gone.service"), unit("db@.service")}, read.callback());
  const auto& snapshot = read.await(world.loop);
  REQUIRE(snapshot);
  const auto& failed = snapshot->at(unit("db@main.service"));
  CHECK(failed.active == "failed");
  CHECK(failed.result == "exit-code");
  CHECK(failed.exec_status == 7);
  CHECK(failed.invocation == "abababababababababababababababab");
  CHECK(snapshot->at(unit("gone.service")).load == "not-found");
  CHECK(snapshot->at(unit("db@.service")).load == "not-found");
}

TEST_CASE("the list of the bad has those that failed, and those between automatic restarts", "[systemd]") {
  World world;
  world.systemd.unit("web.service").set("active", "running");
  world.systemd.unit("failed.service").set("failed", "failed");
  world.systemd.unit("again.service").set("activating", "auto-restart");
  world.systemd.unit("soon.service").set("failed", "failed-before-auto-restart");
  world.systemd.unit("queued.service").set("activating", "auto-restart-queued");
  world.systemd.unit("slow.service").set("activating", "start");
  world.systemd.unit("idle.service").set("inactive", "dead");
  world.settle();
  Answer<Result<Snapshot>> list;
  world.units.list_bad(list.callback());
  const auto& listed = list.await(world.loop);
  REQUIRE(listed);
  std::set<UnitName> names;
  for (const auto& [name, state] : *listed) names.insert(name);
  CHECK(names == std::set{unit("again.service"), unit("failed.service"), unit("queued.service"),
                          unit("soon.service")});
}

TEST_CASE("jobs are answered together, each with what it came to", "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  world.systemd.unit("db.service");
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::start, {unit("web.service"), unit("db.service")}, 20s, answer.callback());
  run_until(world.loop, "both jobs", [&] { return world.systemd.jobs().size() == 2; });
  world.systemd.finish("db.service", "failed");
  run_for(world.loop, 50ms);
  CHECK_FALSE(answer.arrived());
  world.systemd.finish("web.service");
  CHECK(told(answer.await(world.loop)) == "web.service done, db.service failed");
  CHECK(answer.count() == 1);
}

TEST_CASE("what a systemd that was re-executed has not answered is asked of it again", "[systemd]") {
  World world;
  world.systemd.unit("web.service").set("active", "running");
  world.settle();
  // It answers nothing, and does not leave the bus, which would answer in its place.
  EventLoop standing_still;
  BusPeer before(standing_still, world.daemon.address());
  world.systemd.step_down();
  before.own("org.freedesktop.systemd1");
  Answer<Result<Snapshot>> list;
  Answer<Result<Snapshot>> read;
  world.units.list(list.callback());
  world.units.read({unit("web.service")}, read.callback());
  run_for(world.loop, 100ms);
  CHECK_FALSE(list.arrived());
  CHECK_FALSE(read.arrived());
  before.disown("org.freedesktop.systemd1");
  world.systemd.take_over();
  CHECK(list.await(world.loop));
  REQUIRE(read.await(world.loop));
  CHECK((*read.await(world.loop)).at(unit("web.service")).active == "active");
  CHECK(list.count() == 1);
  CHECK(read.count() == 1);
}

TEST_CASE("whose jobs have ended is told once", "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  world.settle();
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::start, {unit("web.service")}, 20s, answer.callback());
  run_until(world.loop, "the job", [&] { return world.systemd.jobs().size() == 1; });
  CHECK(world.units.take_ended_jobs().empty());
  world.systemd.finish("web.service");
  answer.await(world.loop);
  CHECK(world.units.take_ended_jobs() == std::set{unit("web.service")});
  CHECK(world.units.take_ended_jobs().empty());
}

TEST_CASE("no jobs at all are done, and are answered later", "[systemd]") {
  World world;
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::start, {}, 20s, answer.callback());
  CHECK_FALSE(answer.arrived());
  CHECK(told(answer.await(world.loop)).empty());
}

TEST_CASE("a job that ends before it has been acknowledged is not waited for", "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  world.systemd.on_job = [&](const FakeJob& job) { world.systemd.finish(job.unit); };
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::start, {unit("web.service")}, 20s, answer.callback());
  CHECK(told(answer.await(world.loop)) == "web.service done");
}

TEST_CASE("a job whose end nobody heard is found out by looking", "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  Answer<Jobs> answer;
  SECTION("it was started") {
    world.units.run_jobs(JobVerb::start, {unit("web.service")}, 20s, answer.callback());
    run_until(world.loop, "the job", [&] { return world.systemd.jobs().size() == 1; });
    world.systemd.finish_silently("web.service");
    CHECK(told(answer.await(world.loop)) == "web.service done");
  }
  SECTION("it failed") {
    world.units.run_jobs(JobVerb::start, {unit("web.service")}, 20s, answer.callback());
    run_until(world.loop, "the job", [&] { return world.systemd.jobs().size() == 1; });
    world.systemd.finish_silently("web.service", "failed");
    CHECK(told(answer.await(world.loop)) == "web.service failed");
  }
  CHECK(world.systemd.count("ListJobs") > 0);
}

TEST_CASE("what systemd refuses is told with the reason, beside what it did", "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  world.systemd.unit("masked.service");
  world.systemd.refusals["masked.service"] = {"org.freedesktop.systemd1.UnitMasked", "masked"};
  world.systemd.jobs_end_at_once = true;
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::start, {unit("web.service"), unit("masked.service"), unit("gone.service")},
                       20s, answer.callback());
  const auto& jobs = *answer.await(world.loop);
  CHECK(jobs.at(0).succeeded());
  CHECK_THAT(jobs.at(1).error, ContainsSubstring("systemctl unmask masked.service"));
  CHECK_THAT(jobs.at(2).error, ContainsSubstring("no unit gone.service"));
}

TEST_CASE("a unit that is not loaded is stopped already", "[systemd]") {
  World world;
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::stop, {unit("gone.service")}, 20s, answer.callback());
  CHECK(told(answer.await(world.loop)) == "gone.service done");
}

TEST_CASE("a bus that goes while jobs run does not lose what they came to", "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  world.systemd.unit("db.service");
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::restart, {unit("web.service"), unit("db.service")}, 20s, answer.callback());
  run_until(world.loop, "both jobs", [&] { return world.systemd.jobs().size() == 2; });
  world.settle();
  world.daemon.stop();
  world.systemd.finish_silently("web.service");  // unheard
  run_until(world.loop, "the loss", [&] { return !world.bus.connected(); });
  world.daemon.start();
  world.systemd.connect();
  world.settle();
  world.systemd.finish("db.service");
  CHECK(told(answer.await(world.loop)) == "web.service done, db.service done");
  CHECK(answer.count() == 1);
}

TEST_CASE("a job whose acknowledgement was lost is not queued twice", "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  world.systemd.on_job = [&](const FakeJob&) { world.daemon.stop(); };
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::start, {unit("web.service")}, 20s, answer.callback());
  run_until(world.loop, "the loss",
            [&] { return world.systemd.jobs().size() == 1 && !world.bus.connected(); });
  world.daemon.start();
  world.systemd.connect();
  world.settle();
  run_for(world.loop, 300ms);  // another look, and what might come of it
  world.systemd.finish("web.service");
  CHECK(told(answer.await(world.loop)) == "web.service done");
  CHECK(world.systemd.count("StartUnit web.service") == 1);
}

TEST_CASE("a job that never arrived is asked for again", "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  world.systemd.jobs_end_at_once = true;
  world.await_subscription();
  bool lost = false;
  world.systemd.on_call = [&](const std::string& call) {
    if (call != "StartUnit web.service" || lost) return;
    lost = true;
    world.daemon.stop();
    throw compat::make_error("org.example.Never", "the call never reached systemd");
  };
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::start, {unit("web.service")}, 20s, answer.callback());
  run_until(world.loop, "the loss", [&] { return lost && !world.bus.connected(); });
  world.daemon.start();
  world.systemd.connect();
  CHECK(told(answer.await(world.loop)) == "web.service done");
  CHECK(world.systemd.count("StartUnit web.service") == 2);
}

TEST_CASE("jobs that do not end are named at the deadline", "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  world.systemd.unit("db.service");
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::stop, {unit("web.service"), unit("db.service")}, 1s, answer.callback());
  run_until(world.loop, "both jobs", [&] { return world.systemd.jobs().size() == 2; });
  world.systemd.finish("web.service");
  const auto& jobs = answer.await(world.loop);
  REQUIRE_FALSE(jobs);
  CHECK(jobs.error().code == Errc::timeout);
  CHECK(jobs.error().message == "not done after 1 s: to stop db.service");
}

TEST_CASE("a bus that stays away is named at the deadline", "[systemd]") {
  World world;
  world.daemon.stop();
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::start, {unit("web.service")}, 300ms, answer.callback());
  const auto& jobs = answer.await(world.loop);
  REQUIRE_FALSE(jobs);
  CHECK(jobs.error().code == Errc::unavailable);
  CHECK_THAT(jobs.error().message, ContainsSubstring("web.service"));
}

TEST_CASE("cancelled jobs are taken back, and answered with what they came to", "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  world.systemd.unit("db.service");
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::start, {unit("web.service"), unit("db.service")}, 20s, answer.callback());
  run_until(world.loop, "both jobs", [&] { return world.systemd.jobs().size() == 2; });
  world.systemd.finish("web.service");
  world.units.cancel_jobs();
  CHECK(told(answer.await(world.loop)) == "web.service done, db.service canceled");
  CHECK(world.systemd.jobs().empty());
}

TEST_CASE("jobs that are cancelled while the bus is away are never sent", "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  world.daemon.stop();
  Answer<Jobs> answer;
  world.units.run_jobs(JobVerb::start, {unit("web.service")}, 20s, answer.callback());
  run_for(world.loop, 50ms);
  world.units.cancel_jobs();
  CHECK(told(answer.await(world.loop)) == "web.service canceled");
  world.daemon.start();
  world.systemd.connect();
  world.await_subscription();
  run_for(world.loop, 50ms);
  CHECK(world.systemd.count("StartUnit web.service") == 0);
}

TEST_CASE("what a killed switch had queued is taken back, but for what must go on", "[systemd]") {
  World world;
  for (const auto* name : {"web.service", "db.service", "switchback-activator.service"}) {
    world.systemd.unit(name);
    world.units.run_jobs(JobVerb::start, {unit(name)}, 20s, [](const Jobs&) {});
  }
  run_until(world.loop, "all jobs", [&] { return world.systemd.jobs().size() == 3; });
  Answer<Status> answer;
  world.units.cancel_all_jobs({unit("db.service")}, answer.callback());
  CHECK(answer.await(world.loop));
  world.settle();
  std::vector<std::string> left;
  for (const auto& job : world.systemd.jobs()) left.push_back(job.unit);
  CHECK(left == std::vector<std::string>{"db.service", "switchback-activator.service"});
}

TEST_CASE("a watcher hears of a unit that changed, and that anything may have after a reconnect",
          "[systemd]") {
  World world;
  world.systemd.unit("web.service");
  world.await_subscription();
  std::vector<std::string> heard;
  world.units.watch([&](const UnitName* name) { heard.push_back(name == nullptr ? "all" : name->text()); });
  world.systemd.tell("web.service");
  run_until(world.loop, "the change", [&] { return !heard.empty(); });
  CHECK(heard.back() == "web.service");
  heard.clear();
  world.restart_bus();
  run_until(world.loop, "the reconnect", [&] { return !heard.empty(); });
  CHECK(heard.back() == "all");
  run_until(world.loop, "the subscription", [&] { return world.systemd.count("Subscribe") == 2; });
  heard.clear();
  world.systemd.tell("web.service");
  run_until(world.loop, "the change", [&] { return !heard.empty(); });
  CHECK(heard.back() == "web.service");
  world.units.watch({});
}

TEST_CASE("a reload is answered, also when its reply is lost", "[systemd]") {
  World world;
  Answer<Status> answer;
  SECTION("its reply") { world.units.reload(answer.callback()); }
  SECTION("no reply, but systemd says that it is over") {
    world.systemd.answers_reload = false;
    world.units.reload(answer.callback());
    world.await_call("Reload");
    CHECK_FALSE(answer.arrived());
    world.systemd.tell_reloading(true);
    world.systemd.tell_reloading(false);
  }
  SECTION("the bus goes before the reply") {
    world.systemd.answers_reload = false;
    world.units.reload(answer.callback());
    world.await_call("Reload");
    world.daemon.stop();
    world.systemd.answers_reload = true;
    run_until(world.loop, "the loss", [&] { return !world.bus.connected(); });
    world.daemon.start();
    world.systemd.connect();
  }
  CHECK(answer.await(world.loop));
  CHECK(answer.count() == 1);
}

TEST_CASE("a reload that does not end is an error at its deadline", "[systemd]") {
  EventLoop loop;
  const PrivateBus daemon;
  FakeManager systemd(loop, daemon.address());
  Bus bus(loop, daemon.address());
  SystemdUnits units(bus, loop, 300ms);
  systemd.answers_reload = false;
  Answer<Status> answer;
  units.reload(answer.callback());
  const auto& status = answer.await(loop);
  REQUIRE_FALSE(status);
  CHECK(status.error().code == Errc::timeout);
}

TEST_CASE("a failed unit is reset, and one that is not loaded needs none", "[systemd]") {
  World world;
  world.systemd.unit("web.service").set("failed", "failed");
  Answer<Status> answer;
  world.units.reset_failed({unit("web.service"), unit("gone.service")}, answer.callback());
  CHECK(answer.await(world.loop));
  CHECK(world.systemd.unit("web.service").active == "inactive");
}
