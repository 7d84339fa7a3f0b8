// SPDX-License-Identifier: MIT
#include "activator/core/blame.hpp"

#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

namespace switchback {
namespace {

struct KnownStatus {
  std::int32_t status;
  const char* name;  // empty: only the hint is known
  const char* hint;
};

// Source: systemd.exec(5), «Process Exit Codes»; sh(1), sysexits.h(3head).
constexpr KnownStatus kStatuses[] = {
    {126, "", "126: a shell found the program and may not execute it"},
    {127, "", "127: a shell did not find a program: is it in the closure, and named by its whole path?"},
    {200, "CHDIR", "200/CHDIR: its WorkingDirectory= is not there, or may not be entered"},
    {203, "EXEC",
     "203/EXEC: the program of ExecStart= cannot be executed: is the file there, executable, for this "
     "architecture, and is the interpreter in its first line there?"},
    {208, "STDIN", "208/STDIN: what StandardInput= names cannot be opened"},
    {209, "STDOUT", "209/STDOUT: what StandardOutput= names cannot be opened"},
    {216, "GROUP", "216/GROUP: the group of Group= does not exist on this host"},
    {217, "USER", "217/USER: the user of User= does not exist on this host"},
    {226, "NAMESPACE",
     "226/NAMESPACE: a path of ReadWritePaths=, BindPaths= or such is not there, or this kernel does not "
     "allow the sandbox"},
    {233, "RUNTIME_DIRECTORY", "233/RUNTIME_DIRECTORY: RuntimeDirectory= cannot be made"},
    {238, "STATE_DIRECTORY", "238/STATE_DIRECTORY: StateDirectory= cannot be made in /var/lib"},
    {239, "CACHE_DIRECTORY", "239/CACHE_DIRECTORY: CacheDirectory= cannot be made in /var/cache"},
    {240, "LOGS_DIRECTORY", "240/LOGS_DIRECTORY: LogsDirectory= cannot be made in /var/log"},
    {241, "CONFIGURATION_DIRECTORY",
     "241/CONFIGURATION_DIRECTORY: ConfigurationDirectory= cannot be made in /etc"},
    {243, "CREDENTIALS", "243/CREDENTIALS: a file of LoadCredential= is not there, or cannot be decrypted"},
};

// Source: systemd.service(5), systemd.socket(5), org.freedesktop.systemd1(5).
constexpr std::pair<std::string_view, const char*> kResults[] = {
    {"exit-code", "the program ended by itself: its own last lines say why"},
    {"signal", "somebody or something killed it: the kernel's log and its own last lines may say who"},
    {"core-dump", "a fault in the program: «coredumpctl info» shows where, if the host keeps core dumps"},
    {"timeout",
     "it was not ready in time: what does it wait for? TimeoutStartSec= says how long it may, Type= how it "
     "tells that it is ready"},
    {"watchdog", "it hung: it did not call sd_notify(WATCHDOG=1) within WatchdogSec="},
    {"oom-kill", "it needed more memory than MemoryMax=, or than the host has"},
    {"start-limit-hit",
     "it failed again and again until systemd gave up (StartLimitBurst=): look for why it failed the first "
     "time"},
    {"service-start-limit-hit",
     "the service that it starts failed again and again until systemd gave up: look at that one"},
    {"trigger-limit-hit", "it was triggered again and again: its service ends without taking what came"},
    {"protocol",
     "it ended, or did not tell, before it was ready: does Type= fit the program (notify, forking with "
     "PIDFile=)?"},
    {"resources", "systemd could not prepare it: is a file of EnvironmentFile=, or a port, not to be had?"},
    {"exec-condition", "a command of its ExecCondition= failed"},
    {"bad-setting", "a setting in its file is wrong: «systemd-analyze verify FILE» says which"},
    {"error", "its file cannot be read: «systemctl status UNIT» says why"},
    {"not-found", "its file is not there: does the closure still have it, or was it only renamed?"},
};

constexpr std::pair<std::string_view, const char*> kJobs[] = {
    {"dependency", "what it requires could not be started: look at that one first"},
    {"timeout", "it was not ready in time: what does it wait for?"},
    {"assert", "an Assert…= of its [Unit] section is not met on this host"},
    {"unsupported", "this host does not support units of its type"},
    {"canceled", "somebody else asked for another job of it meanwhile"},
};

template <std::size_t size>
std::string lookup(const std::pair<std::string_view, const char*> (&table)[size], std::string_view word) {
  for (const auto& [known, text] : table) {
    if (known == word) return text;
  }
  return "";
}

std::string status_in_words(std::int32_t status) {
  for (const auto& known : kStatuses) {
    if (known.status == status && *known.name != '\0') return std::to_string(status) + "/" + known.name;
  }
  return std::to_string(status);
}

std::string signal_in_words(std::int32_t number) {
  const char* name = sigabbrev_np(number);
  return name == nullptr ? "signal " + std::to_string(number) : "SIG" + std::string(name);
}

/// It was not the main process, but a command beside it.
bool is_of_command(const UnitSnapshot& unit) {
  if (unit.command.empty() || unit.command == "ExecReload") return false;
  if (unit.result == "exit-code") return unit.command_code == CLD_EXITED;
  if (unit.result == "signal") return unit.command_code == CLD_KILLED;
  return unit.result == "core-dump" && unit.command_code == CLD_DUMPED;
}

std::string process_in_words(std::int32_t code, std::int32_t status) {
  if (code == CLD_EXITED) return "exited with status " + status_in_words(status);
  if (code == CLD_DUMPED) return "crashed with " + signal_in_words(status);
  return "was killed by " + signal_in_words(status);
}

std::string command_in_words(const UnitSnapshot& unit) {
  return "failed in " + unit.command + "=, which " + process_in_words(unit.command_code, unit.command_status);
}

}  // namespace

std::string end_in_words(const UnitSnapshot& unit) {
  if (unit.load == "bad-setting" || unit.load == "error") return "could not be loaded (" + unit.load + ")";
  const bool of_process = unit.result == "exit-code" || unit.result == "signal" || unit.result == "core-dump";
  if (of_process && is_of_command(unit)) return command_in_words(unit);
  if (unit.result == "exit-code") return "exited with status " + status_in_words(unit.exec_status);
  if (unit.result == "signal") return "was killed by " + signal_in_words(unit.exec_status);
  if (unit.result == "core-dump") return "crashed with " + signal_in_words(unit.exec_status);
  if (unit.result == "timeout") return "timed out";
  if (unit.result == "watchdog") return "missed its watchdog";
  if (unit.result == "oom-kill") return "was killed for want of memory";
  if (unit.result == "start-limit-hit") return "was started too often (start-limit-hit)";
  if (unit.result == "service-start-limit-hit") return "started its service too often (start-limit-hit)";
  if (unit.result == "protocol") return "ended without telling that it was ready (protocol)";
  if (unit.result == "resources") return "could not be prepared (resources)";
  if (unit.result == "exec-condition") return "was skipped: its ExecCondition= says so";
  if (unit.result == "success" || unit.result.empty()) {
    return unit.active == "failed" ? "failed" : "ended without an error";
  }
  return "failed (" + unit.result + ")";
}

std::string reload_in_words(const UnitSnapshot& unit) {
  if (unit.command == "ExecReload" && ended_badly(unit.command_code, unit.command_status))
    return command_in_words(unit);
  if (unit.reload_result == "timeout") return "did not say in time that it has reloaded";
  if (!unit.reload_result.empty() && unit.reload_result != "success")
    return "failed (" + unit.reload_result + ")";
  return end_in_words(unit);
}

std::string hint_for(const UnitSnapshot& unit) {
  if (unit.load != "loaded" && unit.load != "masked") return lookup(kResults, unit.load);
  const auto status = is_of_command(unit) ? unit.command_status : unit.exec_status;
  const auto code = is_of_command(unit) ? unit.command_code : unit.exec_code;
  if (unit.result == "exit-code" && code == CLD_EXITED) {
    for (const auto& known : kStatuses) {
      if (known.status == status) return known.hint;
    }
  }
  const bool ran = !unit.invocation.empty() && !unit.service_type.empty();
  if (unit.result == "success" && unit.active == "inactive" && ran) {
    return "it ended although it should run: a job that is meant to end says so by Type=oneshot";
  }
  return lookup(kResults, unit.result);
}

std::string hint_for_job(const std::string& result) { return lookup(kJobs, result); }

Cause blame(const UnitName& unit, std::string message, const UnitSnapshot& now) {
  Cause cause{std::move(message), unit.text(), now.result, std::nullopt, {}};
  if (now.exec_code != 0) cause.exit_status = now.exec_status;
  if (is_of_command(now)) cause.exit_status = now.command_status;
  cause.restarts = now.restarts;
  cause.invocation = now.invocation;
  cause.hint = hint_for(now);
  return cause;
}

}  // namespace switchback
