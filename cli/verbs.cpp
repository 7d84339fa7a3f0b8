// SPDX-License-Identifier: MIT
#include "cli/verbs.hpp"

#include "cli/exit_status.hpp"
#include "cli/plan_deployment.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <vector>

namespace switchback {
namespace {

ExitStatus tell(const Error& error, ExitStatus status, const std::string& node, const Answer& answer) {
  const DisplaySettings settings{.node = node};
  const auto display =
      answer.json ? json_display(settings, answer.out) : plain_display(settings, answer.out, answer.err);
  display->failure(error, status);
  return status;
}

}  // namespace

ExitStatus run(const Printed& printed) {
  std::cout << printed.text << std::flush;
  return ExitStatus::done;
}

ExitStatus on_nodes(const CommonOptions& common, const OnNode& verb) {
  const SignalInterrupt interrupt;
  const auto nodes = find_nodes(common, interrupt);
  if (!nodes) return refuse(nodes.error());
  std::vector<ExitStatus> statuses;
  for (const auto& node : *nodes) {
    if (interrupt.count() > 0) break;
    statuses.push_back(verb(node, interrupt));
  }
  return worst(statuses);
}

ExitStatus on_one_node(const CommonOptions& common, const OnNode& verb) {
  const SignalInterrupt interrupt;
  const auto nodes = find_nodes(common, interrupt);
  if (!nodes) return refuse(nodes.error());
  if (nodes->size() == 1) return verb(nodes->front(), interrupt);
  std::string names;
  for (const auto& node : *nodes) names += (names.empty() ? "" : ", ") + node.node;
  return refuse({Errc::invalid_request, "this is about one node, but " + std::to_string(nodes->size()) +
                                            " are meant: name one of " + names});
}

OnNode logged_in(const CommonOptions& common, OnHost verb) {
  return [common, verb = std::move(verb)](const NodeAddress& address, const Interrupt& interrupt) {
    const auto answer = answer_for(common, interrupt);
    const auto remote = make_remote(address);
    const auto connected = remote->connect(interrupt);
    if (!connected) return complain(connected.error(), remote->name(), answer);
    return verb(*remote, answer);
  };
}

Answer answer_for(const CommonOptions& common, const Interrupt& interrupt) {
  return {std::cout, std::cerr, common.json, output_width(), common.verbosity, &interrupt};
}

FollowSettings follow_settings(const NodeAddress& address) {
  return {.may_prompt = !address.local && has_terminal(),
          .where = where_words(address),
          .host = address.local ? "localhost" : node_name(address.destination)};
}

ExitStatus complain(const Error& error, const std::string& node, const Answer& answer) {
  return tell(error, exit_status(error.code), node, answer);
}

ExitStatus complain(const ActFailure& failure, const std::string& node, const Answer& answer) {
  auto error = failure.error;
  if (!failure.unknown) return complain(error, node, answer);
  error.message += "\nwhether the host has heard it is not known; switchback status tells";
  return tell(error, ExitStatus::unknown, node, answer);
}

ExitStatus refuse(const Error& error) {
  std::cerr << "switchback: " << error.message << std::endl;
  if (error.code == Errc::invalid_request) return ExitStatus::usage;
  // Where the host is to build; a timeout is one of nix's here, of no host.
  return error.code == Errc::unavailable ? ExitStatus::unreachable : ExitStatus::nothing_changed;
}

void write_document(nlohmann::json document, const std::string& node, std::ostream& out) {
  document["node"] = node;
  out << document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

}  // namespace switchback
