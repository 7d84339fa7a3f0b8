// SPDX-License-Identifier: MIT
#include "activator/protocol/check_store_paths.hpp"
#include "activator/protocol/gate_advice.hpp"
#include "cli/check_programs.hpp"
#include "cli/copy.hpp"
#include "cli/exit_status.hpp"
#include "cli/plan_deployment.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"
#include "cli/versions.hpp"
#include "cli/waiting.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ostream>

namespace switchback {
namespace {

using nlohmann::json;

constexpr std::size_t kStateColumns = 9;
constexpr std::size_t kNameColumns = 11;

/// The methods that the verbs call.
constexpr std::array<const char*, 8> kMethods{"Activate", "Cancel",   "Confirm", "History",
                                              "Remove",   "Rollback", "Status",  "Watch"};

enum class State { ok, warning, failed };

const char* word(State state) {
  return state == State::ok ? "ok" : state == State::warning ? "warning" : "failed";
}

/// What is asked of one host, each answer told as soon as it is known.
class Questions {
 public:
  Questions(Remote& remote, const Interrupt& interrupt, const Answer& answer)
      : remote_(remote), interrupt_(interrupt), answer_(answer) {}

  ExitStatus run(const GatePolicy& gate) {
    if (!gate.checks.empty()) gate_checks(gate.checks);
    if (login() && !interrupted()) {
      if (activator() && !interrupted()) {
        gate_there(gate);
        if (!interrupted()) new_login();
      }
      if (!interrupted()) nix();
      if (!interrupted()) host();
    }
    if (interrupted()) return complain(Error{Errc::refused, "interrupted"}, remote_.name(), answer_);
    conclude();
    return worst(statuses_);
  }

 private:
  [[nodiscard]] bool interrupted() const { return interrupt_.count() > 0; }

  /// Those of the gate, and what they run here; what they run there the host is asked.
  void gate_checks(const Checks& checks) {
    if (const auto there = programs_here(checks); !there) {
      failed("checks", there.error());
      return;
    }
    tell("checks", State::ok, names_of_checks(checks));
  }

  /// What is in the store is built when it is deployed.
  static Status programs_here(Checks checks) {
    std::erase_if(checks, [](const auto& entry) { return !store_paths_of(entry.second).empty(); });
    return check_programs(checks);
  }

  /// What the host says of it; one that is older cannot.
  void gate_there(GatePolicy gate) {
    std::erase_if(gate.checks, [](const auto& entry) {
      return entry.second.side == CheckSide::pusher || !store_paths_of(entry.second).empty();
    });
    const bool names_units = !gate.critical.empty() || !gate.ignore.empty() || !gate.expect_failed.empty();
    if (gate.checks.empty() && !names_units) return;
    const Call call{.method = std::string(kInterface) + ".CheckGate",
                    .parameters = {{"gate", to_json(gate)}}};
    const auto reply = remote_.ask(Way::shared, call, kAnswerTimeout, &interrupt_.waker());
    if (interrupted() || (!reply && reply.error().code == Errc::method_not_found)) return;
    if (!reply) {
      failed("gate", reply.error());
      return;
    }
    const auto advice = parse_gate_advice(reply->parameters);
    if (!advice) {
      failed("gate", advice.error());
      return;
    }
    for (const auto& problem : advice->problems) failed("gate", {Errc::refused, printable(problem)});
    for (const auto& warning : advice->warnings) tell("gate", State::warning, printable(warning));
    if (advice->problems.empty() && advice->warnings.empty())
      tell("gate", State::ok, "the host can ask its checks, and knows the units that are named");
  }

  bool login() {
    const auto begun = Clock::now();
    const auto connected = remote_.connect(interrupt_);
    if (interrupted()) return false;
    if (!connected) return failed("login", connected.error());
    tell("login", State::ok, "works (" + took(begun) + ")");
    return true;
  }

  bool activator() {
    const auto greeted = remote_.greet(Way::shared, kAnswerTimeout, &interrupt_.waker());
    if (interrupted()) return false;
    if (!greeted) return failed("activator", greeted.error());
    const auto missing = missing_methods();
    const auto age = age_of(greeted->version);
    const auto versions = "version " + greeted->version + ", reached as " + remote_.whoever();
    if (!missing.empty()) {
      return failed("activator", with_versions({Errc::method_not_found, "the host has no method " + missing},
                                               greeted->version, remote_.name()));
    }
    const bool alike = age == Age::same;
    tell("activator", alike ? State::ok : State::warning,
         alike ? versions : versions + "; this command is " SWITCHBACK_VERSION);
    return true;
  }

