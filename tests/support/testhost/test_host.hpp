// SPDX-License-Identifier: MIT
// A host to deploy to, booted and disposable: a Debian with its own systemd, sshd and nix, that can be
// broken, cut off, crashed and booted again. Several live at once. It and its pusher are gone with the
// object; with SWITCHBACK_KEEP_HOST set in the environment, its directory (disk, journal and console) is kept
// and named.
#pragma once

#include "tests/support/testhost/container.hpp"
#include "tests/support/testhost/pusher.hpp"
#include "tests/support/testhost/roots.hpp"

#include <memory>
#include <string>
#include <vector>

namespace switchback::test {

struct HostOptions {
  std::string name = "target";     ///< its host name, and what the pusher calls it
  Suite suite = default_suite();   ///< which Debian it is
  Root root = Root::product;       ///< what it is installed with
  std::shared_ptr<Pusher> pusher;  ///< shared by several hosts; null: one of its own
  Duration deadline = std::chrono::seconds(60);
};

class TestHost {
 public:
  static TestHost boot(const HostOptions& options = {}) { return TestHost(options); }
  ~TestHost();
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  /// Runs shell text on the host as root, past network, sshd and bus.
  CommandResult run(const std::string& shell, Duration deadline = std::chrono::seconds(60)) const;
  /// As `run`, for what must succeed: returns the standard output.
  std::string output_of(const std::string& shell, Duration deadline = std::chrono::seconds(60)) const;
  [[nodiscard]] std::string read_file(const std::string& path) const;
  void write_file(const std::string& path, const std::string& text, const std::string& mode = "0644") const;
  [[nodiscard]] bool exists(const std::string& path) const;
  /// Its disk while it is off, as `run` on it by chroot; changes are there after the next boot.
  CommandResult run_on_disk(const std::string& shell) const;

  /// Runs shell text every 50 ms until it succeeds: for what gives no event.
  void wait_for(const std::string& shell, Duration deadline = std::chrono::seconds(30)) const;
  [[nodiscard]] std::string unit_property(const std::string& unit, const std::string& property) const;
  [[nodiscard]] std::string boot_id() const;
  /// How long this boot has lasted (the machine's own uptime goes on over a crash).
  [[nodiscard]] Duration uptime() const;
  /// `running` or `degraded`, at the end of the boot.
  [[nodiscard]] std::string state() const { return container_.state(); }
  [[nodiscard]] std::string console() const { return container_.console(); }

  /// As if the power failed: SIGKILL to PID 1. The disk stays as it is (unsynced data is not lost).
  void crash() { container_.crash(); }
  /// After a crash, or when the host has gone off by itself.
  void boot_again(Duration deadline = std::chrono::seconds(60)) { container_.boot(deadline); }
  /// In order, by systemd; returns when it is up again.
  void reboot(Duration deadline = std::chrono::seconds(60));
  /// Waits until it has gone off by itself. True: it asked for a reboot, `boot_again` gives it that.
  bool wait_until_off(Duration deadline = std::chrono::seconds(60)) {
    return container_.wait_until_off(deadline);
  }
  [[nodiscard]] bool on() const { return container_.on(); }

  void cut_network() const { link_->cut(); }
  void restore_network() const { link_->restore(); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& address() const { return link_->host_address(); }

  /// Its pusher. The three below act there.
  Pusher& pusher() { return *pusher_; }
  CommandResult pusher(const std::vector<std::string>& argv, const PusherOptions& options = {}) const {
    return pusher_->run(argv, options);
  }
  std::unique_ptr<PusherProcess> start_pusher(const std::vector<std::string>& argv,
                                              const PusherOptions& options = {}) const {
    return pusher_->start(argv, options);
  }
  /// Copies a store path of the pusher to the host, as a deployment does.
  void copy_closure(const std::string& store_path) const;

 private:
  explicit TestHost(const HostOptions& options);
  void tell_what_happened() const noexcept;

  std::string name_;
  std::shared_ptr<Pusher> pusher_;
  World world_;
  std::unique_ptr<Link> link_;
  Container container_;
};

}  // namespace switchback::test
