// SPDX-License-Identifier: MIT
// Flakes in the shape of deploy-rs's examples, and a pusher that is asked for deployments of them.
#pragma once

#include "cli/manifest/deployments.hpp"
#include "tests/integration/nix_world.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace switchback::test {

/// Ctrl-C, when the test presses it.
class Keyboard : public Interrupt {
 public:
  [[nodiscard]] int count() const override { return count_; }
  [[nodiscard]] const Waker& waker() const override { return waker_; }
  void press() {
    ++count_;
    waker_.wake();
  }

 private:
  std::atomic<int> count_{0};
  Waker waker_;
};

/// deploy-rs's example of a system and a user's profile, without inputs.
inline const std::string kSystemExample = R"({
  outputs = { self }: let mk = @derivation@; in {
    deploy.nodes.example = {
      sshOpts = [ "-p" "2221" ];
      hostname = "localhost";
      fastConnection = true;
      interactiveSudo = true;
      profilesOrder = [ "system" ];
      profiles = {
        system = { sshUser = "admin"; path = mk "system" "echo a system > $out"; user = "root"; };
        hello = { sshUser = "hello"; path = mk "hello" "echo a hello > $out"; user = "hello"; };
      };
    };
  };
})";

inline const std::string kSimpleExample = R"({
  outputs = { self }: {
    deploy.nodes.example = {
      hostname = "localhost";
      profiles.hello = { user = "balsoft"; path = @derivation@ "hello" "echo hello > $out"; };
    };
  };
})";

/// One good node among others; each profile of `odd` has its own kind of trouble, or path.
inline const std::string kFleet = R"({
  outputs = { self }: let mk = @derivation@; hello = mk "hello" "echo hello > $out"; in {
    deploy = {
      user = "root";
      nodes.web = { hostname = "web1"; profiles.system.path = hello; };
      nodes."db.example.org" = { hostname = "db1"; profiles.system.path = "${hello}"; profiles.app.path = self; };
      nodes.broken = throw "this node is broken";
      nodes.odd = {
        hostname = "odd1";
        profiles.unbuildable.path = mk "unbuildable" "echo no way to build this >&2; exit 3";
        profiles.good.path = mk "good" "echo good > $out";
        profiles.throwing.path = throw "this path is broken";
        profiles.pathless = { };
        profiles.unknown.path = builtins.unsafeDiscardStringContext "${mk "unknown" "echo x > $out"}";
        profiles.endless.path = mk "endless" "while :; do :; done";
      };
      nodes.misspelt = { hostname = "x"; profiles.system = { path = hello; magicRolback = false; }; };
      nodes.empty = { hostname = "x"; profiles = { }; };
    };
  };
})";

/// Keeps what it was told meanwhile.
struct Asked {
  NixWorld world;
  Keyboard interrupt;
  std::vector<std::string> notes;
  std::vector<std::string> steps;

  [[nodiscard]] ManifestRun run() {
    return {.interrupt = interrupt,
            .step =
                [this](const Step& step) {
                  if (step.state == StepState::begun) steps.push_back(step.name);
                },
            .note = [this](const std::string& note) { notes.push_back(note); }};
  }
  [[nodiscard]] static ActivateRequest base() {
    return {.id = ActivationId::random(), .changes = {}, .gate = {}, .note = "a test"};
  }
  /// Of a flake at `path`.
  [[nodiscard]] Result<std::vector<NodeDeployment>> flake(const std::string& path,
                                                          const std::string& fragment,
                                                          const Overrides& overrides = {}) {
    return from({}, {"path:" + path + "#" + fragment}, overrides);
  }
  [[nodiscard]] Result<std::vector<NodeDeployment>> from(const ManifestSource& source,
                                                         const std::vector<std::string>& targets,
                                                         const Overrides& overrides = {}) {
    const auto parsed = parse_targets(targets, !source.file.empty());
    if (!parsed) return tl::make_unexpected(parsed.error());
    return deployments_of(*parsed, source, overrides, base(), run());
  }
  /// A flake of `text`; returns its directory.
  std::string write_flake(const std::string& text, const std::string& name = "flake") {
    world.write_nix(name + "/flake.nix", text);
    return world.dir() / name;
  }
};

[[nodiscard]] std::string closure_of(const NodeDeployment& deployment, std::size_t change = 0);
[[nodiscard]] bool is_there(const std::string& path);
/// Requires that there is one.
[[nodiscard]] NodeDeployment only(const Result<std::vector<NodeDeployment>>& deployments);
/// Requires an error whose message contains `said`.
void check_failed(const Result<std::vector<NodeDeployment>>& deployments, Errc code, const std::string& said);

}  // namespace switchback::test
