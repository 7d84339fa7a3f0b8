// SPDX-License-Identifier: MIT
// The `deploy` attribute set as values: what stands at each of its three levels (deploy, node, profile), and
// what follows from them for one profile. Decides precedence and defaults; manifest_json.hpp decides how it
// is written down, activation.hpp what several profiles of a node are together. Source of options and
// precedence: https://github.com/serokell/deploy-rs, src/data.rs and src/lib.rs.
#pragma once

#include "activator/protocol/gate_policy.hpp"
#include "activator/protocol/names.hpp"
#include "activator/protocol/store_path.hpp"
#include "activator/protocol/vocabulary.hpp"
#include "cli/overrides.hpp"
#include "cli/ssh.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// What may stand at all three levels.
struct Settings {
  std::optional<std::string> ssh_user{};
  std::optional<std::string> user{};
  Words ssh_options{};
  std::optional<bool> fast_connection{};
  std::optional<bool> remote_build{};
  std::optional<bool> auto_rollback{};
  std::optional<bool> magic_rollback{};
  std::optional<ConfirmMode> confirm{};
  std::optional<std::chrono::milliseconds> confirm_timeout{};
  std::optional<std::chrono::milliseconds> activation_timeout{};
  GateOverrides gate{};
  std::optional<std::string> sudo{};
  std::optional<bool> interactive_sudo{};  // deploy-rs's; only told about
  std::optional<std::string> temp_path{};  // likewise
};

struct Profile {
  std::optional<StorePath> path{};        // absent only where nothing is to be activated
  std::optional<StorePath> derivation{};  // what `path` is built from, where nix does not tell
  std::optional<std::string> profile_path{};
  std::optional<Kind> kind{};
  Settings settings{};
};

struct Node {
  std::string hostname{};
  std::map<std::string, Profile> profiles{};  // the selected ones
  std::vector<std::string> profiles_order{};
  std::vector<std::string> tags{};
  Settings settings{};
};

struct Manifest {
  std::map<std::string, Node> nodes{};  // the selected ones
  Settings settings{};
};

/// What holds for one profile, before the command line is asked.
struct Effective {
  std::optional<std::string> ssh_user{};  // ssh decides when absent
  std::optional<std::string> user{};
  std::optional<std::string> sudo{};
  Words ssh_options{};
  bool fast_connection = false;
  bool remote_build = false;
  bool auto_rollback = true;
  ConfirmMode confirm = ConfirmMode::automatic;
  std::optional<std::chrono::milliseconds> confirm_timeout{};  // usual_confirm_timeout() when absent
  std::chrono::milliseconds activation_timeout{kActivationTimeout};
  GatePolicy gate{};   // without its checks
  CheckSays checks{};  // may not be whole: the command line can add to them
};

/// The nearest level that says something wins, in a check as well; sshOpts and the gate's lists are of all
/// levels.
[[nodiscard]] Effective effective(const Settings& deploy, const Settings& node, const Settings& profile);

/// Options of deploy-rs in `settings` that do nothing here, a sentence each on what takes their place.
[[nodiscard]] std::vector<std::string> replaced_options(const Settings& settings);

}  // namespace switchback
