// SPDX-License-Identifier: MIT
// Unit files are read as systemd reads them, whatever is in them.
#include "activator/core/unit_file.hpp"

#include "activator/core/compare.hpp"
#include "tests/support/catch.hpp"

using namespace switchback;
using Catch::Matchers::ContainsSubstring;

namespace {

UnitFile read(const std::string& text) {
  auto file = UnitFile::parse(text);
  REQUIRE(file);
  return *file;
}

Difference between(const std::string& before, const std::string& after) {
  return compare(read(before), read(after));
}

}  // namespace

TEST_CASE("assignments are read with their section, stripped of blanks", "[unit_file]") {
  const auto file =
      read("\xef\xbb\xbf[Unit]\nDescription =  A service \n\n[Service]\r\nExecStart=/bin/a b=c\r\n");
  CHECK(file.last("Unit", "Description") == "A service");
  CHECK(file.last("Service", "ExecStart") == "/bin/a b=c");
  CHECK_FALSE(file.last("Unit", "ExecStart"));
}

TEST_CASE("a continued line is one line, and comments in the middle of it are passed over", "[unit_file]") {
  const auto file = read("[Service]\nExecStart=/bin/a \\\n# a comment\n  --one \\\n\n  --two\nUser=x\n");
  CHECK(file.last("Service", "ExecStart") == "/bin/a    --one    --two");
  CHECK(file.last("Service", "User") == "x");
  CHECK(read("[S]\nA=1\\").last("S", "A") == "1\\");
  CHECK(read("[S]\nA=1\\\\\nB=2\n").last("S", "A") == "1\\\\");
}

TEST_CASE("an empty assignment forgets those before it", "[unit_file]") {
  const auto file = read("[Service]\nExecStart=/bin/a\nExecStart=\nExecStart=/bin/b\nExecStart=/bin/c\n");
  CHECK(file.values("Service", "ExecStart") == std::vector<std::string>{"/bin/b", "/bin/c"});
  auto with_drop_in = file;
  with_drop_in.apply(read("[Service]\nExecStart=\n"));
  CHECK(with_drop_in.values("Service", "ExecStart").empty());
}

TEST_CASE("words are split at blanks and quotes are respected", "[unit_file]") {
  const auto file = read("[Install]\nWantedBy=a.target  \"b c.target\"\nWantedBy=d\\x2de.target\n");
  CHECK(file.words("Install", "WantedBy") ==
        std::vector<std::string>{"a.target", "b c.target", "d\\x2de.target"});
}

TEST_CASE("booleans are systemd's, and anything else is not true", "[unit_file]") {
  const auto [text, value] = GENERATE(table<std::string, std::optional<bool>>({
      {"yes", true},
      {"On", true},
      {"1", true},
      {"true", true},
      {"no", false},
      {"0", false},
      {"maybe", false},
      {"", std::nullopt},
  }));
  CHECK(read("[Service]\nX-StopIfChanged=" + text + "\n").boolean("Service", "X-StopIfChanged") == value);
}

TEST_CASE("what systemd passes over is passed over, what it refuses is refused", "[unit_file]") {
  CHECK(read("Stray=1\n[Unit]\nno assignment\nA=1\n").assignments().size() == 1);
  const auto broken = UnitFile::parse("[Unit]\nA=1\n[Service\nB=2\n");
  REQUIRE_FALSE(broken);
  CHECK_THAT(broken.error().message, ContainsSubstring("line 3"));
  CHECK_FALSE(UnitFile::parse(std::string("[Unit]\nA=\0\n", 11)));
}

TEST_CASE("reading ends, whatever the text is cut to", "[unit_file]") {
  const std::string text = "[Unit]\nA=1 \\\n# c\n;d\n\\\n[Service]\nB=\\\\\\\n\\";
  for (std::size_t length = 0; length <= text.size(); ++length) (void)UnitFile::parse(text.substr(0, length));
}

TEST_CASE("definitions differ as far as a running unit would notice", "[compare]") {
  const std::string base = "[Unit]\nDescription=a\n[Service]\nExecStart=/bin/a\nExecReload=/bin/r\n";
  const auto [after, difference] = GENERATE_COPY(table<std::string, Difference>({
      {base, Difference::none},
      {base + "[Install]\nWantedBy=multi-user.target\n", Difference::none},
      {"[Unit]\nDescription=b\n[Service]\nExecStart=/bin/a\nExecReload=/bin/r\n", Difference::none},
      {"[Service]\nExecReload=/bin/r\nExecStart=/bin/a\n[Unit]\nDescription=a\n", Difference::none},
      {"[Unit]\nDescription=a\n[Service]\nExecStart=/bin/a\nExecReload=/bin/other\n", Difference::reload},
      {"[Unit]\nDescription=a\n[Service]\nExecStart=/bin/a\n", Difference::none},
      {base + "[Unit]\nX-Reload-Triggers=1\n", Difference::reload},
      {base + "[Unit]\nX-Restart-Triggers=1\n", Difference::restart},
      {base + "[Service]\nUser=x\n", Difference::restart},
      {"[Unit]\nDescription=a\n[Service]\nExecStart=/bin/b\nExecReload=/bin/r\n", Difference::restart},
  }));
  INFO(after);
  CHECK(between(base, after) == difference);
}

TEST_CASE("the order of repeated values counts, as it does for systemd", "[compare]") {
  CHECK(between("[Service]\nExecStartPre=/a\nExecStartPre=/b\n",
                "[Service]\nExecStartPre=/b\nExecStartPre=/a\n") == Difference::restart);
  CHECK(between("[Service]\nEnvironment=\n", "[Service]\n") == Difference::none);
}
