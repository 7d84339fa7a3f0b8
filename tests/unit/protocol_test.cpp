// SPDX-License-Identifier: MIT
// What crosses the wire: framing, envelopes, requests, events, status; good and hostile.
#include "activator/protocol/event.hpp"
#include "activator/protocol/message.hpp"
#include "activator/protocol/names.hpp"
#include "activator/protocol/request.hpp"
#include "activator/protocol/status.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

#include <string>

using namespace switchback;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

const std::string kId = "0123456789abcdef0123456789abcdef";
const std::string kClosure = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-1.2";

json good_request() {
  return {{"api", 1}, {"id", kId}, {"changes", {{{"profile", "app"}, {"closure", kClosure}}}}};
}

std::string error_for(const json& request) {
  const auto parsed = parse_activate(request);
  return parsed ? "" : parsed.error().message;
}

}  // namespace

TEST_CASE("frames are cut at NUL bytes, however the bytes arrive", "[protocol]") {
  FrameReader reader(100);
  REQUIRE(reader.feed(std::string("{\"a\"", 4)));
  CHECK_FALSE(reader.next());
  REQUIRE(reader.feed(std::string(":1}\0{}\0{", 8)));
  CHECK(reader.next() == "{\"a\":1}");
  CHECK(reader.next() == "{}");
  CHECK_FALSE(reader.next());
}

TEST_CASE("a frame over the limit is refused while it is still coming", "[protocol]") {
  FrameReader reader(10);
  REQUIRE(reader.feed("0123456789"));
  const auto over = reader.feed("0");
  REQUIRE_FALSE(over);
  CHECK(over.error().code == Errc::invalid_request);
}

TEST_CASE("many small frames at once are not one large frame", "[protocol]") {
  FrameReader reader(10);
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += std::string("{}\0", 3);
  REQUIRE(reader.feed(bytes));
  int frames = 0;
  while (reader.next()) ++frames;
  CHECK(frames == 100);
}

TEST_CASE("a call that is no Varlink call is refused", "[protocol]") {
  const auto text = GENERATE(as<std::string>(), "", "nonsense", "[]", "7", "{}", "{\"method\":7}",
                             "{\"method\":\"x\",\"parameters\":[]}", "{\"method\":\"x\",\"more\":\"yes\"}",
                             "{\"method\":\"x\",\"upgrade\":true}", "{\"method\":\"x\",\"surprise\":1}");
  CHECK_FALSE(parse_call(text));
}

TEST_CASE("a message survives its way through the wire", "[protocol]") {
  const Call call{"org.switchback.Activator.Status", {{"a", 1}}, true, false};
  const auto bytes = encode(call);
  REQUIRE(bytes.back() == '\0');
  const auto parsed = parse_call(std::string_view(bytes).substr(0, bytes.size() - 1));
  REQUIRE(parsed);
  CHECK(parsed->method == call.method);
  CHECK(parsed->parameters == call.parameters);
  CHECK(parsed->more);
}

TEST_CASE("bytes that are no UTF-8 do not stop a reply", "[protocol]") {
  CHECK_THAT(encode(Reply{{{"log", "bad \xff byte"}}, false, std::nullopt}), ContainsSubstring("bad"));
}

TEST_CASE("every error keeps its code on the way to the pusher", "[protocol]") {
  for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) {
    const Error error{static_cast<Errc>(code), "what happened"};
    const auto bytes = encode(error_reply(error));
    const auto reply = parse_reply(std::string_view(bytes).substr(0, bytes.size() - 1));
    REQUIRE(reply);
    REQUIRE(reply->error);
    CHECK(error_of(*reply).code == error.code);
    CHECK_THAT(error_of(*reply).message, ContainsSubstring("what happened"));
  }
}

TEST_CASE("an activation request has defaults, and survives its own JSON", "[protocol]") {
  const auto request = parse_activate(good_request());
  REQUIRE(request);
  CHECK(request->gate.soak == std::chrono::seconds{10});
  CHECK(request->confirm == ConfirmMode::automatic);
  CHECK(request->confirm_timeout == std::chrono::seconds{30});
  CHECK(request->activation_timeout == std::chrono::seconds{240});
  const auto again = parse_activate(to_json(*request));
  REQUIRE(again);
  CHECK(*again == *request);
}

TEST_CASE("a manual confirm has ten minutes unless told otherwise", "[protocol]") {
  auto request = good_request();
  request["confirm"] = "manual";
  CHECK(parse_activate(request)->confirm_timeout == std::chrono::seconds{600});
}

