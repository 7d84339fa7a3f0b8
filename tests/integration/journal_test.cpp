// SPDX-License-Identifier: MIT
// What units said, read from a real journal while it is written; and our own entries in it.
#include "activator/adapters/journal_follower.hpp"
#include "activator/adapters/journal_reader.hpp"
#include "activator/adapters/journal_sink.hpp"
#include "tests/integration/private_journal.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"

#include <spdlog/logger.h>

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;
using Lines = std::vector<LogLine>;

namespace {

constexpr const char* kFirst = "11111111111111111111111111111111";
constexpr const char* kSecond = "22222222222222222222222222222222";
const std::string kWeb = "web.service";

struct World {
  EventLoop loop;
  PrivateJournal journal;
  JournalReader reader{loop};

  std::vector<std::string> tail(const std::string& invocation, std::size_t limit = 20) {
    Answer<Lines> answer;
    reader.tail(*UnitName::parse(kWeb), invocation, limit, answer.callback());
    std::vector<std::string> texts;
    for (const auto& line : answer.await(loop)) texts.push_back(line.message);
    return texts;
  }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the last words of an invocation are its processes' and PID 1's, oldest first", "[journal]") {
  World world;
  world.journal.begin_invocation(kWeb, kFirst);
  world.journal.say(kWeb, "of another time");
  world.journal.begin_invocation(kWeb, kSecond);
  world.journal.say_as_manager(kWeb, kSecond, "Starting web.service...");
  world.journal.say(kWeb, "<3>table users is missing");
  world.journal.say("other.service", "not ours");
  world.journal.say_as_manager(kWeb, kSecond, "web.service: Failed with result 'exit-code'.");
  CHECK(world.tail(kSecond) == Texts{"Starting web.service...", "table users is missing",
                                     "web.service: Failed with result 'exit-code'."});
  CHECK(world.tail(kFirst) == Texts{"of another time"});
  CHECK(world.tail(kSecond, 2) ==
        Texts{"table users is missing", "web.service: Failed with result 'exit-code'."});
}

TEST_CASE("what a service says just before it fails is told, although journald looks too late", "[journal]") {
  World world;
  world.journal.begin_invocation(kWeb, kFirst);
  world.journal.say_as_manager(kWeb, kFirst, "Started web.service.");
  world.journal.freeze();
  PrivateJournal::say_and_exit(kWeb, "no such file");
  PrivateJournal::end_invocation(kWeb);
  world.journal.thaw();
  PrivateJournal::synchronize();
  world.journal.say_as_manager(kWeb, kFirst, "Failed.");
  const Texts told{"Started web.service.", "no such file", "Failed."};
  CHECK(world.tail(kFirst) == told);
  world.journal.begin_invocation(kWeb, kSecond);
  world.journal.say_as_manager(kWeb, kSecond, "Started web.service.");
  world.journal.say(kWeb, "of another time");
  CHECK(world.tail(kFirst) == told);
  CHECK(world.tail(kSecond) == Texts{"Started web.service.", "of another time"});
}

TEST_CASE("without an invocation the unit's newest lines are told", "[journal]") {
  World world;
  world.journal.begin_invocation(kWeb, kFirst);
  world.journal.say(kWeb, "one");
  world.journal.begin_invocation(kWeb, kSecond);
  world.journal.say(kWeb, "two");
  world.journal.say_as_manager(kWeb, kSecond, "Stopped.");
  world.journal.say("web.service.other.service", "not ours");
  CHECK(world.tail("") == Texts{"one", "two", "Stopped."});
  CHECK(world.tail("", 1) == Texts{"Stopped."});
}

TEST_CASE("nobody but PID 1 can put words into a unit's mouth", "[journal]") {
  World world;
  world.journal.begin_invocation(kWeb, kFirst);
  world.journal.send({"MESSAGE=all is well", "UNIT=" + kWeb, std::string("INVOCATION_ID=") + kFirst});
  world.journal.say(kWeb, "nothing is well");
  CHECK(world.tail(kFirst) == Texts{"nothing is well"});
  CHECK(world.tail("") == Texts{"nothing is well"});
}

TEST_CASE("a line keeps its time and its priority", "[journal]") {
  World world;
  world.journal.say(kWeb, "<4>careful");
  Answer<Lines> answer;
  world.reader.tail(*UnitName::parse(kWeb), "", 5, answer.callback());
  const auto& lines = answer.await(world.loop);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].priority == 4);
  const auto now = std::chrono::system_clock::now().time_since_epoch() / 1ms;
  CHECK(lines[0].time_ms > now - 60'000);
  CHECK(lines[0].time_ms <= now);
}

