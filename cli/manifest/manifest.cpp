// SPDX-License-Identifier: MIT
#include "cli/manifest/manifest.hpp"

namespace switchback {
namespace {

/// `near` is nearer to the profile than what `so_far` came from.
void lay_over(Effective& so_far, const Settings& near) {
  if (near.ssh_user) so_far.ssh_user = near.ssh_user;
  if (near.user) so_far.user = near.user;
  if (near.sudo) so_far.sudo = near.sudo;
  auto options = near.ssh_options;
  options.insert(options.end(), so_far.ssh_options.begin(), so_far.ssh_options.end());
  so_far.ssh_options = std::move(options);
  so_far.fast_connection = near.fast_connection.value_or(so_far.fast_connection);
  so_far.remote_build = near.remote_build.value_or(so_far.remote_build);
  so_far.auto_rollback = near.auto_rollback.value_or(so_far.auto_rollback);
  const Overrides confirm{.confirm = near.confirm, .magic_rollback = near.magic_rollback};
  so_far.confirm = with_overrides(so_far.confirm, confirm);
  if (near.confirm_timeout) so_far.confirm_timeout = near.confirm_timeout;
  so_far.activation_timeout = near.activation_timeout.value_or(so_far.activation_timeout);
  so_far.gate = with_overrides(std::move(so_far.gate), near.gate);
  switchback::lay_over(so_far.checks, near.gate.checks);
}

}  // namespace

Effective effective(const Settings& deploy, const Settings& node, const Settings& profile) {
  Effective result;
  for (const auto* level : {&deploy, &node, &profile}) lay_over(result, *level);
  return result;
}

std::vector<std::string> replaced_options(const Settings& settings) {
  std::vector<std::string> said;
  if (settings.interactive_sudo.value_or(false)) {
    said.emplace_back(
        "interactiveSudo is not used: no password is asked for, membership in the group switchback or a "
        "sudoers line for «switchback-activator bridge» takes its place");
  }
  if (settings.temp_path) {
    said.emplace_back("tempPath is not used: a confirm is a call to the activator, not a file");
  }
  return said;
}

}  // namespace switchback
