// SPDX-License-Identifier: MIT
// The host that is deployed to, as a place to open conversations with its activator. Decides how it is
// reached and which words describe that it is not; not what is talked about.
#pragma once

#include "cli/connection.hpp"
#include "cli/interrupt.hpp"
#include "cli/process.hpp"
#include "cli/ssh.hpp"

#include <atomic>
#include <chrono>
#include <string>

namespace switchback {

enum class Way {
  shared,  // over the login that there is
  fresh,   // over a new login, which proves that one is possible
};

inline constexpr std::chrono::seconds kAnswerTimeout{30};

class Remote {
 public:
  virtual ~Remote() = default;
  /// What people call the host.
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// May be called from several threads. Errors while opening can also come from the first use.
  [[nodiscard]] virtual Result<Connection> open(Way way) = 0;
  /// After not_permitted: whether it is worth another attempt.
  [[nodiscard]] virtual bool become_root() { return false; }

  /// Opens, asks and closes. Errors: also those that the host answers with.
  [[nodiscard]] Result<Reply> ask(Way way, const Call& call,
                                  std::chrono::milliseconds timeout = kAnswerTimeout,
                                  const Waker* waker = nullptr);
};

/// By ssh, with its own prompts on the terminal if there is one. One login is shared by all but the fresh.
class SshRemote final : public Remote {
 public:
  explicit SshRemote(SshSettings settings);
  ~SshRemote() override;
  SshRemote(const SshRemote&) = delete;
  SshRemote& operator=(const SshRemote&) = delete;

  /// Logs in. Errors: unavailable, with ssh's last words unless they went to the terminal.
  [[nodiscard]] Status connect(const Interrupt& interrupt);
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<Connection> open(Way way) override;
  [[nodiscard]] bool become_root() override;

  [[nodiscard]] const SshSettings& settings() const { return settings_; }
  [[nodiscard]] std::string nix_options() const { return nix_ssh_options(settings_, control_path()); }

 private:
  [[nodiscard]] std::string control_path() const { return directory_ + "/ssh"; }

  SshSettings settings_;
  std::string name_;
  std::string directory_;  // private, for the shared login's socket
  bool connected_ = false;
  std::atomic<bool> sudo_{false};
  std::atomic<bool> fresh_opened_{false};
};

/// What the end of a bridge means. `said` is the last line of its standard error; empty when that went to
/// the terminal.
[[nodiscard]] Error bridge_ended(const std::string& destination, int status, const std::string& said,
                                 bool sudo);

}  // namespace switchback
