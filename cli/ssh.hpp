// SPDX-License-Identifier: MIT
// The command lines of ssh. Decides which connection is shared, which is new, and which of ssh's options are
// ours, the user's, or a default that the user may override. Runs nothing.
#pragma once

#include "activator/protocol/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace switchback {

using Words = std::vector<std::string>;

/// How soon a cut network is noticed: after 15 seconds, in the middle of a login too.
[[nodiscard]] Words ssh_defaults();

struct SshSettings {
  std::string destination;  // [USER@]HOST, as ssh takes it
  Words user_options;       // of --ssh-opt, --ssh-opts and NIX_SSHOPTS
  bool batch = true;        // no terminal: ssh must not ask
  Words defaults = ssh_defaults();
  Words escalation{"sudo", "-n"};  // before what root is to run there, where the user may not
};

/// Errors: invalid_request when `text` could be taken for an option or for more than a destination.
[[nodiscard]] Status check_destination(std::string_view text);
/// `root@web1.example.org` is shown as `web1.example.org`.
[[nodiscard]] std::string node_name(const std::string& destination);
/// `root` of `root@web1`; empty where ssh_config decides.
[[nodiscard]] std::string user_name(const std::string& destination);
/// At white space, as nix does with NIX_SSHOPTS.
[[nodiscard]] Words split_words(std::string_view text);

/// Prints what ssh_config says for this destination.
[[nodiscard]] Words ssh_query(const SshSettings& settings);
/// Those of our defaults that ssh_config, as `ssh -G` prints it, leaves open.
[[nodiscard]] Words defaults_beside(const std::string& configuration);
/// The user that `configuration` logs in as; empty when it does not tell.
[[nodiscard]] std::string configured_user(const std::string& configuration);
/// Logs in and goes to the background, to be shared by what is opened with the same `control_path`.
[[nodiscard]] Words ssh_master(const SshSettings& settings, const std::string& control_path);
/// A session over that connection; over one of its own when that is gone.
[[nodiscard]] Words ssh_session(const SshSettings& settings, const std::string& control_path,
                                const Words& remote_command);
/// A session over a connection that nothing else has used or will use, whatever ssh_config says.
[[nodiscard]] Words ssh_fresh(const SshSettings& settings, const Words& remote_command);
[[nodiscard]] Words ssh_close(const SshSettings& settings, const std::string& control_path);
/// NIX_SSHOPTS for a nix that shares the connection.
[[nodiscard]] std::string nix_ssh_options(const SshSettings& settings, const std::string& control_path);

}  // namespace switchback
