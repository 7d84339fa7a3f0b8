// SPDX-License-Identifier: MIT
#include "tests/bench/measures.hpp"
#include "tests/support/replaced.hpp"
#include "tests/support/testhost/pusher.hpp"
#include "tests/support/testhost/roots.hpp"

#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>

namespace switchback::bench {
namespace {

namespace fs = std::filesystem;
using test::replaced;

/// Write down when they begin and end; what nix is asked for is its third word.
constexpr const char* kNix = R"(#!/bin/sh
echo begin "$3" $(date +%s%N) >>LOG
/usr/bin/nix "$@"
status=$?
echo end "$3" $(date +%s%N) >>LOG
exit $status
)";
constexpr const char* kNixStore = R"(#!/bin/sh
echo begin store $(date +%s%N) >>LOG
/usr/bin/nix-store "$@"
status=$?
echo end store $(date +%s%N) >>LOG
exit $status
)";
/// Where a byte would go to the host: the time is taken, and it is not reached.
constexpr const char* kSsh = R"(#!/bin/sh
echo ssh ssh $(date +%s%N) >>LOG
exit 255
)";

constexpr const char* kNode = R"(
      nodes.node@ = {
        hostname = "node@.example.org";
        sshOpts = [ "-p" "2221" ];
        gate.critical = [ "web.service" ];
        profiles.system = { user = "root"; path = make "system@"; };
        profiles.app = { user = "app"; path = make "app@"; };
      };)";

std::string flake_of(int nodes) {
  std::string text = R"({
  outputs = { self }: let
    make = name: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo >$out" ]; };
  in {
    deploy = {
      sshUser = "root";)";
  for (int node = 0; node < nodes; ++node) text += replaced(kNode, "@", std::to_string(node));
  return text + "\n    };\n  };\n}\n";
}

/// A machine that pushes, whose nix and ssh tell when they were run. There is no host.
class Watched {
 public:
  Watched() : log_(pusher_.home() / "log") {
    program("nix", kNix);
    program("nix-store", kNixStore);
    program("ssh", kSsh);
  }

  void add_flake(int nodes) {
    fs::create_directories(pusher_.home() / std::to_string(nodes));
    test::write_text(pusher_.home() / std::to_string(nodes) / "flake.nix", flake_of(nodes));
  }

  struct Times {
    double until_ssh = 0;  // all in milliseconds
    double nix_eval = 0;
    double nix_store = 0;
    int evals = 0;
  };

  /// From the command's start to its first ssh.
  Times deploy(int nodes) {
    test::write_text(log_, "");
    pusher_.run({"sh", "-c",
                 "cd " + std::to_string(nodes) + " && echo begin deploy $(date +%s%N) >>" + log_.string() +
                     " && exec switchback deploy --quiet .#node0"});
    std::istringstream log(test::read_text(log_));
    std::map<std::string, double> begun;
    Times times;
    std::string what;
    std::string verb;
    for (double nanoseconds = 0; log >> what >> verb >> nanoseconds;) {
      if (what == "begin") begun[verb] = nanoseconds;
      if (what == "ssh") {
        times.until_ssh = (nanoseconds - begun["deploy"]) / 1e6;
        return times;
      }
      if (what != "end") continue;
      if (verb == "eval") times.nix_eval += (nanoseconds - begun[verb]) / 1e6;
      if (verb == "store") times.nix_store += (nanoseconds - begun[verb]) / 1e6;
      times.evals += verb == "eval" ? 1 : 0;
    }
    throw std::runtime_error("no ssh was run: " + test::read_text(log_));
  }

 private:
  void program(const std::string& name, const std::string& text) {
    const auto path = pusher_.bin() / name;
    test::write_text(path, replaced(text, "LOG", log_.string()));
    fs::permissions(path, fs::perms::owner_all);
  }

  test::Pusher pusher_;
  fs::path log_;
};

}  // namespace

void measure_evaluation(Figures& figures, int repeat) {
  Watched watched;
  const std::vector<int> sizes{1, 20, 200};
  std::map<int, std::vector<double>> whole;
  std::map<int, std::vector<double>> other;
  std::map<int, std::vector<double>> store;
  double most_evals = 0;
  for (const int nodes : sizes) {
    watched.add_flake(nodes);
    static_cast<void>(watched.deploy(nodes));  // builds
  }
  for (int round = 0; round < repeat; ++round) {
    for (const int nodes : sizes) {
      const auto times = watched.deploy(nodes);
      whole[nodes].push_back(times.until_ssh);
      other[nodes].push_back(times.until_ssh - times.nix_eval);
      store[nodes].push_back(times.nix_store);
      most_evals = std::max(most_evals, static_cast<double>(times.evals));
    }
  }
  for (const int nodes : sizes) {
    const auto of = ", one node of " + std::to_string(nodes);
    figures.add({"from deploy to the first ssh" + of, median(whole[nodes]), "ms"});
    figures.add({"of that, all but nix eval" + of, median(other[nodes]), "ms", 50.0});
    figures.add({"of that, nix-store, asked what is to be built" + of, median(store[nodes]), "ms"});
  }
  figures.add({"from deploy to the first ssh, ratio of 200 nodes to 1", median(whole[200]) / median(whole[1]),
               "", 1.25});
  figures.add({"runs of nix eval for a deployment", most_evals, "", 1.0});
}

}  // namespace switchback::bench
