// SPDX-License-Identifier: MIT
// The command line of every verb, and deploy-rs's flags.
#include "cli/options.hpp"
#include "cli/options_deploy.hpp"
#include "cli/plan_deployment.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/fake_activator.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using std::chrono::milliseconds;

namespace {

using Arguments = std::vector<std::string>;

const std::string kPath = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-1";
const Arguments kDirect{"--host", "web1", "--path", kPath};

template <class T>
T parsed(const Arguments& arguments) {
  const auto options = parse_options(arguments);
  INFO((options ? "" : options.error().message));
  REQUIRE(options);
  REQUIRE(std::holds_alternative<T>(*options));
  return std::get<T>(*options);
}

DeployOptions deploy(Arguments arguments) {
  arguments.insert(arguments.begin(), "deploy");
  return parsed<DeployOptions>(arguments);
}

std::string complaint(const Arguments& arguments) {
  const auto options = parse_options(arguments);
  return options ? "" : options.error().message;
}

Arguments both(Arguments left, const Arguments& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
/// deploy of a path to a host, and `more`.
Arguments direct(const Arguments& more = {}) { return both(kDirect, more); }
std::string direct_complaint(const Arguments& more) { return complaint(both({"deploy"}, direct(more))); }

}  // namespace

TEST_CASE("without a host the flake here is meant, all of it", "[cli]") {
  const auto options = deploy({});
  CHECK(options.common.targets == Arguments{"."});
  CHECK(options.request.changes.empty());
  CHECK(deploy({".#web1", "other#db.system"}).common.targets == Arguments{".#web1", "other#db.system"});
  CHECK(deploy({"--targets", ".#a", ".#b"}).common.targets == Arguments{".#a", ".#b"});
  CHECK(deploy({".#a", "--targets", ".#b"}).common.targets.size() == 2);
}

TEST_CASE("a TARGET and a host exclude each other, and so does what belongs to each", "[cli]") {
  CHECK_THAT(direct_complaint({".#web1"}), ContainsSubstring("«.#web1» and --host"));
  CHECK_THAT(complaint({"deploy", "--local", "--host", "web1", "--path", kPath}),
             ContainsSubstring("--host and --local"));
  CHECK_THAT(complaint({"deploy", ".#web1", "--path", kPath}), ContainsSubstring("--path needs --host"));
  CHECK_THAT(complaint({"deploy", ".#web1", "--profile", "app"}), ContainsSubstring(".#NODE.PROFILE"));
  CHECK_THAT(direct_complaint({"--file", "x.json"}), ContainsSubstring("--file"));
  CHECK_THAT(direct_complaint({"--hostname", "x"}), ContainsSubstring("--hostname"));
  CHECK_THAT(direct_complaint({"--", "-L"}), ContainsSubstring("--"));
  for (const std::string flag : {"--remote-build", "--checks", "-k", "--result-path=x"}) {
    INFO(flag);
    CHECK_THAT(direct_complaint({flag}), ContainsSubstring("nothing to build"));
  }
  CHECK_THAT(complaint({"status", "--host", "root@web1", "--ssh-user", "deploy"}),
             ContainsSubstring("names a user already"));
}

TEST_CASE("what is not given is told from a default, for a manifest to say", "[cli]") {
  const auto none = deploy({}).common.overrides;
  CHECK_FALSE(none.gate.soak);
  CHECK_FALSE(none.gate.strict);
  CHECK_FALSE(none.confirm);
  CHECK_FALSE(none.auto_rollback);
  CHECK_FALSE(none.rollback_succeeded);
  const auto over = deploy({"--soak", "10", "--confirm", "auto", "--auto-rollback", "true"}).common.overrides;
  CHECK(over.gate.soak == milliseconds(10'000));
  CHECK(over.confirm == ConfirmMode::automatic);
  CHECK(over.auto_rollback == true);
}

TEST_CASE("every flag of deploy-rs is taken, by its long and its short name", "[cli]") {
  const auto options = deploy({".#web1",
                               "-c",
                               "-i",
                               "-d",
                               "-s",
                               "-k",
                               "-r",
                               "links",
                               "--remote-build",
                               "--ssh-user",
                               "deploy",
                               "--profile-user",
                               "app",
                               "--ssh-opts",
                               "-p 2222",
                               "--hostname",
                               "web1.example.org",
                               "--fast-connection",
                               "true",
                               "--auto-rollback",
                               "false",
                               "--magic-rollback",
                               "false",
                               "--interactive-sudo",
                               "true",
                               "--confirm-timeout",
                               "12",
                               "--activation-timeout",
                               "99",
                               "--temp-path",
                               "/var/tmp",
                               "--sudo",
                               "doas -u",
                               "--log-dir",
                               "/var/log",
                               "--dry-activate",
                               "--rollback-succeeded",
                               "false",
                               "-f",
                               "x.json",
                               "--",
                               "--impure",
                               "-L"});
  const auto& common = options.common;
  const auto& over = common.overrides;
  CHECK(over.check_signatures == true);
  CHECK(over.interactive == true);
  CHECK(over.debug_logs == true);
  CHECK(common.verbosity == 1);
  CHECK(over.checks == false);
  CHECK(over.keep_result == true);
  CHECK(over.result_path == "links");
  CHECK(over.remote_build == true);
  CHECK(over.ssh_user == "deploy");
  CHECK(over.profile_user == "app");
  CHECK(over.ssh_options == Words{"-p", "2222"});
  CHECK(over.hostname == "web1.example.org");
  CHECK(over.fast_connection == true);
  CHECK(over.auto_rollback == false);
  CHECK(over.magic_rollback == false);
  CHECK(over.interactive_sudo == true);
  CHECK(over.confirm_timeout == milliseconds(12'000));
  CHECK(over.activation_timeout == milliseconds(99'000));
  CHECK(over.temp_path == "/var/tmp");
  CHECK(over.sudo == "doas -u");
  CHECK(over.log_directory == "/var/log");
  CHECK(over.rollback_succeeded == false);
  CHECK(common.file == "x.json");
  CHECK(common.nix_arguments == Arguments{"--impure", "-L"});
  CHECK(options.request.mode == Mode::dry_run);
  CHECK(options.request.confirm == ConfirmMode::none);
  CHECK_FALSE(options.request.auto_rollback);
  CHECK(idle_flags(over).size() == 4);
}

TEST_CASE("what is booted into is confirmed by hand, unless its pusher waits for the boot", "[cli]") {
  const auto boot = deploy(direct({"--boot"})).request;
  CHECK(boot.mode == Mode::boot);
  CHECK_FALSE(boot.reboot);
  CHECK(boot.confirm == ConfirmMode::manual);
  CHECK(boot.confirm_timeout == kManualConfirmTimeout);
  CHECK(boot.boot_within == kBootWithin);
  CHECK(deploy(direct({"--boot", "--boot-within", "60"})).request.boot_within == milliseconds(60'000));
  CHECK(deploy(direct({"--boot", "--confirm", "none"})).request.confirm == ConfirmMode::none);
  CHECK(deploy(direct({"--boot", "--confirm-timeout", "90"})).request.confirm_timeout ==
        milliseconds(90'000));
  const auto reboot = deploy(direct({"--boot", "--reboot", "--reboot-timeout", "900"}));
  CHECK(reboot.request.reboot);
  CHECK(reboot.request.confirm == ConfirmMode::automatic);
  CHECK(reboot.common.overrides.reboot_timeout == milliseconds(900'000));
  const auto if_needed = deploy(direct({"--reboot"})).request;
  CHECK(if_needed.mode == Mode::switch_now);
  CHECK(if_needed.reboot);
}

TEST_CASE("what says nothing together about a boot is refused", "[cli]") {
  CHECK_THAT(complaint({"deploy", "--boot", "--test"}), ContainsSubstring("--boot and --test"));
  CHECK_THAT(complaint({"deploy", "--boot", "--dry-run"}), ContainsSubstring("--boot and --dry-run"));
  CHECK_THAT(complaint({"deploy", "--reboot", "--test"}), ContainsSubstring("--reboot and --test"));
  CHECK_THAT(complaint({"deploy", "--reboot", "--dry-run"}), ContainsSubstring("--reboot and --dry-run"));
  CHECK_THAT(complaint({"deploy", "--boot", "--confirm", "auto"}), ContainsSubstring("--confirm auto"));
  CHECK_THAT(complaint({"deploy", "--boot-within", "5"}), ContainsSubstring("is for --boot"));
  CHECK_THAT(complaint({"deploy", "--boot", "--reboot", "--boot-within", "5"}),
             ContainsSubstring("without --reboot"));
  CHECK_THAT(complaint({"deploy", "--reboot-timeout", "5"}), ContainsSubstring("is for --reboot"));
  CHECK_THAT(complaint({"remove", "--profile", "app", "--boot"}), ContainsSubstring("--boot"));
}

TEST_CASE("modes and how long they last arrive in the request", "[cli]") {
  CHECK(deploy(direct()).request.mode == Mode::switch_now);
  const auto test = deploy(direct({"--test-for", "60"})).request;
  CHECK(test.mode == Mode::test);
  CHECK(test.test_for == milliseconds(60'000));
  CHECK(deploy(direct({"--test"})).request.test_for == kTestFor);
  CHECK(deploy(direct({"--dry-run"})).request.mode == Mode::dry_run);
  CHECK_THAT(complaint({"deploy", "--test", "--dry-run"}), ContainsSubstring("--dry-run"));
  CHECK(deploy(direct({"--allow-unrevertible"})).request.allow_unrevertible);
  CHECK_THAT(complaint({"deploy", "--confirm", "manual", "--magic-rollback", "false"}),
             ContainsSubstring("--magic-rollback false means --confirm none"));
}

TEST_CASE("whose profile it is, where, and of what kind", "[cli]") {
  const auto options =
      deploy(direct({"--user", "app", "--profile-path", "/srv/profile", "--kind", "script"}));
  const auto& change = options.request.changes.front();
  CHECK(change.user == "app");
  CHECK(change.profile_path == "/srv/profile");
  CHECK(change.kind == Kind::script);
  CHECK_THAT(direct_complaint({"--kind", "darwin"}),
             ContainsSubstring("--kind: «darwin» is not units, nixos or script"));
  CHECK_THAT(direct_complaint({"--profile-path", "here"}), ContainsSubstring("profilePath"));
  CHECK_THAT(direct_complaint({"--auto-rollback", "yes"}), ContainsSubstring("true or false"));
}

TEST_CASE("to wait takes a number behind an equals sign, or an hour", "[cli]") {
  CHECK_FALSE(deploy(direct()).wait);
  CHECK(deploy(direct({"--wait"})).wait == std::chrono::hours(1));
  CHECK(deploy(direct({"--wait=90"})).wait == milliseconds(90'000));
  CHECK(deploy({"--wait", ".#web1"}).common.targets == Arguments{".#web1"});
  CHECK_THAT(complaint({"deploy", "--wait=soon"}), ContainsSubstring("--wait"));
}

TEST_CASE("this host needs no name and no login", "[cli]") {
  const auto options = deploy({"--local", "--path", kPath});
  CHECK(options.common.local);
  CHECK(options.common.targets.empty());
  const FakeInterrupt interrupt;
  const auto nodes = plan_deployment(options, interrupt);
  REQUIRE(nodes);
  CHECK(nodes->front().address.local);
  CHECK(parsed<StatusOptions>({"status", "--local"}).common.local);
}

TEST_CASE("a host is one node, with the words for ssh in the order in which ssh takes them", "[cli]") {
  const auto options = deploy(direct(
      {"--ssh-user", "deploy", "--ssh-opts", "-p 22", "--ssh-opt", "-4", "--fast-connection", "true", "-c"}));
  const FakeInterrupt interrupt;
  const auto nodes = plan_deployment(options, interrupt);
  REQUIRE(nodes);
  REQUIRE(nodes->size() == 1);
  const auto& node = nodes->front();
  CHECK(node.address.node == "web1");
  CHECK(node.address.destination == "deploy@web1");
  CHECK(node.address.ssh_options == Words{"-4", "-p", "22"});
  CHECK(node.fast_connection);
  CHECK(node.check_signatures);
  CHECK(node.request == options.request);
}

TEST_CASE("rollback and remove take a profile and the flags of an activation", "[cli]") {
  const auto back = parsed<RollbackOptions>({"rollback", "--host", "web1", "--profile", "app", "--to", "7",
                                             "--soak", "3", "--note", "back", "--wait", "--user", "app"});
  CHECK(back.profile->text() == "app");
  CHECK(back.generation == 7U);
  CHECK(back.how.gate.soak == milliseconds(3000));
  CHECK(back.how.note == "back");
  CHECK(back.how.changes.empty());
  CHECK(back.common.overrides.profile_user == "app");
  CHECK(back.wait == std::chrono::hours(1));
  const auto gone = parsed<RemoveOptions>({"remove", "--local", "--profile", "app", "--force"});
  CHECK(gone.profile->text() == "app");
  CHECK(gone.how.force);
  CHECK_FALSE(parsed<RollbackOptions>({"rollback", ".#web1.app"}).profile);
  CHECK_THAT(complaint({"rollback", "--host", "web1"}), ContainsSubstring("--profile is missing"));
  CHECK_THAT(complaint({"remove", "--local"}), ContainsSubstring("--profile is missing"));
  CHECK_THAT(complaint({"rollback", "--local", "--profile", "app", "--to", "0"}), ContainsSubstring("--to"));
}

TEST_CASE("an id follows a TARGET, or stands alone where a host was named", "[cli]") {
  const auto direct = parsed<WatchOptions>({"watch", "--host", "web1", "0123"});
  CHECK(direct.id->text() == "0123");
  CHECK(direct.common.targets.empty());
  const auto target = parsed<HistoryOptions>({"history", ".#web1", "0123abcd", "--limit", "3"});
  CHECK(target.id->text() == "0123abcd");
  CHECK(target.common.targets == Arguments{".#web1"});
  CHECK(target.limit == 3);
  CHECK_FALSE(parsed<CancelOptions>({"cancel", ".#web1"}).id);
  CHECK_THAT(complaint({"watch", "--host", "web1", "012"}), ContainsSubstring("4 to 32 hexadecimal digits"));
  CHECK_THAT(complaint({"watch", "--host", "web1", "0123", "4567"}), ContainsSubstring("«4567» is too many"));
  CHECK_THAT(complaint({"history", "--local", "--limit", "101"}), ContainsSubstring("--limit"));
  CHECK(parsed<HistoryOptions>({"history", "--local", "0123", "--plot", "-"}).plot == "-");
  CHECK_THAT(complaint({"history", "--local", "--plot", ""}), ContainsSubstring("which file"));
  CHECK_THAT(complaint({"history", "--local", "--plot", "-", "--json"}),
             ContainsSubstring("give one of them"));
  CHECK(parsed<CheckOptions>({"check", ".#a", ".#b"}).common.targets.size() == 2);
}

TEST_CASE("an activator is brought where that is asked for, by ssh, and not in a rehearsal", "[cli]") {
  CHECK_FALSE(deploy(direct()).bootstrap);
  const auto options = deploy(direct({"--bootstrap", "--activator", "usr"}));
  CHECK(options.bootstrap);
  CHECK(options.activator == "usr");
  CHECK(deploy({".#web1", "--bootstrap"}).bootstrap);
  CHECK_THAT(direct_complaint({"--activator", "usr"}), ContainsSubstring("--bootstrap"));
  CHECK_THAT(direct_complaint({"--bootstrap", "--dry-run"}), ContainsSubstring("give one of them"));
  CHECK_THAT(complaint({"deploy", "--local", "--path", kPath, "--bootstrap"}), ContainsSubstring("--local"));
}
