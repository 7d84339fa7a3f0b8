// SPDX-License-Identifier: MIT
#include "cli/ssh.hpp"

#include <algorithm>

namespace switchback {
namespace {

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// ssh takes the first value that it is given, so: what we depend on, then the user's, then our defaults.
Words options_of(const SshSettings& settings, const Words& connection) {
  Words out = connection + Words{"-o", "ClearAllForwardings=yes", "-o", "RemoteCommand=none",
                                 "-o", "ForwardX11=no",           "-o", "RequestTTY=no"};
  if (settings.batch) out = out + Words{"-o", "BatchMode=yes"};
  return out + settings.user_options + settings.defaults;
}

bool is_destination_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(".-_:@%[]+").find(c) != std::string_view::npos;
}

}  // namespace

Words ssh_defaults() {
  return {"-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"};
}

Words ssh_query(const SshSettings& settings) {
  return Words{"ssh", "-G"} + settings.user_options + Words{"--", settings.destination};
}

Words defaults_beside(const std::string& configuration) {
  const auto says = [&](std::string_view line) {
    return ("\n" + configuration + "\n").find("\n" + std::string(line)) != std::string::npos;
  };
  Words out;
  if (!says("connecttimeout ") || says("connecttimeout none\n")) out = out + Words{"-o", "ConnectTimeout=10"};
  if (!says("serveraliveinterval ") || says("serveraliveinterval 0\n")) {
    out = out + Words{"-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"};
  }
  return out;
}

std::string configured_user(const std::string& configuration) {
  const auto all = "\n" + configuration + "\n";
  const std::string key = "\nuser ";
  const auto found = all.find(key);
  if (found == std::string::npos) return "";
  const auto begin = found + key.size();
  return all.substr(begin, all.find('\n', begin) - begin);
}

Status check_destination(std::string_view text) {
  const bool good = !text.empty() && text.size() <= 512 && text.front() != '-' && text.front() != '@' &&
                    text.back() != '@' && text.find("@-") == std::string_view::npos &&
                    std::all_of(text.begin(), text.end(), is_destination_character);
  if (good) return {};
  return fail(Errc::invalid_request,
              "«" + std::string(text) +
                  "» is not [USER@]HOST; a port or a jump host goes into ssh_config or --ssh-opt");
}

std::string node_name(const std::string& destination) {
  return destination.substr(destination.rfind('@') + 1);
}

std::string user_name(const std::string& destination) {
  const auto at = destination.rfind('@');
  return at == std::string::npos ? "" : destination.substr(0, at);
}

Words split_words(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  Words out;
  while (true) {
    const auto begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return out;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(kSpace), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

Words ssh_master(const SshSettings& settings, const std::string& control_path) {
  // ControlPersist ends it should we be killed: a minute after its last session.
  const Words connection{"-o", "ControlMaster=yes", "-o", "ControlPath=" + control_path,
                         "-o", "ControlPersist=60"};
  return Words{"ssh", "-f", "-N"} + options_of(settings, connection) + Words{"--", settings.destination};
}

Words ssh_session(const SshSettings& settings, const std::string& control_path, const Words& remote_command) {
  const Words connection{"-o", "ControlMaster=no", "-o", "ControlPath=" + control_path};
  return Words{"ssh"} + options_of(settings, connection) + Words{"--", settings.destination} + remote_command;
}

Words ssh_fresh(const SshSettings& settings, const Words& remote_command) {
  const Words connection{"-o", "ControlMaster=no", "-o", "ControlPath=none"};
  return Words{"ssh"} + options_of(settings, connection) + Words{"--", settings.destination} + remote_command;
}

Words ssh_close(const SshSettings& settings, const std::string& control_path) {
  return {"ssh", "-O", "exit", "-o", "ControlPath=" + control_path, "--", settings.destination};
}

std::string nix_ssh_options(const SshSettings& settings, const std::string& control_path) {
  std::string out;
  for (const auto& word :
       options_of(settings, {"-o", "ControlMaster=no", "-o", "ControlPath=" + control_path})) {
    out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

}  // namespace switchback
