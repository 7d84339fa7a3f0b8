// SPDX-License-Identifier: MIT
#include "activator/protocol/check_store_paths.hpp"
#include "cli/attempt.hpp"
#include "cli/bootstrap_of_node.hpp"
#include "cli/check_programs.hpp"
#include "cli/closure_query.hpp"
#include "cli/copy.hpp"
#include "cli/deploy_nodes.hpp"
#include "cli/exit_status.hpp"
#include "cli/options_deploy.hpp"
#include "cli/plan_deployment.hpp"
#include "cli/verbs.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace switchback {
namespace {

std::vector<StorePath> closures_of(const NodeDeployment& node) {
  std::vector<StorePath> out;
  for (const auto& change : node.request.changes) {
    if (change.closure) out.push_back(*change.closure);
  }
  return out;
}

bool is_copied(const NodeDeployment& node) { return !node.address.local && !node.remote_build; }

std::string names(const std::vector<StorePath>& closures) {
  std::string out;
  for (const auto& closure : closures) out += (out.empty() ? "" : ", ") + closure.name();
  return out;
}

/// What the host's checks run, as far as this machine's store has it: the host may have the rest.
std::vector<StorePath> programs_of(const NodeDeployment& node, const Interrupt& interrupt) {
  return those_in_store(store_paths_on_host(node.request.gate.checks), interrupt);
}

/// Everything that can be known to be missing before any host is touched. Of one node the copy finds out
/// about closures, before anything has changed there.
Status check_what_is_here(const std::vector<NodeDeployment>& nodes, const Interrupt& interrupt) {
  for (const auto& node : nodes) {
    if (auto there = check_programs(node.request.gate.checks); !there) return there;
  }
  if (nodes.size() == 1) return {};
  for (const auto& node : nodes) {
    if (!is_copied(node)) continue;
    if (auto there = check_in_store(closures_of(node), interrupt); !there) return there;
  }
  return {};
}

/// What is typed until the end of the line; nothing when interrupted.
std::string typed_line(const Interrupt& interrupt) {
  std::string line;
  for (;;) {
    std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {interrupt.waker().fd(), POLLIN, 0}}};
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return "";
    if (interrupt.count() > 0) return "";
    if (watched[0].revents == 0) continue;
    char character = '\n';
    if (read(STDIN_FILENO, &character, 1) <= 0 || character == '\n') return line;
    line += character;
  }
}

/// Errors: refused unless somebody says yes.
Status ask_first(const std::vector<NodeDeployment>& nodes, const Interrupt& interrupt) {
  if (!has_terminal()) return fail(Errc::invalid_request, "--interactive needs a terminal to ask on");
  std::cerr << "This is deployed:\n";
  for (const auto& node : nodes) {
    for (const auto& change : node.request.changes) {
      std::cerr << "  " << node.address.node << "  " << change.profile.text() << "  "
                << (change.closure ? change.closure->text() : "(removed)") << '\n';
    }
  }
  std::cerr << "Go on? [y/N] " << std::flush;
  const auto answer = typed_line(interrupt);
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return fail(Errc::refused, "not deployed: nothing has changed on any host");
}

/// Interrupts that come from now on: those before have been obeyed.
class LaterInterrupt final : public Interrupt {
 public:
  explicit LaterInterrupt(const Interrupt& whole) : whole_(whole), before_(whole.count()) {
    whole_.waker().clear();
  }
  [[nodiscard]] int count() const override { return whole_.count() - before_; }
  [[nodiscard]] const Waker& waker() const override { return whole_.waker(); }

 private:
  const Interrupt& whole_;
  int before_;
};

/// Of a dry run, once the closures are on the host.
void show_differences(const NodeDeployment& node, const OutcomeEvent& outcome, Remote& remote,
                      Display& display, const Interrupt& interrupt) {
  const auto differences =
      query_differences(remote, node.request.changes, outcome.generations, &interrupt.waker());
  if (!differences) return display.note("the closures were not compared: " + differences.error().message);
  for (const auto& difference : *differences) display.difference(difference);
}

struct Doing {
  const DeployOptions& options;
  const Interrupt& interrupt;
  Activator activator;
};

