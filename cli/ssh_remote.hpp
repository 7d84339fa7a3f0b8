// SPDX-License-Identifier: MIT
// A host that is reached by ssh, with ssh's own prompts on the terminal if there is one. Decides which login
// a conversation goes over, and which words describe that the host cannot be reached.
#pragma once

#include "cli/process.hpp"
#include "cli/remote.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace switchback {

/// One login is shared by all but the fresh.
class SshRemote final : public Remote {
 public:
  /// `name`: what people call it; the host's own when empty.
  explicit SshRemote(SshSettings settings, std::string name = "");
  ~SshRemote() override;
  SshRemote(const SshRemote&) = delete;
  SshRemote& operator=(const SshRemote&) = delete;

  [[nodiscard]] const std::string& name() const override { return name_; }
  /// Logs in. Errors: unavailable, with ssh's last words unless they went to the terminal.
  [[nodiscard]] Status connect(const Interrupt& interrupt) override;
  [[nodiscard]] Result<Connection> open(Way way) override;
  [[nodiscard]] bool become_root() override;
  [[nodiscard]] bool look_elsewhere() override;
  [[nodiscard]] std::string whoever() const override;
  [[nodiscard]] Result<Ran> run(const Words& argv, const Waker* waker) override;
  [[nodiscard]] Result<Ran> run_long(const Words& argv, const Waker* waker) override;

  [[nodiscard]] const SshSettings& settings() const { return settings_; }
  [[nodiscard]] std::string nix_options() const { return nix_ssh_options(settings_, control_path()); }

 private:
  [[nodiscard]] Result<Process> begin_login(const Waker& waker);
  [[nodiscard]] Result<Ran> run_within(std::chrono::milliseconds timeout, const Words& argv,
                                       const Waker* waker);
  [[nodiscard]] std::string control_path() const { return directory_ + "/ssh"; }

  SshSettings settings_;
  std::string name_;
  std::string user_;       // on the host, as ssh_config has it; empty when that is not known
  std::string directory_;  // private, for the shared login's socket
  bool connected_ = false;
  std::atomic<bool> sudo_{false};
  // Shared with conversations, whose end tells it.
  std::shared_ptr<std::atomic<bool>> missing_ = std::make_shared<std::atomic<bool>>(false);
  std::atomic<bool> elsewhere_{false};  // the program is where a bootstrap has put it, or nowhere
  std::atomic<bool> fresh_opened_{false};
};

/// How the activator's program is called where a package has installed it, and where a bootstrap has put it.
inline constexpr const char* kInstalledProgram = "switchback-activator";
inline constexpr const char* kBootstrappedProgram =
    "/nix/var/nix/gcroots/switchback-activator/bin/switchback-activator";

/// Whether a bridge ended because there is no such program.
[[nodiscard]] bool lacks_program(int status, const std::string& said, bool sudo);
/// What the end of a bridge means. `user` is who logged in; `said` is the last line of its standard error,
/// empty when that went to the terminal.
[[nodiscard]] Error bridge_ended(const std::string& host, const std::string& user, int status,
                                 const std::string& said, bool sudo,
                                 const std::string& program = kInstalledProgram);

}  // namespace switchback