  /// By the activator's own description of what it can; empty when nothing is missing, or it does not tell.
  std::string missing_methods() {
    const Call call{.method = std::string(kVarlinkInterface) + ".GetInterfaceDescription",
                    .parameters = {{"interface", kInterface}}};
    const auto reply = remote_.ask(Way::shared, call, kAnswerTimeout, &interrupt_.waker());
    if (!reply) return "";
    const auto description = reply->parameters.value("description", "");
    std::string missing;
    for (const std::string method : kMethods) {
      const bool there = description.find("method " + method + "(") != std::string::npos;
      if (!there) missing += (missing.empty() ? "" : ", ") + method;
    }
    return missing;
  }

  void new_login() {
    const auto begun = Clock::now();
    const auto greeted = remote_.greet(Way::fresh, kAnswerTimeout, &interrupt_.waker());
    if (interrupted()) return;
    if (greeted) return tell("new login", State::ok, "works: a trial can be confirmed (" + took(begun) + ")");
    failed("new login", greeted.error());
  }

  void nix() {
    const auto version = nix_version(remote_, &interrupt_.waker());
    if (interrupted()) return;
    if (version) return tell("nix", State::ok, *version);
    failed("nix", version.error());
  }

  void host() {
    const auto status = host_status(remote_, &interrupt_);
    if (interrupted() || !status) return;  // why not was told already
    if (!status->trouble.empty()) {
      failed("host", {Errc::refused, "trouble: " + printable(status->trouble)});
    } else if (status->running && !status->running->outcome) {
      tell("host", State::warning, busy(*status->running).message);
    } else if (!status->failed_units.empty()) {
      std::string units;
      for (const auto& unit : status->failed_units) units += (units.empty() ? "" : ", ") + printable(unit);
      tell("host", State::warning, "free; failed already: " + units);
    } else {
      tell("host", State::ok, "free, and no unit has failed");
    }
  }

  static std::string took(Clock::time_point begun) {
    return duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun));
  }

  bool failed(const char* name, const Error& error) {
    statuses_.push_back(exit_status(error.code));
    tell(name, State::failed, error.message);
    return false;
  }

  void tell(const char* name, State state, const std::string& detail) {
    if (answer_.json) {
      return write_document(
          {{"v", 1}, {"type", "check"}, {"name", name}, {"state", word(state)}, {"output", detail}},
          remote_.name(), answer_.out);
    }
    if (answer_.verbosity < 0 && state == State::ok) return;
    auto head = remote_.name() + ": " + padded(word(state), kStateColumns) + padded(name, kNameColumns);
    const auto room = answer_.width > head.size() + 20 ? answer_.width - head.size() : 20;
    for (const auto& [text, to_copy] : lines_of(detail)) {
      if (to_copy) {
        answer_.out << text << '\n';
        continue;
      }
      for (const auto& line : answer_.width == 0 ? std::vector{text} : wrapped(text, room)) {
        answer_.out << head << line << '\n';
        head = remote_.name() + ": " + std::string(kStateColumns + kNameColumns, ' ');
      }
    }
    answer_.out.flush();
  }

  void conclude() {
    const auto status = worst(statuses_);
    if (answer_.json) {
      return write_document({{"v", 1}, {"type", "done"}, {"exit", number(status)}}, remote_.name(),
                            answer_.out);
    }
    const bool ready = status == ExitStatus::done;
    answer_.out << remote_.name() << ": "
                << (ready ? "ready to be deployed to" : "cannot be deployed to like this") << std::endl;
  }

  Remote& remote_;
  const Interrupt& interrupt_;
  const Answer& answer_;
  std::vector<ExitStatus> statuses_;
};

}  // namespace

ExitStatus check(Remote& remote, const Interrupt& interrupt, const Answer& answer, const GatePolicy& gate) {
  return Questions(remote, interrupt, answer).run(gate);
}

ExitStatus run(const CheckOptions& options) {
  const SignalInterrupt interrupt;
  const auto nodes = plan_check(options, interrupt);
  if (!nodes) return refuse(nodes.error());
  std::vector<ExitStatus> statuses;
  for (const auto& node : *nodes) {
    if (interrupt.count() > 0) break;
    const auto remote = make_remote(node.address);
    const auto answer = answer_for(options.common, interrupt);
    statuses.push_back(check(*remote, interrupt, answer, node.request.gate));
  }
  return worst(statuses);
}

}  // namespace switchback
