// SPDX-License-Identifier: MIT
// Which hosts are brought an activator, which are refused it and in which words; what is brought.
#include "cli/bootstrap.hpp"
#include "cli/elf.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/fake_activator.hpp"

#include <sstream>
#include <string>
#include <vector>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const auto kOurs =
    *StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-switchback-activator-0.1.0");

ActivatorClosure activator() { return {kOurs, "x86_64", ""}; }

/// A Debian that could be brought one, after root has logged in.
const std::string kAnswers =
    "machine=x86_64\nsystemd=systemd 252 (252.39-1~deb12u1)\nnix=yes\nroot=login\ninstalled=\nbootstrapped=\n"
    "debian=yes\ngenerators=yes\n";

std::string with(std::string answers, const std::string& line, const std::string& instead) {
  const auto at = answers.find(line + "\n");
  REQUIRE(at != std::string::npos);
  return answers.replace(at, line.size() + 1, instead.empty() ? "" : instead + "\n");
}

std::string complaint(const std::string& answers, bool units = true,
                      const ActivatorClosure& brought = activator()) {
  const auto good = check_bootstrap(parse_host_answers(answers), brought, units, "web1");
  return good ? "" : good.error().message;
}

/// A host that answers what it is asked by `answers`, and what is run there afterwards with success.
class BareRemote final : public Remote {
 public:
  explicit BareRemote(std::string answers) : answers_(std::move(answers)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<Connection> open(Way) override { return fail(Errc::refused, "there is nothing here"); }
  [[nodiscard]] std::string whoever() const override { return "root"; }
  [[nodiscard]] Result<Ran> run(const Words& argv, const Waker*) override {
    if (argv.front() == "sh") return Ran{0, answers_, ""};
    std::string line;
    for (const auto& word : argv) line += (line.empty() ? "" : " ") + word;
    ran.push_back(line);
    return installs;
  }

  std::vector<std::string> ran;
  Result<Ran> installs = Ran{};

 private:
  std::string name_ = "web1";
  std::string answers_;
};

struct Bringing {
  BareRemote remote;
  FakeInterrupt interrupt;
  std::ostringstream out;
  std::ostringstream err;
  int copies = 0;
  Status copied{};
  bool units = false;

  explicit Bringing(std::string answers) : remote(std::move(answers)) {}
  Result<std::string> run() {
    const auto display = plain_display({.node = "web1"}, out, err);
    const Bootstrap what{.activator = [] { return activator(); },
                         .copy =
                             [this](const ActivatorClosure&) {
                               ++copies;
                               return copied;
                             },
                         .units = units};
    return bootstrap(what, remote, *display, interrupt);
  }
};

}  // namespace

TEST_CASE("a host that has what an activator needs is brought one", "[cli]") {
  CHECK(complaint(kAnswers).empty());
  CHECK(complaint(with(kAnswers, "root=login", "root=sudo")).empty());
  CHECK(complaint("Welcome to web1!\n" + kAnswers).empty());
}

TEST_CASE("a host that lacks what an activator needs is told what it lacks", "[cli]") {
  CHECK_THAT(complaint(with(kAnswers, "machine=x86_64", "machine=aarch64")),
             ContainsSubstring("web1 is of the architecture aarch64, the activator here is for x86_64"));
  CHECK_THAT(complaint(""), ContainsSubstring("uname does not answer"));
  CHECK_THAT(complaint(with(kAnswers, "systemd=systemd 252 (252.39-1~deb12u1)", "systemd=systemd 251 (251)")),
             ContainsSubstring("web1 has systemd 251; Switchback needs 252"));
  CHECK_THAT(complaint(with(kAnswers, "systemd=systemd 252 (252.39-1~deb12u1)", "")),
             ContainsSubstring("not booted with systemd"));
  CHECK_THAT(complaint(with(kAnswers, "nix=yes", "")), ContainsSubstring("install nix there first"));
  CHECK_THAT(complaint(with(kAnswers, "root=login", "")), ContainsSubstring("sudo without a password"));
}

