// SPDX-License-Identifier: MIT
// One host as a verb reaches it: its name for people, and by ssh or by this host's own socket.
#pragma once

#include "activator/protocol/store_path.hpp"
#include "cli/remote.hpp"
#include "cli/ssh.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// A profile of a node, and where it is.
struct KnownProfile {
  ProfileName name;
  std::string user = "root";
  std::string path{};  // empty: where it usually is
};

struct NodeAddress {
  std::string node;                      // what people call it
  std::string destination;               // [USER@]HOST; empty when `local`
  Words ssh_options{};                   // NIX_SSHOPTS is not among them
  bool local = false;                    // this host, without ssh
  std::optional<ProfileName> profile{};  // the one that a TARGET names
  std::vector<KnownProfile> profiles{};  // where a manifest says they are
  std::string sudo{};                    // deploy-rs's: a user's name follows; empty: sudo -n
};

[[nodiscard]] NodeAddress local_address();

[[nodiscard]] SshSettings ssh_settings(const NodeAddress& address);
[[nodiscard]] std::unique_ptr<Remote> make_remote(const NodeAddress& address);
/// The words that mean this host to another command of ours, for a shell: «--host root@web1».
[[nodiscard]] std::string where_words(const NodeAddress& address);

}  // namespace switchback
