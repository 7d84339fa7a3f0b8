// SPDX-License-Identifier: MIT
// The interface as other people's programs use it: varlinkctl of systemd 257, on the host and from afar.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

#include <sstream>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

constexpr const char* kSocket = "/run/switchback/activator.sock";
constexpr const char* kInterface = "org.switchback.Activator";
constexpr const char* kInterfaceFile = "/usr/share/varlink/org.switchback.Activator.varlink";
const std::string kId = "0123456789abcdef0123456789abcdef";

HostOptions debian_13() {
  HostOptions options;
  options.suite = Suite::trixie;
  return options;
}

/// varlinkctl on the host, by its socket.
CommandResult varlinkctl(const TestHost& host, const std::string& words) {
  return host.run("varlinkctl -j " + words);
}

/// The pusher's own system is the machine's; this puts Debian 13's programs in its place, in the same network
/// and with the same home.
std::vector<std::string> on_debian_13(TestHost& host, const std::vector<std::string>& argv) {
  const std::string root = layers_of(Suite::trixie, Root::base);
  return std::vector<std::string>{"unshare",
                                  "--mount",
                                  "--propagation",
                                  "private",
                                  "sh",
                                  "-euc",
                                  "root=$1 home=$2; shift 2; mount --bind \"$root\" \"$root\"; "
                                  "mount --rbind /dev \"$root/dev\"; mount -t proc proc \"$root/proc\"; "
                                  "mount --bind \"$home\" \"$root/root\"; "
                                  "mount -o remount,bind,ro \"$root\"; "
                                  "exec chroot \"$root\" /usr/bin/env HOME=/root \"$@\"",
                                  "-",
                                  root,
                                  host.pusher().home().string()} +
         argv;
}

/// What varlinkctl prints for a stream: a document a line, or a sequence by RFC 7464.
std::vector<json> replies_in(const std::string& text) {
  std::vector<json> replies;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() == '\x1e') line.erase(0, 1);
    if (!line.empty()) replies.push_back(json::parse(line));
  }
  return replies;
}

std::string activate(const std::string& closure) {
  return json{{"api", 1},
              {"id", kId},
              {"changes", json::array({json{{"profile", "app"}, {"closure", closure}}})},
              {"gate", {{"soak", 0.5}}},
              {"confirm", "none"}}
      .dump();
}

void check_stream(const std::vector<json>& replies) {
  REQUIRE(replies.size() > 2);
  std::int64_t seq = 0;
  for (const auto& reply : replies) {
    const auto& event = reply.at("event");
    CHECK(event.at("activation") == kId);
    CHECK(event.at("seq").get<std::int64_t>() > seq);
    seq = event.at("seq").get<std::int64_t>();
  }
  CHECK(replies.back().at("event").at("type") == "outcome");
  CHECK(replies.back().at("event").at("outcome") == "committed");
}

}  // namespace

TEST_CASE("the service describes itself by the file that is installed, byte for byte", "[varlink]") {
  auto host = TestHost::boot(debian_13());
  const auto info = varlinkctl(host, std::string("info ") + kSocket);
  INFO(info.err);
  REQUIRE(info.status == 0);
  const auto told = json::parse(info.out);
  CHECK_FALSE(told.at("vendor").get<std::string>().empty());
  CHECK_FALSE(told.at("version").get<std::string>().empty());
  CHECK(told.at("interfaces") == json{"org.varlink.service", kInterface});

  const auto described = varlinkctl(
      host, std::string("call ") + kSocket +
                " org.varlink.service.GetInterfaceDescription '{\"interface\":\"" + kInterface + "\"}'");
  INFO(described.err);
  REQUIRE(described.status == 0);
  CHECK(json::parse(described.out).at("description") == host.read_file(kInterfaceFile));
}

TEST_CASE("systemd's own parser takes the interface, and shows it as the file has it", "[varlink]") {
  auto host = TestHost::boot(debian_13());
  const auto valid = host.run(std::string("varlinkctl validate-idl ") + kInterfaceFile);
  INFO(valid.err);
  REQUIRE(valid.status == 0);
  const auto shown = host.run(std::string("varlinkctl introspect ") + kSocket + " " + kInterface);
  CHECK(shown.status == 0);
  CHECK(shown.out == valid.out);
  CHECK_THAT(shown.out, ContainsSubstring("method Activate"));
  CHECK(host.run(std::string("varlinkctl introspect ") + kSocket + " org.varlink.service").status == 0);
}

