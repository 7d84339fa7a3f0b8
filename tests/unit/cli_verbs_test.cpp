// SPDX-License-Identifier: MIT
// status, confirm and cancel: what they ask and what they answer.
#include "cli/verbs.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/fake_activator.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const auto kId = *ActivationId::parse("0123456789abcdef0123456789abcdef");
const auto kGiven = *IdPrefix::parse(kId.text());
const std::string kPath = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-2";

struct Asked {
  FakeRemote remote;
  std::ostringstream out;
  std::ostringstream err;
  Answer answer{out, err, false};
};

ActivationStatus finished(Outcome outcome) {
  return {kId, Phase::finished, std::nullopt, "root", OutcomeEvent{outcome, {}, {{"app", kPath, 12}}}};
}

Script status_is(const HostStatus& status) {
  return [status](FakePeer& peer) {
    peer.take();
    peer.reply(to_json(status));
  };
}

}  // namespace

TEST_CASE("status tells what runs, what is pending and what failed", "[cli]") {
  Asked asked;
  auto status = quiet_host();
  status.profiles = {{{"app", kPath, 12}, 200.0}, {{"database", kPath, std::nullopt}, std::nullopt}};
  status.running = ActivationStatus{kId, Phase::observing, 7.2, "root («try\x1b[2J»)", std::nullopt};
  status.last = finished(Outcome::reverted);
  status.last->outcome->causes = {{"web.service exited with status 1", "web.service", "exit-code", 1, {}}};
  status.failed_units = {"a.service", "b.service"};
  asked.remote.on(Way::shared, status_is(status));
  CHECK(show_status(asked.remote, asked.answer) == ExitStatus::done);
  CHECK(asked.out.str() ==
        "web1: activator 0.1.0\n"
        "  PROFILE   GENERATION  AGE          CLOSURE\n"
        "  app       12          3 minutes    web-2\n"
        "  database  -           -            web-2\n"
        "  running     01234567 observing, 7 s left, by root («try\\x1b[2J»)\n"
        "  last        01234567 reverted: web.service exited with status 1\n"
        "  failed      a.service, b.service\n");
}

TEST_CASE("status as a document keeps what this version does not know", "[cli]") {
  Asked asked;
  asked.remote.on(Way::shared, [](FakePeer& peer) {
    peer.take();
    auto document = to_json(quiet_host());
    document["weather"] = "fine";
    peer.reply(document);
  });
  CHECK(show_status(asked.remote, {asked.out, asked.err, true}) == ExitStatus::done);
  const auto document = nlohmann::json::parse(asked.out.str());
  CHECK(document.at("node") == "web1");
  CHECK(document.at("weather") == "fine");
}

TEST_CASE("a status that cannot be read is no crash", "[cli]") {
  Asked asked;
  asked.remote.on(Way::shared, [](FakePeer& peer) {
    peer.take();
    peer.reply({{"host", 5}});
  });
  CHECK(show_status(asked.remote, asked.answer) == ExitStatus::nothing_changed);
  CHECK_THAT(asked.err.str(), ContainsSubstring("host"));
}

TEST_CASE("a host that is not there is unreachable to every verb", "[cli]") {
  Asked asked;
  CHECK(show_status(asked.remote, asked.answer) == ExitStatus::unreachable);
  CHECK(confirm(asked.remote, kGiven, asked.answer) == ExitStatus::unreachable);
  CHECK(cancel(asked.remote, std::nullopt, asked.answer) == ExitStatus::unreachable);
}

TEST_CASE("without an id the running activation is meant", "[cli]") {
  Asked asked;
  SECTION("one runs") {
    auto status = quiet_host();
    status.running = ActivationStatus{kId, Phase::awaiting_confirmation, 7.0, "root", std::nullopt};
    std::string confirmed;
    asked.remote.on(Way::shared, status_is(status)).on(Way::shared, [&](FakePeer& peer) {
      confirmed = peer.greet().parameters.value("id", "");
      peer.reply({{"activation", to_json(finished(Outcome::committed))}});
    });
    CHECK(confirm(asked.remote, std::nullopt, asked.answer) == ExitStatus::done);
    CHECK(confirmed == kId.text());
    CHECK(asked.out.str() == "web1: confirmed; committed: app generation 12 (web-2)\n");
  }
  SECTION("none runs") {
    asked.remote.on(Way::shared, status_is(quiet_host()));
    CHECK(confirm(asked.remote, std::nullopt, asked.answer) == ExitStatus::nothing_changed);
    CHECK_THAT(asked.err.str(), ContainsSubstring("no activation runs on web1"));
  }
}

TEST_CASE("too late, a verb ends as the host stands", "[cli]") {
  const auto [outcome, on_confirm, on_cancel] = GENERATE(table<Outcome, ExitStatus, ExitStatus>(
      {{Outcome::reverted, ExitStatus::reverted, ExitStatus::reverted},
       {Outcome::revert_failed, ExitStatus::needs_a_person, ExitStatus::needs_a_person},
       {Outcome::committed, ExitStatus::done, ExitStatus::nothing_changed}}));
  const auto late = [](FakePeer& peer) {
    peer.greet();
    peer.refuse(Errc::wrong_phase, "too late");
    peer.await_end();
  };
  auto status = quiet_host();
  status.last = finished(outcome);
  Asked asked;
  asked.remote.on(Way::shared, late).on(Way::shared, status_is(status));
  asked.remote.on(Way::shared, late).on(Way::shared, status_is(status));
  CHECK(confirm(asked.remote, kGiven, asked.answer) == on_confirm);
  CHECK(cancel(asked.remote, kGiven, asked.answer) == on_cancel);
  CHECK_THAT(asked.err.str(), ContainsSubstring(std::string(text(outcome))));
}

TEST_CASE("a cancel of a boot that is waited for says what becomes of a reboot that was asked for", "[cli]") {
  Asked asked;
  auto status = quiet_host();
  status.running = ActivationStatus{kId, Phase::awaiting_boot, 7.0, "root", std::nullopt};
  asked.remote.on(Way::shared, status_is(status)).on(Way::shared, [](FakePeer& peer) {
    peer.greet();
    peer.reply({{"activation", to_json(ActivationStatus{kId, Phase::reverting, 5, "root", {}})}});
  });
  CHECK(cancel(asked.remote, std::nullopt, asked.answer) == ExitStatus::done);
  CHECK_THAT(asked.out.str(), ContainsSubstring("is not called off by that"));
}

TEST_CASE("a cancel that is accepted says what happens now", "[cli]") {
  Asked asked;
  asked.remote.on(Way::shared, [](FakePeer& peer) {
    peer.greet();
    peer.reply({{"activation", to_json(ActivationStatus{kId, Phase::reverting, 5, "root", {}})}});
  });
  CHECK(cancel(asked.remote, kGiven, asked.answer) == ExitStatus::done);
  CHECK(asked.out.str() == "web1: cancelled; activation 01234567 is reverting\n");
}
