// SPDX-License-Identifier: MIT
#include "tests/support/catch.hpp"
#include "tests/support/testhost/closure.hpp"
#include "tests/support/testhost/test_host.hpp"

#include <csignal>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

HostOptions bare() {
  HostOptions options;
  options.root = Root::base;
  return options;
}

}  // namespace

TEST_CASE("a host boots and answers ssh from its pusher", "[testhost]") {
  const auto host = TestHost::boot(bare());
  CHECK(host.state() == "running");
  const auto answer = host.pusher({"ssh", "root@target", "hostname; id -un"});
  CHECK(answer.status == 0);
  CHECK(answer.out == "target\nroot\n");
  CHECK(host.pusher({"ssh", "target", "exit 7"}).status == 7);
}

TEST_CASE("a host can be looked into and written to past its network", "[testhost]") {
  const auto host = TestHost::boot(bare());
  host.cut_network();
  CHECK(host.run("systemctl stop ssh.service").status == 0);
  host.write_file("/srv/it's here/it", "a\nb", "0755");
  CHECK(host.exists("/srv/it's here/it"));
  CHECK(host.read_file("/srv/it's here/it") == "a\nb");
  CHECK(host.output_of("stat -c %a \"/srv/it's here/it\"") == "755");
  host.write_file("/etc/systemd/system/it.service", "[Service]\nExecStart=/bin/sleep 1000\n");
  CHECK_FALSE(host.exists("/etc/nowhere"));
  CHECK(host.output_of("systemctl daemon-reload; systemctl start it.service").empty());
  CHECK(host.unit_property("it.service", "ActiveState") == "active");
  CHECK_THROWS(host.wait_for("false", std::chrono::milliseconds(100)));
}

TEST_CASE("a crashed host boots again with a new boot id and the same disk", "[testhost]") {
  auto host = TestHost::boot(bare());
  const std::string before = host.boot_id();
  host.write_file("/var/lib/kept", "kept");
  host.write_file("/run/lost", "lost");
  host.crash();
  CHECK_FALSE(host.on());
  CHECK_THROWS(host.run("true"));
  CHECK(host.run_on_disk("cat /var/lib/kept; echo more >/var/lib/more").out == "kept");
  host.boot_again();
  CHECK(host.boot_id() != before);
  CHECK(host.read_file("/var/lib/kept") == "kept");
  CHECK(host.read_file("/var/lib/more") == "more\n");
  CHECK_FALSE(host.exists("/run/lost"));
  CHECK(host.pusher({"ssh", "target", "true"}).status == 0);
}

TEST_CASE("a host reboots in order, also by itself", "[testhost]") {
  auto host = TestHost::boot(bare());
  const std::string before = host.boot_id();
  host.reboot();
  CHECK(host.boot_id() != before);
  CHECK(host.uptime() < std::chrono::seconds(30));
  host.pusher({"ssh", "target", "systemctl reboot"});
  CHECK(host.wait_until_off());
  host.boot_again();
  CHECK(host.state() == "running");
  host.run("systemctl --no-block poweroff");
  CHECK_FALSE(host.wait_until_off());
}

TEST_CASE("two hosts of one pusher live at once", "[testhost]") {
  HostOptions options = bare();
  options.pusher = std::make_shared<Pusher>();
  options.name = "one";
  const auto one = TestHost::boot(options);
  options.name = "two";
  auto two = TestHost::boot(options);
  CHECK(one.pusher({"ssh", "root@one", "hostname"}).out == "one\n");
  CHECK(one.pusher({"ssh", "root@two", "hostname"}).out == "two\n");
  CHECK(one.boot_id() != two.boot_id());
  two.crash();
  CHECK(one.pusher({"ssh", "one", "systemctl is-system-running"}).out == "running\n");
}

TEST_CASE("a cut network fails ssh, a restored one works", "[testhost]") {
  const auto host = TestHost::boot(bare());
  host.cut_network();
  CHECK(host.pusher({"ssh", "-o", "ConnectTimeout=1", "target", "true"}).status == 255);
  host.restore_network();
  CHECK(host.pusher({"ssh", "target", "true"}).status == 0);
}

TEST_CASE("a program of the pusher is followed, interrupted and killed", "[testhost]") {
  const auto host = TestHost::boot(bare());
  PusherOptions options;
  options.terminal = true;
  const auto process = host.start_pusher(
      {"sh", "-c",
       "trap 'echo caught; exit 3' INT; stty size; read line; echo got $line; while :; do sleep 0.1; done"},
      options);
  process->wait_for_output("24 80");
  process->type("a word\n");
  process->wait_for_output("got a word");
  process->signal(SIGINT);
  CHECK(process->wait() == 3);
  CHECK_THAT(process->out(), ContainsSubstring("caught"));

  const auto sleeper = host.start_pusher({"ssh", "target", "echo there; sleep 100"});
  sleeper->wait_for_output("there");
  sleeper->kill();
  CHECK(sleeper->wait() == 128 + SIGKILL);
  CHECK(host.pusher({"cat"}, {{}, "given", false, std::chrono::seconds(5)}).out == "given");
}

TEST_CASE("a closure built on the pusher is copied to the host and runs there", "[testhost]") {
  auto host = TestHost::boot(bare());
  const std::string web = web_closure("exec sleep 1000").build(host.pusher());
  const std::string user = Closure("user").file("text", "uses " + web + "\n").needs(web).build(host.pusher());
  const std::string plain = Closure("plain").file("etc/text", "alone\n").build(host.pusher());
  host.copy_closure(user);
  host.copy_closure(plain);
  CHECK(host.read_file(plain + "/etc/text") == "alone\n");
  CHECK_THAT(host.output_of("nix-store --query --requisites " + user), ContainsSubstring(web));
  CHECK_THAT(host.read_file(web + "/lib/systemd/system/web.service"), ContainsSubstring(web + "/bin/web"));
  CHECK(host.output_of("systemd-run --quiet --unit=web " + web + "/bin/web").empty());
  CHECK(host.unit_property("web.service", "ActiveState") == "active");
}