TEST_CASE("units are refused where the next boot would not start them, other kinds are not", "[cli]") {
  const auto nixos = with(kAnswers, "generators=yes", "nixos=yes");
  CHECK_THAT(complaint(nixos), ContainsSubstring("services.switchback-activator.enable"));
  CHECK(complaint(nixos, /*units=*/false).empty());
  auto linked = activator();
  linked.generator_loader = "/lib64/ld-linux-x86-64.so.2";
  CHECK_THAT(complaint(kAnswers, true, linked), ContainsSubstring("not linked statically"));
  linked.generator_loader = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-glibc/lib/ld-linux-x86-64.so.2";
  CHECK(complaint(kAnswers, true, linked).empty());
  CHECK_THAT(complaint(kAnswers + "nixmount=yes\n", true, linked), ContainsSubstring("mounts only after"));
  CHECK(complaint(kAnswers + "nixmount=yes\n").empty());
}

TEST_CASE("the questions are one word for any shell, and tell units from other closures", "[cli]") {
  const auto questions =
      host_questions({*StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web")}, {"sudo", "-n"});
  CHECK(questions.front() == '\'');
  CHECK(questions.find('\'', 1) == questions.size() - 1);
  CHECK(questions.find('\\') == std::string::npos);
  const auto ran = run_program({"sh", "-c", questions.substr(1, questions.size() - 2)}, {},
                               Clock::now() + std::chrono::seconds(20));
  REQUIRE(ran);
  CHECK(ran->status == 0);
  CHECK_FALSE(parse_host_answers(ran->out).machine.empty());
  CHECK(parse_host_answers(ran->out).units.empty());
  CHECK(parse_host_answers("units=a\nunits=b\n").units == std::vector<std::string>{"a", "b"});
}

TEST_CASE("whoever becomes root by another program than sudo brings the activator by that", "[cli]") {
  CHECK_THAT(host_questions({}, {"doas", "-u", "root"}), ContainsSubstring("elif doas -u root true "));
  CHECK(is_plain({"doas", "-u", "root"}));
  for (const std::string word : {"", "a b", "$(id)", "it's", "a;b", "a\\b"}) CHECK_FALSE(is_plain({word}));
}

TEST_CASE("an activator is copied, installed as root, and it is said how it stays", "[cli]") {
  Bringing bringing(with(kAnswers, "root=login", "root=sudo"));
  const auto said = bringing.run();
  REQUIRE(said);
  CHECK_THAT(*said, ContainsSubstring("sudo apt install"));
  CHECK_THAT(*said, ContainsSubstring("sudo /nix/var/nix/gcroots/switchback-activator/lib/switchback/"
                                      "switchback-bootstrap remove"));
  CHECK(bringing.copies == 1);
  CHECK(bringing.remote.ran ==
        std::vector<std::string>{"sudo -n " + kOurs.text() + "/lib/switchback/switchback-bootstrap install"});
  CHECK_THAT(bringing.err.str(), ContainsSubstring("installed"));
}

TEST_CASE("each kind of host is told its own way to have one for good", "[cli]") {
  CHECK_THAT(how_permanent(parse_host_answers(with(kAnswers, "generators=yes", "nixos=yes")), "web1"),
             ContainsSubstring("services.switchback-activator.enable = true;"));
  CHECK_THAT(how_permanent(parse_host_answers(with(kAnswers, "debian=yes", "")), "web1"),
             ContainsSubstring("install the package switchback-activator there"));
}

TEST_CASE("nothing is copied to a host that has an activator, or cannot have one", "[cli]") {
  SECTION("it has one") {
    Bringing bringing(with(kAnswers, "installed=", "installed=/usr/bin/switchback-activator"));
    const auto said = bringing.run();
    REQUIRE(said);
    CHECK(said->empty());
    CHECK_THAT(bringing.err.str(), ContainsSubstring("nothing is installed"));
    CHECK(bringing.copies == 0);
  }
  SECTION("of another architecture") {
    Bringing bringing(with(kAnswers, "machine=x86_64", "machine=riscv64"));
    CHECK_FALSE(bringing.run());
    CHECK(bringing.copies == 0);
  }
  SECTION("interrupted") {
    Bringing bringing(kAnswers);
    bringing.interrupt.press();
    CHECK_FALSE(bringing.run());
    CHECK(bringing.copies == 0);
  }
}

TEST_CASE("what fails on the way ends it, with the host's own words", "[cli]") {
  Bringing bringing(kAnswers);
  SECTION("the copy") {
    bringing.copied = fail(Errc::refused, "no space left");
    const auto said = bringing.run();
    REQUIRE_FALSE(said);
    CHECK(said.error().message == "no space left");
    CHECK(bringing.remote.ran.empty());
  }
  SECTION("the installation") {
    bringing.remote.installs = Ran{1, "", "switchback-bootstrap: no\n"};
    const auto said = bringing.run();
    REQUIRE_FALSE(said);
    CHECK_THAT(said.error().message, ContainsSubstring("could not be installed: switchback-bootstrap: no"));
  }
}

TEST_CASE("an activator that was brought before is brought again only if it does not answer", "[cli]") {
  Bringing bringing(with(kAnswers, "bootstrapped=", "bootstrapped=" + kOurs.text()));
  REQUIRE(bringing.run());
  CHECK(bringing.copies == 1);
}

TEST_CASE("a program's machine and its loader are read from its file", "[cli]") {
  const auto shell = read_elf("/bin/sh");
  REQUIRE(shell);
  REQUIRE(*shell);
  CHECK_THAT((*shell)->loader, ContainsSubstring("ld-linux"));
  const auto uname = run_program({"uname", "-m"}, {}, Clock::now() + std::chrono::seconds(20));
  REQUIRE(uname);
  CHECK((*shell)->machine + "\n" == uname->out);
  TempDir directory;
  directory.write("script", "#!/bin/sh\nexit 0\n");
  const auto script = read_elf(directory / "script");
  REQUIRE(script);
  CHECK_FALSE(*script);
  CHECK_FALSE(read_elf(directory / "nothing"));
  // A 64-bit header, little-endian, of machine 183, whose one program header names a loader outside the file.
  std::string bytes(128, '\0');
  bytes.replace(0, 6,
                std::string("\x7f"
                            "ELF\x02\x01",
                            6));
  bytes[18] = '\xb7';
  directory.write("plain", bytes);
  const auto plain = read_elf(directory / "plain");
  REQUIRE(plain);
  REQUIRE(*plain);
  CHECK((*plain)->machine == "aarch64");
  CHECK((*plain)->loader.empty());
  bytes[32] = 64;
  bytes[54] = 56;
  bytes[56] = 1;
  bytes[64] = 3;
  bytes[64 + 9] = '\x7f';
  bytes[64 + 32] = 20;
  directory.write("bad", bytes);
  CHECK_FALSE(read_elf(directory / "bad"));
}

TEST_CASE("the libraries that a program needs are those that ldd finds", "[cli]") {
  const auto found = parse_ldd(
      "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibsystemd.so.0 => /lib/x86_64-linux-gnu/libsystemd.so.0 "
      "(0x00007f)\n"
      "\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n");
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().name == "libsystemd.so.0");
  CHECK(found->front().file == "/lib/x86_64-linux-gnu/libsystemd.so.0");
  const auto missing = parse_ldd("\tlibsdbus-c++.so.1 => not found\n");
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().message, ContainsSubstring("this machine has no libsdbus-c++.so.1"));
}

TEST_CASE("an activator is looked for beside the command, or where it is said to be", "[cli]") {
  TempDir prefix;
  prefix.write("bin/switchback", "");
  const FakeInterrupt interrupt;
  const auto none = find_activator(std::nullopt, prefix / "bin/switchback");
  REQUIRE_FALSE(none);
  CHECK_THAT(none.error().message, ContainsSubstring("dpkg-deb -x switchback-activator_*.deb"));
  CHECK_FALSE(find_activator(prefix / "nowhere"));
  prefix.write("bin/switchback-activator", "");
  const auto beside = find_activator(std::nullopt, prefix / "bin/switchback");
  REQUIRE(beside);
  CHECK(find_activator(prefix.path()).value_or("") == *beside);
  const auto partly = activator_closure(*beside, interrupt);
  REQUIRE_FALSE(partly);
  CHECK_THAT(partly.error().message, ContainsSubstring("has no lib/switchback/switchback-probe"));
}
