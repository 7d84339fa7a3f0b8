// SPDX-License-Identifier: MIT
// nix/ and flake.nix with the nix of this machine: tests/nix is evaluated, closures are built and run, and
// the examples are evaluated as they stand, with tests/nix/nixpkgs in the place of nixpkgs.
#include "tests/integration/nix_world.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/testhost/process.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string kSource = SWITCHBACK_SOURCE;

/// As with nixpkgs, but of the programs of this machine.
const std::string kLib =
    "(import " + kSource +
    "/nix/lib { system = builtins.currentSystem; shell = \"/bin/sh\"; tools = [ \"/usr\" ]; "
    "servicePath = [ ]; })";

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

json evaluated(const std::string& expression) {
  const auto result = run_command({"nix", "eval", "--impure", "--json", "--expr", expression});
  INFO(result.err);
  REQUIRE(result.status == 0);
  return json::parse(result.out);
}

/// Where `expression` lies when it is built.
std::string built(const std::string& expression) {
  const auto result = run_command({"nix", "build", "--impure", "--no-link", "--json", "--expr", expression});
  INFO(result.err);
  REQUIRE(result.status == 0);
  return json::parse(result.out).at(0).at("outputs").at("out");
}

void check_refused(const std::string& expression, const std::string& says) {
  const auto result = run_command({"nix", "eval", "--impure", "--json", "--expr", expression});
  INFO(expression << ": " << result.err);
  CHECK(result.status != 0);
  CHECK_THAT(result.err, ContainsSubstring(says));
}

/// Every file of `directory`, with its path and its mode, without what changes with every build.
std::string tree_text(const fs::path& directory) {
  std::map<std::string, fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_directory()) files[entry.path().lexically_relative(directory).string()] = entry.path();
  }
  std::string text;
  for (const auto& [name, path] : files) {
    const bool program = (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
    text += "== " + name + (program ? " (program)" : "") + "\n" + read(path);
  }
  return std::regex_replace(text, std::regex("/nix/store/[0-9a-z]{32}-"), "/nix/store/HASH-");
}

/// This project as a flake that can be copied to a store: nothing of a build.
struct Project {
  NixWorld world;
  std::string directory = world.dir() / "project";

  Project() {
    fs::create_directory(directory);
    for (const auto* part : {"CMakeLists.txt", "flake.nix", "activator", "cli", "nix", "tests", "units"}) {
      fs::copy(kSource + "/" + part, directory + "/" + part, fs::copy_options::recursive);
    }
  }
  [[nodiscard]] std::string nixpkgs() const { return "path:" + directory + "/tests/nix/nixpkgs"; }
  /// nix, of what is in `flake`, with inputs that need no network.
  [[nodiscard]] CommandResult nix(const std::vector<std::string>& verb, const std::string& flake,
                                  const std::map<std::string, std::string>& inputs) const {
    std::vector<std::string> argv{"nix"};
    argv.insert(argv.end(), verb.begin(), verb.end());
    argv.insert(argv.end(), {"path:" + directory + flake, "--no-write-lock-file"});
    for (const auto& [name, where] : inputs) argv.insert(argv.end(), {"--override-input", name, where});
    return run_command(argv);
  }
};

}  // namespace

TEST_CASE("the tests of the library, the module and the package hold", "[nix]") {
  const NixWorld world;
  const auto result = evaluated("import " + kSource + "/tests/nix { }");
  INFO(result.at("failed").dump(2));
  CHECK(result.at("failed").empty());
  CHECK(result.at("count") > 100);
}