TEST_CASE("varlinkctl activates, follows to the end, and asks what came of it", "[varlink]") {
  auto host = TestHost::boot(debian_13());
  const auto closure = web(host, "web-1");
  host.copy_closure(closure);
  const std::string call = std::string("call ") + kSocket + " org.switchback.Activator.";
  const auto empty = varlinkctl(host, call + "Status '{}'");
  INFO(empty.err);
  REQUIRE(empty.status == 0);
  CHECK(json::parse(empty.out).at("profiles").empty());

  const auto followed = varlinkctl(host, "--more " + call + "Activate '" + activate(closure) + "'");
  INFO(followed.out << followed.err);
  REQUIRE(followed.status == 0);
  check_stream(replies_in(followed.out));
  check_runs(host, closure);

  const auto status = json::parse(varlinkctl(host, call + "Status '{}'").out);
  CHECK(status.at("profiles").at(0).at("profile") == "app");
  CHECK(status.at("profiles").at(0).at("closure") == closure);
  const auto history = json::parse(varlinkctl(host, call + "History '{\"limit\":1}'").out);
  CHECK(history.at("activations").at(0).at("id") == kId);
  const auto watched = varlinkctl(host, "--more " + call + "Watch '{\"id\":\"" + kId + "\"}'");
  check_stream(replies_in(watched.out));
}

TEST_CASE("varlinkctl drives a host from afar, with nothing of ours on the pusher", "[varlink]") {
  auto host = TestHost::boot(debian_13());
  const auto closure = web(host, "web-1");
  host.copy_closure(closure);
  const std::string address = "ssh-exec:root@target:switchback-activator bridge";
  const auto pusher = [&](const std::vector<std::string>& words) {
    return host.pusher(on_debian_13(host, std::vector<std::string>{"varlinkctl", "-j"} + words));
  };
  const auto info = pusher({"info", address});
  INFO(info.err);
  REQUIRE(info.status == 0);
  CHECK(json::parse(info.out).at("interfaces").size() == 2);
  CHECK(pusher({"introspect", address, kInterface}).status == 0);

  const auto followed =
      pusher({"--more", "call", address, "org.switchback.Activator.Activate", activate(closure)});
  INFO(followed.out << followed.err);
  REQUIRE(followed.status == 0);
  check_stream(replies_in(followed.out));
  check_runs(host, closure);
  const auto status = pusher({"call", address, "org.switchback.Activator.Status", "{}"});
  CHECK(json::parse(status.out).at("profiles").at(0).at("closure") == closure);
  const auto history = pusher({"call", address, "org.switchback.Activator.History", "{}"});
  CHECK(json::parse(history.out).at("activations").size() == 1);
}

TEST_CASE("errors are Varlink's own where it has them, and typed by us where it has not", "[varlink]") {
  auto host = TestHost::boot(debian_13());
  struct Row {
    std::string method;
    std::string parameters;
    std::string error;
    json with;
  };
  const std::string ours = kInterface;
  const std::vector<Row> rows{
      {ours + ".Explode", "{}", "org.varlink.service.MethodNotFound", {{"method", ours + ".Explode"}}},
      {"org.example.Nobody.Call",
       "{}",
       "org.varlink.service.InterfaceNotFound",
       {{"interface", "org.example.Nobody"}}},
      {"org.varlink.service.Explode",
       "{}",
       "org.varlink.service.MethodNotFound",
       {{"method", "org.varlink.service.Explode"}}},
      {"org.varlink.service.GetInterfaceDescription",
       R"({"interface":"org.example.Nobody"})",
       "org.varlink.service.InterfaceNotFound",
       {{"interface", "org.example.Nobody"}}},
      {"org.varlink.service.GetInterfaceDescription",
       R"({"interface":7})",
       "org.varlink.service.InvalidParameter",
       {{"parameter", "interface"}}},
      {"org.varlink.service.GetInterfaceDescription",
       "{}",
       "org.varlink.service.InvalidParameter",
       {{"parameter", "interface"}}},
      {"org.varlink.service.GetInfo",
       R"({"verbose":true})",
       "org.varlink.service.InvalidParameter",
       {{"parameter", "verbose"}}},
      {ours + ".Status",
       R"({"verbose":true})",
       ours + ".InvalidRequest",
       {{"message", "verbose: is not known here"}}},
      {ours + ".Remove",
       R"({"api":2,"id":"0123456789abcdef0123456789abcdef","profile":"app"})",
       ours + ".UnsupportedVersion",
       {}},
      {ours + ".Cancel", R"({"id":"0123456789abcdef0123456789abcdef"})", ours + ".NoSuchActivation", {}},
  };
  for (const auto& row : rows) {
    INFO(row.method << " " << row.parameters);
    PusherOptions options;
    options.input =
        R"({"method":")" + row.method + R"(","parameters":)" + row.parameters + "}" + std::string(1, '\0');
    const auto raw = host.pusher({"ssh", "root@target", "switchback-activator", "bridge"}, options);
    INFO(raw.out << raw.err);
    const auto reply = json::parse(raw.out.substr(0, raw.out.find('\0')));
    CHECK(reply.at("error") == row.error);
    if (!row.with.is_null()) CHECK(reply.at("parameters") == row.with);
    const auto asked =
        varlinkctl(host, std::string("call ") + kSocket + " " + row.method + " '" + row.parameters + "'");
    CHECK(asked.status != 0);
    CHECK_THAT(asked.err, ContainsSubstring(row.error));
  }
}
