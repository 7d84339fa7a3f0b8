// SPDX-License-Identifier: MIT
#include "cli/address.hpp"

#include "cli/display.hpp"
#include "cli/local_remote.hpp"
#include "cli/ssh_remote.hpp"

#include <cstdlib>

namespace switchback {
namespace {

/// `word` as a shell takes it for one word.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789@%+=:,./_-") == std::string::npos;
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

NodeAddress local_address() { return {.node = LocalRemote().name(), .destination = "", .local = true}; }

SshSettings ssh_settings(const NodeAddress& address) {
  const char* variable = std::getenv("NIX_SSHOPTS");
  SshSettings settings{address.destination, address.ssh_options, !has_terminal()};
  if (auto words = split_words(address.sudo); !words.empty()) {
    words.emplace_back("root");
    settings.escalation = std::move(words);
  }
  // After the flags: ssh takes the first of two.
  for (auto& word : split_words(variable != nullptr ? variable : "")) {
    settings.user_options.push_back(std::move(word));
  }
  return settings;
}

std::unique_ptr<Remote> make_remote(const NodeAddress& address) {
  if (address.local) return std::make_unique<LocalRemote>();
  return std::make_unique<SshRemote>(ssh_settings(address), address.node);
}

std::string where_words(const NodeAddress& address) {
  if (address.local) return "--local";
  std::string out = "--host " + quoted(address.destination);
  for (const auto& word : address.ssh_options) out += " " + quoted("--ssh-opt=" + word);
  return out;
}

}  // namespace switchback
