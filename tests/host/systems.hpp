// SPDX-License-Identifier: MIT
// What the host tests of NixOS systems and of scripts share: a host that runs a system of one web service,
// deploying to profiles of other kinds, and what must be true of them at rest.
#pragma once

#include "tests/host/deploy.hpp"
#include "tests/support/testhost/nixos_closure.hpp"

#include <string>
#include <vector>

namespace switchback::test {

/// The text of a service that runs until it is stopped, told apart from others by `name`.
std::string service(const std::string& name, const std::string& more = "");
/// One whose script is `script`.
std::string service_running(const std::string& script, const std::string& more = "");
/// A system with web.service, told apart by `name`.
NixosClosure web_system(const std::string& name);

/// A host that runs `first`, as NixOS's installer would leave it.
struct NixosHost {
  TestHost host = TestHost::boot();
  std::string first;
  explicit NixosHost(const NixosClosure& system = web_system("one"));
};

/// `switchback deploy` of `closure` to a profile, with a short soak, and `more`.
std::vector<std::string> deploy_to(const std::string& profile, const std::string& closure,
                                   const std::vector<std::string>& more = {});
CommandResult deploy_system(TestHost& host, const std::string& system,
                            const std::vector<std::string>& more = {});
/// Waits until the activation that runs has come to `phase`.
void await_phase(TestHost& host, const std::string& phase);
/// Asks the activator for an activation (Activate, Rollback, Remove), waits for its end, returns its outcome.
nlohmann::json activate(TestHost& host, const std::string& method, nlohmann::json parameters);
/// The parameters of an activation of one change.
nlohmann::json change(const std::string& profile, const std::string& closure);
/// What its outcome says, all of it.
std::string causes(const nlohmann::json& outcome);

/// The invariant: the system that runs, the one that the profile names and the one that would boot are
/// `system`; web.service runs as it says; nothing of a trial, nor of a switch, is left.
void check_system(TestHost& host, const std::string& system);
/// The links of the generations of profile system, and the entries of the boot loader for them.
std::string generations(TestHost& host);
std::string boot_entries(TestHost& host);
/// Nothing of an activation is left on the host.
void check_rest(TestHost& host);

}  // namespace switchback::test
