// SPDX-License-Identifier: MIT
#include "activator/adapters/transient_command.hpp"

#include <csignal>
#include <cstdint>
#include <cstring>
#include <numeric>

namespace switchback {
namespace {

// systemd kills what does not stop in this time, also when we are gone.
constexpr std::chrono::seconds kStopWithin{5};
constexpr std::chrono::seconds kConfinedStopWithin{1};
constexpr std::uint64_t kConfinedMemory = std::uint64_t{256} * 1024 * 1024;
constexpr std::uint64_t kConfinedTasks = 128;
constexpr std::int32_t kNotice = 5;  // of syslog(3)
// Our own deadline comes first; this one is kept by systemd when we are gone.
constexpr std::chrono::seconds kAfterDeadline{2};
// What systemd's own child exits with when it cannot execute the program. Source: systemd.exec(5).
constexpr int kFirstExecStatus = 200;
constexpr int kLastExecStatus = 245;

std::uint64_t usec(std::chrono::microseconds duration) {
  return static_cast<std::uint64_t>(duration.count());
}

template <class T>
void add(TransientProperties& properties, const char* name, T value) {
  properties.emplace_back(name, sdbus::Variant(std::move(value)));
}

// systemd would put the environment in the place of $NAME.
std::vector<std::string> literal(const std::vector<std::string>& argv) {
  std::vector<std::string> escaped;
  for (const auto& argument : argv) {
    auto& word = escaped.emplace_back();
    for (const char c : argument) word.append(c == '$' ? 2 : 1, c);
  }
  return escaped;
}

// Source: systemd.exec(5). DynamicUser implies some of these; a check with a user has them all the same.
void confine(TransientProperties& properties, const TransientCommand& command) {
  if (command.user.empty()) add(properties, "DynamicUser", true);
  for (const char* name :
       {"NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectKernelTunables", "ProtectKernelModules",
        "ProtectControlGroups", "ProtectClock", "RestrictSUIDSGID", "RestrictRealtime", "LockPersonality"})
    add(properties, name, true);
  add(properties, "ProtectSystem", std::string("strict"));
  add(properties, "ProtectHome", std::string("read-only"));
  add(properties, "MemoryMax", kConfinedMemory);
  add(properties, "TasksMax", kConfinedTasks);
  // Whatever it answers, it has answered: nobody's list of failed units shall show it for a moment.
  std::vector<std::int32_t> answers(kFirstExecStatus);
  std::iota(answers.begin(), answers.end(), 0);
  add(properties, "SuccessExitStatus",
      sdbus::Struct<std::vector<std::int32_t>, std::vector<std::int32_t>>(answers, {}));
  // It is run every few seconds: what it says itself is notice enough, that systemd starts it is not.
  add(properties, "SyslogLevel", kNotice);
  add(properties, "LogLevelMax", kNotice);
}

TransientResult not_started(std::string problem) {
  return {TransientEnd::not_started, 0, std::move(problem), ""};
}

TransientResult by_main_process(const UnitSnapshot& unit) {
  if (unit.exec_code == CLD_EXITED) return {TransientEnd::exited, unit.exec_status, "", ""};
  if (unit.exec_code == CLD_KILLED || unit.exec_code == CLD_DUMPED)
    return {TransientEnd::killed, unit.exec_status, "", ""};
  return {TransientEnd::unknown, 0, "systemd does not say how it ended", ""};
}

TransientResult failed_end(const UnitSnapshot& unit, bool was_active) {
  if (unit.result == "timeout") return {TransientEnd::timed_out, 0, "", ""};
  if (unit.exec_code == 0) return not_started("systemd could not run it (result «" + unit.result + "»)");
  const bool before_exec = unit.exec_code == CLD_EXITED && unit.exec_status >= kFirstExecStatus &&
                           unit.exec_status <= kLastExecStatus;
  if (before_exec && !was_active)
    return not_started("systemd could not execute it (status " + std::to_string(unit.exec_status) +
                       ", see «Process exit codes» in systemd.exec(5))");
  auto result = by_main_process(unit);
  if (unit.result == "oom-kill") result.problem = "the host ran out of memory";
  return result;
}

}  // namespace

std::string TransientResult::describe() const {
  const auto with_problem = [this](const std::string& text) {
    return problem.empty() ? text : text + ": " + problem;
  };
  switch (end) {
    case TransientEnd::exited:
      return with_problem("exit status " + std::to_string(status));
    case TransientEnd::killed:
      return with_problem("killed by signal " + std::to_string(status) + " (" + ::strsignal(status) + ")");
    case TransientEnd::timed_out:
      return with_problem("it did not end in time and was killed");
    case TransientEnd::canceled:
      return with_problem("it was cancelled");
    case TransientEnd::not_started:
      return with_problem("it was not started");
    case TransientEnd::unknown:
      return with_problem("how it ended is not known");
  }
  return problem;
}

TransientProperties transient_properties(const TransientCommand& command) {
  TransientProperties properties;
  add(properties, "Description", command.description.empty() ? command.argv.front() : command.description);
  // exec: a program that cannot be executed is told apart from one that fails.
  add(properties, "Type", std::string("exec"));
  // Not ExecStartEx with no-env-expand: systemd 252 writes that into the unit's file in a way that it cannot
  // read at its next reload, which leaves the unit without a command.
  add(properties, "ExecStart",
      std::vector<sdbus::Struct<std::string, std::vector<std::string>, bool>>{
          {command.argv.front(), literal(command.argv), false}});
  // Without these two the unit is gone before its end was read, and that reads as success.
  add(properties, "RemainAfterExit", true);
  add(properties, "CollectMode", std::string("inactive"));
  add(properties, "IgnoreOnIsolate", true);
  add(properties, "StartLimitIntervalUSec", std::uint64_t{0});
  add(properties, "KillMode", std::string("control-group"));
  add(properties, "TimeoutStopUSec", usec(command.confined ? kConfinedStopWithin : kStopWithin));
  add(properties, "RuntimeMaxUSec", usec(command.deadline + kAfterDeadline));
  add(properties, "StandardInput", std::string("null"));
  add(properties, "StandardOutput", std::string("journal"));
  add(properties, "StandardError", std::string("journal"));
  std::vector<std::string> environment;
  for (const auto& [name, value] : command.environment)
    environment.emplace_back(name).append("=").append(value);
  if (!environment.empty()) add(properties, "Environment", environment);
  if (!command.directory.empty()) add(properties, "WorkingDirectory", command.directory);
  if (!command.user.empty()) add(properties, "User", command.user);
  if (command.confined) confine(properties, command);
  if (!command.activation.empty()) {
    const auto field = "SWITCHBACK_ACTIVATION=" + command.activation;
    add(properties, "LogExtraFields",
        std::vector<std::vector<std::uint8_t>>{std::vector<std::uint8_t>(field.begin(), field.end())});
  }
  return properties;
}

// What is active is so whatever its load state says: a reload may fail to read it again.
std::optional<TransientResult> transient_end(const PropertyMap& properties) {
  const auto unit = snapshot_of(properties);
  const bool was_active =
      property<std::uint64_t>(properties, "ActiveEnterTimestampMonotonic").value_or(0) != 0;
  if (unit.active == "active" && unit.sub == "exited") return by_main_process(unit);
  if (unit.active == "failed") return failed_end(unit, was_active);
  if (unit.active != "inactive" || unit.has_job) return std::nullopt;
  if (unit.load == "not-found")
    return TransientResult{TransientEnd::unknown, 0, "systemd knows nothing of it any more", ""};
  if (unit.load != "loaded") return not_started("systemd could not load its unit (" + unit.load + ")");
  if (unit.invocation.empty()) return not_started("systemd gave its start up");
  // It may have ended well on being asked to stop: that is no success.
  return TransientResult{TransientEnd::unknown, 0, "somebody stopped it", ""};
}

}  // namespace switchback