TEST_CASE("long messages are cut, binary ones made readable, and those of several lines taken apart",
          "[journal]") {
  World world;
  world.journal.say(kWeb, std::string(10'000, 'x'));
  world.journal.say(kWeb, "caf\xc3\xa9 \xff\xfe end");
  world.journal.send({"MESSAGE\n" + std::string("\x09\0\0\0\0\0\0\0", 8) + "one\ntwo\n3", "UNIT=" + kWeb}, 1);
  const auto texts = world.tail("");
  REQUIRE(texts.size() == 5);
  CHECK(texts[0].size() <= kMaxLogMessageBytes);
  CHECK(texts[0].ends_with("x\xe2\x80\xa6"));
  CHECK(texts[1] == "caf\xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd end");
  CHECK(Texts(texts.begin() + 2, texts.end()) == Texts{"one", "two", "3"});
}

TEST_CASE("what cannot be told in time is told empty, and a journald that hangs holds nobody up",
          "[journal]") {
  World world;
  world.journal.say(kWeb, "written before");
  CHECK(world.tail("") == Texts{"written before"});
  world.journal.freeze();
  const auto begun = std::chrono::steady_clock::now();
  CHECK(world.tail("") == Texts{"written before"});
  CHECK(world.tail(kSecond).empty());
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  world.journal.thaw();
}

TEST_CASE("what journald has not read yet is waited for", "[journal]") {
  World world;
  world.journal.freeze();
  world.journal.say_unheard(kWeb, "in the pipe");
  Answer<Lines> answer;
  world.reader.tail(*UnitName::parse(kWeb), "", 5, answer.callback());
  run_for(world.loop, 50ms);
  CHECK_FALSE(answer.arrived());
  world.journal.thaw();
  CHECK(answer.await(world.loop).size() == 1);
}

TEST_CASE("many questions at once are each answered once, and none after the reader has gone", "[journal]") {
  World world;
  world.journal.say(kWeb, "hello");
  int answers = 0;
  for (int count = 0; count < 20; ++count) {
    world.reader.tail(*UnitName::parse(kWeb), "", 5, [&](const Lines& lines) {
      ++answers;
      CHECK(lines.size() == 1);
    });
  }
  CHECK(answers == 0);
  run_until(world.loop, "all answers", [&] { return answers == 20; });
  {
    JournalReader gone(world.loop);
    gone.tail(*UnitName::parse(kWeb), "", 5, [&](const Lines&) { ++answers; });
  }
  CHECK(world.tail("").size() == 1);
  CHECK(answers == 20);
}

TEST_CASE("a follower hears what is said from now on, as it is said", "[journal]") {
  World world;
  world.journal.say(kWeb, "before");
  CHECK(world.tail("") == Texts{"before"});
  Texts heard;
  const auto follower =
      JournalFollower::open(world.loop, kWeb, [&](const LogLine& line) { heard.push_back(line.message); });
  REQUIRE(follower);
  world.journal.say(kWeb, "one");
  run_until(world.loop, "the first line", [&] { return !heard.empty(); });
  world.journal.say("other.service", "not ours");
  world.journal.say(kWeb, "two\nthree");
  run_until(world.loop, "all lines", [&] { return heard.size() == 3; });
  CHECK(heard == Texts{"one", "two", "three"});
}

TEST_CASE("a follower hears a process that was gone before journald looked, and nobody who says to be it",
          "[journal]") {
  World world;
  Texts heard;
  const auto follower =
      JournalFollower::open(world.loop, kWeb, [&](const LogLine& line) { heard.push_back(line.message); });
  REQUIRE(follower);
  world.journal.freeze();
  PrivateJournal::say_and_exit(kWeb, "no such file");
  world.journal.thaw();
  world.journal.send({"MESSAGE=all is well", "SYSLOG_IDENTIFIER=" + kWeb, "_SYSTEMD_UNIT=" + kWeb});
  world.journal.say(kWeb, "another process");
  run_until(world.loop, "both lines", [&] { return heard.size() == 2; });
  CHECK(heard == Texts{"no such file", "another process"});
}

TEST_CASE("our own entries carry the activation that they belong to", "[journal]") {
  World world;
  const auto sink = std::make_shared<JournalSink>();
  spdlog::logger logger("", sink);
  logger.info("before");
  sink->set_activation("0123456789abcdef0123456789abcdef");
  logger.warn("two\nlines");
  sink->set_activation("");
  logger.info("after");
  Answer<Lines> synchronized;
  world.reader.tail(*UnitName::parse(kWeb), "", 1, synchronized.callback());
  synchronized.await(world.loop);
  const auto shown = output_of({"journalctl", "--output=cat", "SYSLOG_IDENTIFIER=switchback-activator"});
  CHECK(shown == "before\ntwo\nlines\nafter");
  const auto ours = output_of({"journalctl", "--output=cat", "--priority=warning",
                               "SWITCHBACK_ACTIVATION=0123456789abcdef0123456789abcdef"});
  CHECK(ours == "two\nlines");
}

TEST_CASE("logging does not wait for a journald that hangs, and owns up to what was lost", "[journal]") {
  World world;
  const auto sink = std::make_shared<JournalSink>();
  spdlog::logger logger("", sink);
  world.journal.freeze();
  for (int count = 0; count < 5000; ++count) logger.info("line {}", count);
  world.journal.thaw();
  run_until(world.loop, "journald to have read what it holds", [&] {
    logger.info("again");
    return world.tail("").empty() &&
           output_of({"journalctl", "--output=cat", "SYSLOG_IDENTIFIER=switchback-activator"})
               .ends_with("again");
  });
  CHECK_THAT(output_of({"journalctl", "--output=cat", "--priority=warning"}),
             Catch::Matchers::ContainsSubstring("log lines before this one were lost"));
}

TEST_CASE("a text is cut between characters, not within one", "[journal]") {
  CHECK(readable("plain", 100) == "plain");
  CHECK(readable(std::string("a\0b", 3), 100) ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(readable("\xf0\x9f\x98\x80", 4) == "\xf0\x9f\x98\x80");
  CHECK(readable("ab\xc3\xa9\xc3\xa9\xc3\xa9", 6) == "ab\xe2\x80\xa6");
  CHECK(readable("\xc3", 10) == "\xef\xbf\xbd");
  CHECK(readable("\xe0\x80\x80", 20) == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}