/// One host by ssh, to which closures are copied unless they were built there.
Ended deploy_by_ssh(const NodeDeployment& node, const Doing& doing, const FollowSettings& follow,
                    SshRemote& remote, Display& display) {
  const auto closures = closures_of(node);
  auto to_copy = closures;
  for (auto& program : programs_of(node, doing.interrupt)) to_copy.push_back(std::move(program));
  const CopyOptions copy{node.fast_connection, node.check_signatures};
  Means means{.remote = remote,
              .display = display,
              .interrupt = doing.interrupt,
              .follow = follow,
              .wait = doing.options.wait};
  if (is_copied(node)) {
    means.copy = [&] { return begin_copy(to_copy, remote, copy, doing.interrupt); };
    means.copied = names(closures);
  }
  std::string in_the_end;
  if (doing.options.bootstrap) {
    means.prepare = [&]() -> Status {
      const auto what = bootstrap_of(node, remote, doing.activator, doing.interrupt);
      return bootstrap(what, remote, display, doing.interrupt).map([&](std::string&& said) {
        in_the_end = std::move(said);
      });
    };
  }
  auto ended = attempt(activation(node.request), means);
  if (!in_the_end.empty()) display.note(in_the_end);
  return ended;
}

Ended deploy_to(const NodeDeployment& node, const Doing& doing, const std::vector<std::string>& notes) {
  const auto& options = doing.options;
  const auto& interrupt = doing.interrupt;
  const auto& common = options.common;
  const auto display = make_display(node.address.node, common.json, common.verbosity);
  for (const auto& sentence : notes) display->note(sentence);
  const auto& checks = node.request.gate.checks;
  // The plan tells of units alone.
  if (node.request.mode == Mode::dry_run && !checks.empty())
    display->note("checks that would be made: " + names_of_checks(checks));
  auto follow = follow_settings(node.address);
  follow.reboot_timeout = common.overrides.reboot_timeout.value_or(follow.reboot_timeout);
  const auto compare_on = [&](Remote& remote) {
    if (node.request.mode != Mode::dry_run) return;
    follow.planned = [&](const OutcomeEvent& outcome) {
      show_differences(node, outcome, remote, *display, interrupt);
    };
  };
  if (node.address.local) {
    const auto remote = make_remote(node.address);
    compare_on(*remote);
    return attempt(activation(node.request), {.remote = *remote,
                                              .display = *display,
                                              .interrupt = interrupt,
                                              .follow = follow,
                                              .wait = options.wait});
  }
  SshRemote remote(ssh_settings(node.address), node.address.node);
  compare_on(remote);
  return deploy_by_ssh(node, doing, follow, remote, *display);
}

ExitStatus roll_back(const NodeDeployment& node, const RollbackRequest& request, const std::string& failed,
                     const CommonOptions& common, const Interrupt& interrupt) {
  const LaterInterrupt later(interrupt);
  const auto remote = make_remote(node.address);
  const auto display = make_display(node.address.node, common.json, common.verbosity);
  display->note("rolling back " + request.profile.text() + ", because " + failed + " failed");
  return attempt(rollback(request), {.remote = *remote,
                                     .display = *display,
                                     .interrupt = later,
                                     .follow = follow_settings(node.address)})
      .status;
}

}  // namespace

ExitStatus run(const DeployOptions& options) {
  const SignalInterrupt interrupt;
  const auto nodes = plan_deployment(options, interrupt);
  if (!nodes) return refuse(nodes.error());
  const auto& over = options.common.overrides;
  if (over.interactive.value_or(false)) {
    if (auto wanted = ask_first(*nodes, interrupt); !wanted) return refuse(wanted.error());
  }
  if (auto there = check_what_is_here(*nodes, interrupt); !there) {
    return complain(there.error(), nodes->front().address.node, answer_for(options.common, interrupt));
  }
  auto notes = idle_flags(over);
  const Doing doing{options, interrupt, activator_for(options, interrupt)};
  const NodeActions actions{
      .deploy = [&](const NodeDeployment& node) { return deploy_to(node, doing, std::exchange(notes, {})); },
      .roll_back =
          [&](const NodeDeployment& node, const RollbackRequest& request, const std::string& failed) {
            return roll_back(node, request, failed, options.common, interrupt);
          },
      .detached = [&] { return interrupt.count() >= 2; }};
  return deploy_nodes(*nodes, actions, over.rollback_succeeded.value_or(true));
}

}  // namespace switchback