TEST_CASE("what is wrong with definitions of units is told with its place, and the nearest name", "[nix]") {
  const NixWorld world;
  const auto check = [](const std::string& definitions, const std::string& says) {
    check_refused(kLib + ".activate.units { " + definitions + " }", says);
  };
  check("services.web.wantdBy = [ ];", "services.web.wantdBy: is not known; did you mean wantedBy?");
  check("service.web = { };", "activate.units.service: is not known; did you mean services?");
  check("services.web.xyzzy = 1;", "services.web.xyzzy: is not known: there is after, ");
  check("services.web.after = \"network.target\";", "services.web.after: expected a list of strings");
  check("services.\"web.service\" = { };", "services.web.service: leave out .service, as in NixOS");
  check("services.\"a b\" = { };", "services.a b: cannot be a unit's name");
  check("services = [ ];", "services: expected an attribute set");
  check("mounts.srv = { };", "mounts: expected a list, as in NixOS");
  check("mounts = [ { where = \"srv\"; what = \"x\"; } ];", "expected a path that begins with /");
  check("services.web = { script = \"x\"; serviceConfig.ExecStart = \"y\"; };",
        "services.web.serviceConfig.ExecStart is set by an option of the unit, too");
  check("services.web.serviceConfig.ExecStart = \"a\\nb\";", "must not have more than one line");
  check("", "there is no unit in it");
}

TEST_CASE("what is wrong with a manifest is told by its checks, all of it, as the command tells it",
          "[nix]") {
  const NixWorld world;
  const auto check = [](const std::string& deploy, const std::string& says) {
    check_refused("(" + kLib + ".deployChecks { " + deploy + " }).switchback-manifest.drvPath", says);
  };
  const std::string web = "nodes.web.hostname = \"web\"; nodes.web.profiles.app.path = \"/x\"; ";
  check(web + "user = \"root\"; magicRolback = false;",
        "deploy: magicRolback: is not known; did you mean magicRollback?");
  check(web + "user = 3; nodes.web.gate.soak = \"x\";", "deploy: user: expected string or null, not int");
  check(web + "user = 3; nodes.web.gate.soak = \"x\";",
        "deploy: nodes.web.gate.soak: expected number or null");
  check(web, "nodes.web.profiles.app: neither user nor sshUser is set");
  check("nodes.\"web.example.org\" = { };", "nodes.\"web.example.org\".hostname: is missing");
  check("nodes.web = { hostname = \"x\"; profiles = { }; profilesOrder = [ \"a\" ]; };",
        "nodes.web.profilesOrder: there is no profile a");
  check(web + "user = \"root\"; confirm = \"manual\"; magicRollback = false;",
        "deploy: confirm: says something else than magicRollback beside it");
}

TEST_CASE("a closure of units is what was defined, to the letter", "[nix]") {
  const NixWorld world;
  const auto closure = built(kLib + ".activate.units (import " + kSource + "/tests/nix/golden.nix)");
  auto text = tree_text(closure);
  const auto unit = read(closure + "/lib/systemd/system/web.service");
  std::smatch start;
  REQUIRE(std::regex_search(unit, start, std::regex("ExecStart=(.*)\n")));
  text += "== the program of web.service\n" + read(start[1].str());
  check_text("nix/units.txt", text);
}

TEST_CASE("a change of one service leaves the others as they are, to the path of their scripts", "[nix]") {
  const NixWorld world;
  const auto closure = [](const std::string& script) {
    return built(kLib + ".activate.units { services.a.script = \"exec a\"; services.b.script = \"" + script +
                 "\"; }");
  };
  const auto before = closure("exec b");
  const auto after = closure("exec c");
  CHECK(before != after);
  const auto file = [](const std::string& of, const std::string& name) {
    return read(of + "/lib/systemd/system/" + name);
  };
  CHECK(file(before, "a.service") == file(after, "a.service"));
  CHECK(file(before, "b.service") != file(after, "b.service"));
}