TEST_CASE("a wrong request is refused with the place and what to do", "[protocol]") {
  const auto [patch, says] = GENERATE(table<std::string, std::string>({
      {R"({"gate":{"soke":3}})", "gate.soke: is not known here; did you mean soak?"},
      {R"({"surprise":1})", "surprise: is not known here"},
      {R"({"gate":{"soak":"ten"}})", "gate.soak: expected a number of seconds"},
      {R"({"gate":{"soak":-1}})", "gate.soak: expected a number of seconds"},
      {R"({"gate":{"soak":1e300}})", "gate.soak: expected a number of seconds"},
      {R"({"gate":{"soak":400}})", "must be shorter than the gate's deadline"},
      {R"({"gate":{"flapLimit":0}})", "gate.flapLimit: expected a number from 1"},
      {R"({"gate":{"critical":"web"}})", "gate.critical: expected an array"},
      {R"({"gate":{"critical":[1]}})", "gate.critical: expected an array of strings"},
      {R"({"confirm":"maybe"})", "confirm: this version knows: auto, manual, none"},
      {R"({"mode":"sideways"})", "mode: this version knows: switch"},
      {R"({"confirmTimeout":0})", "confirmTimeout: must not be 0"},
      {R"({"activationTimeout":0})", "activationTimeout: must not be 0"},
      {R"({"id":"short"})", "an activation id is 32 hexadecimal digits"},
      {R"({"changes":[]})", "changes: at least one is needed"},
      {R"({"changes":{}})", "changes: expected an array"},
      {R"({"changes":[{"profile":"app"}]})", "changes[0].closure: is missing"},
      {R"({"changes":[7]})", "changes[0]: expected an object"},
      {R"({"changes":[{"profile":"../etc","closure":"X"}]})", "is not a profile name"},
      {R"({"changes":[{"profile":"app","closure":"/etc/passwd"}]})", "does not begin with /nix/store/"},
  }));
  auto request = good_request();
  request.merge_patch(json::parse(patch));
  CHECK_THAT(error_for(request), ContainsSubstring(says));
}

TEST_CASE("a profile twice in one request is refused", "[protocol]") {
  auto request = good_request();
  request["changes"].push_back(request["changes"][0]);
  CHECK_THAT(error_for(request), ContainsSubstring("is there twice"));
}

TEST_CASE("another API version is named, not guessed at", "[protocol]") {
  auto request = good_request();
  request["api"] = 2;
  const auto parsed = parse_activate(request);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == Errc::unsupported_version);
}

TEST_CASE("a store path is one path in the store and nothing else", "[protocol]") {
  CHECK(StorePath::parse(kClosure)->name() == "web-1.2");
  const auto bad = GENERATE(
      as<std::string>(), "", "/", "/nix/store", "/nix/store/", "/nix/store/abc",
      "/nix/store/0123456789abcdfghijklmnpqrsvwxyz", "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-",
      "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-a/b", "/nix/store/0123456789ABCDFGHIJKLMNPQRSVWXYZ-a",
      "/nix/store/0123456789abcdfghijklmnpqrsvwxye-a", "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-a b",
      "/nix/store/../etc/passwd");
  CHECK_FALSE(StorePath::parse(bad));
}

TEST_CASE("a profile name cannot leave its directory", "[protocol]") {
  CHECK(ProfileName::parse("system"));
  const auto bad = GENERATE(as<std::string>(), "", ".", "..", "a/b", "/..", "-rf", ".hidden", "a b", "a\nb",
                            std::string(65, 'a'));
  CHECK_FALSE(ProfileName::parse(bad));
}

TEST_CASE("every event survives its own JSON", "[protocol]") {
  const auto id = *ActivationId::parse(kId);
  const std::vector<EventBody> bodies{
      PhaseEvent{Phase::awaiting_confirmation, 29.5},
      PlanEvent{"app", "web.service", UnitAction::stop_start, "changed"},
      UnitEvent{"web.service", "active", "running", "success", 1, UnitVerdict::healthy},
      LogEvent{"web.service", 3, "no such table"},
      CheckEvent{"http", CheckState::missed, "status 502\nbad gateway"},
      CheckEvent{"tcp", CheckState::pending, ""},
      WarningEvent{"careful"},
      OutcomeEvent{Outcome::reverted,
                   {{"web.service exited with status 1", "web.service", "exit-code", 1, {"no such table"}}},
                   {{"app", kClosure, 7}}}};
  for (const auto& body : bodies) {
    const auto written = to_json(Event{3, 1'700'000'000'500, id, body});
    const auto read = parse_event(written);
    REQUIRE(read);
    REQUIRE(*read);
    CHECK(to_json(**read) == written);
  }
}

TEST_CASE("an event of a later version is passed over, not refused", "[protocol]") {
  const json later{{"v", 2}, {"seq", 1}, {"time", 1}, {"activation", kId}, {"type", "novelty"}, {"more", {}}};
  const auto read = parse_event(later);
  REQUIRE(read);
  CHECK_FALSE(read->has_value());
}

TEST_CASE("an event that is broken is an error, not a surprise", "[protocol]") {
  const auto bad = GENERATE(
      as<std::string>(), "{}", "[]", "7", R"({"type":"phase"})",
      R"({"seq":-1,"type":"warning","message":"x","activation":"0123456789abcdef0123456789abcdef"})");
  CHECK_FALSE(parse_event(json::parse(bad)));
}

TEST_CASE("a host's status survives its own JSON", "[protocol]") {
  const auto id = *ActivationId::parse(kId);
  HostStatus status;
  status.host = "web1";
  status.version = "0.1.0";
  status.profiles = {{{"app", kClosure, 7}, 61.5}};
  status.running = ActivationStatus{id, Phase::observing, 12.5, "root", std::nullopt};
  status.last = ActivationStatus{id, Phase::finished, std::nullopt, "root",
                                 OutcomeEvent{Outcome::committed, {}, {{"app", kClosure, 7}}}};
  status.failed_units = {"backup.service"};
  status.trouble = "a record";
  const auto written = to_json(status);
  const auto read = parse_host_status(written);
  REQUIRE(read);
  CHECK(to_json(*read) == written);
}
