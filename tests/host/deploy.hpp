// SPDX-License-Identifier: MIT
// What the host tests share: closures of one web service, deploying them as a user does, and what must be
// true of a host at rest, whatever happened to it.
#pragma once

#include "tests/support/testhost/closure.hpp"
#include "tests/support/testhost/test_host.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace switchback::test {

/// Where profile «app» of root's is.
inline constexpr const char* kProfile = "/nix/var/nix/profiles/per-user/root/app";
/// What a profile names.
std::string named(TestHost& host, const std::string& profile = kProfile);

/// A service that runs until it is stopped, told apart from others by `name`. `service` and `unit` are added
/// to the sections of those names.
std::string web(TestHost& host, const std::string& name, const std::string& service = "",
                const std::string& unit = "");
/// One whose script is `script`.
std::string web_running(TestHost& host, const std::string& script, const std::string& service = "");
/// A closure of the unit files given.
std::string units(TestHost& host, const std::map<std::string, std::string>& files);

/// `switchback deploy` of profile «app» with a short soak, and `more`.
std::vector<std::string> deploy_command(const std::string& closure,
                                        const std::vector<std::string>& more = {});
CommandResult deploy(TestHost& host, const std::string& closure, const std::vector<std::string>& more = {});
/// Deploys; it must end with `status` and say `says`.
void deploys(TestHost& host, const std::string& closure, const std::vector<std::string>& more, int status,
             const std::string& says);
/// Deploys what must be committed.
void settle(TestHost& host, const std::string& closure);

/// A host on which web-1 was committed.
struct Settled {
  TestHost host = TestHost::boot();
  std::string closure = web(host, "web-1");
  Settled() { settle(host, closure); }
};

/// Another verb of the command, on the host.
CommandResult verb(TestHost& host, const std::string& name, const std::vector<std::string>& more = {});
/// What rollback and remove are given in a test.
std::vector<std::string> of_app(const std::vector<std::string>& more = {});

std::string shown(const CommandResult& result);
/// The command must have ended with `status` and said `says`.
void expect(const CommandResult& result, int status, const std::string& says);

/// The events of a command that was run with --json.
std::vector<nlohmann::json> events_of(const CommandResult& result);
/// The last outcome that the host's history tells; null when there is none.
nlohmann::json last_outcome(TestHost& host);
int count_of_history(TestHost& host);
/// The profiles that an outcome tells the generations of.
std::set<std::string> parts_of(const nlohmann::json& outcome);
nlohmann::json varlink(TestHost& host, const std::string& method, const nlohmann::json& parameters = {});

/// The invariant: the closure that runs, the one the profile names and the one that a boot would start are
/// `closure`; nothing of a trial is left. Empty: none.
void check_runs(TestHost& host, const std::string& closure);
/// Waits until no activation runs.
void await_rest(TestHost& host);
/// What tells one run of a service from the next.
std::string invocation(TestHost& host, const std::string& unit = "web.service");

}  // namespace switchback::test