TEST_CASE("a closure with a script runs it as deploy-rs does, and has what its base has", "[nix]") {
  const NixWorld world;
  const std::string base =
      "derivation { name = \"base\"; system = builtins.currentSystem; builder = \"/bin/sh\"; "
      "PATH = \"/usr/bin\"; args = [ \"-c\" \"mkdir $out; echo data >$out/table; echo x >$out/.x\" ]; }";
  const auto custom = [&](const std::string& more) {
    return built("with " + kLib + ".activate; (custom // { " + more + " }) (" + base +
                 ") ''echo $PROFILE runs; false; echo not reached''");
  };
  const auto run = [](const std::string& closure, const std::string& flags) {
    return run_command({"sh", "-c", "cd " + closure + " && PROFILE=p " + flags + " ./switchback-activate"});
  };
  const auto plain = custom("");
  CHECK(read(plain + "/table") == "data\n");
  CHECK(fs::exists(plain + "/.x"));
  CHECK(run(plain, "DRY_ACTIVATE=0 BOOT=0").out == "p runs\n");
  CHECK(run(plain, "DRY_ACTIVATE=0 BOOT=0").status == 1);
  CHECK(run(plain, "").out == "p runs\n");
  CHECK(run(plain, "DRY_ACTIVATE=1 BOOT=0").out == "p/switchback-activate would be run\n");
  const auto overridden = custom("dryActivate = \"echo plan\"; boot = \"echo later\";");
  CHECK(run(overridden, "DRY_ACTIVATE=1 BOOT=0").out == "plan\n");
  CHECK(run(overridden, "DRY_ACTIVATE=0 BOOT=1").out == "later\n");
  const auto noop = built(kLib + ".activate.noop (" + base + ")");
  CHECK(run(noop, "DRY_ACTIVATE=0 BOOT=0").status == 0);
  CHECK(fs::exists(noop + "/table"));
  const auto twice = run_command({"nix", "build", "--impure", "--no-link", "--expr",
                                  "with " + kLib + ".activate; noop (noop (" + base + "))"});
  CHECK(twice.status != 0);
  CHECK_THAT(twice.err, ContainsSubstring("has switchback-activate already"));
}

TEST_CASE("the project is a flake with package, overlay, module, library, shell and checks", "[nix]") {
  const Project project;
  const std::map<std::string, std::string> inputs{{"nixpkgs", project.nixpkgs()}};
  const auto shown = project.nix({"flake", "show"}, "", inputs);
  INFO(shown.err);
  CHECK(shown.status == 0);
  const auto name = [&](const std::string& attribute) {
    const auto result = project.nix({"eval", "--raw"}, "#" + attribute, inputs);
    INFO(attribute << ": " << result.err);
    CHECK(result.status == 0);
    return result.out;
  };
  CHECK(name("packages.x86_64-linux.default.pname") == "switchback");
  CHECK(name("packages.aarch64-linux.switchback.pname") == "switchback");
  CHECK(name("devShells.x86_64-linux.default.name") == "shell");
  CHECK(name("checks.x86_64-linux.lib.name") == "switchback-nix-tests");
  CHECK(name("checks.x86_64-linux.nixos.name") == "vm-test");
  for (const auto* attribute : {"lib.x86_64-linux", "overlays", "nixosModules"}) {
    const auto result = project.nix({"eval", "--apply", "builtins.attrNames", "--json"},
                                    "#" + std::string(attribute), inputs);
    INFO(result.err);
    CHECK(result.status == 0);
    CHECK(json::parse(result.out).size() == 2);
  }
}

TEST_CASE("the examples evaluate as they stand, and their checks pass", "[nix]") {
  const Project project;
  const std::string nixpkgs = project.nixpkgs();
  const auto [name, node, closure] = GENERATE(table<std::string, std::string, std::string>({
      {"nixos", "web", "nixos-system-web"},
      {"debian", "web", "app"},
      {"home-manager", "laptop", "home-manager-generation"},
  }));
  std::map<std::string, std::string> inputs{
      {"nixpkgs", nixpkgs}, {"switchback", "path:" + project.directory}, {"switchback/nixpkgs", nixpkgs}};
  if (name == "home-manager")
    inputs["home-manager"] = "path:" + project.directory + "/tests/nix/home-manager";
  const auto flake = "/nix/examples/" + name;
  const auto deploy = project.nix({"eval", "--json"}, flake + "#deploy", inputs);
  INFO(name << ": " << deploy.err);
  REQUIRE(deploy.status == 0);
  const auto profiles = json::parse(deploy.out).at("nodes").at(node).at("profiles");
  REQUIRE(profiles.size() == 1);
  CHECK_THAT(profiles.begin()->at("path").get<std::string>(), Catch::Matchers::EndsWith("-" + closure));
  const auto check =
      project.nix({"build", "--no-link"}, flake + "#checks.x86_64-linux.switchback-manifest", inputs);
  INFO(check.err);
  CHECK(check.status == 0);
}
