// SPDX-License-Identifier: MIT
// The real engine in a host that lives in memory: deploy to it, break it, crash it, look at it.
#pragma once

#include "activator/engine/engine.hpp"
#include "tests/support/fakes/fake_boot_loader.hpp"
#include "tests/support/fakes/fake_host.hpp"
#include "tests/support/fakes/fake_loop.hpp"
#include "tests/support/fakes/fake_prober.hpp"
#include "tests/support/fakes/fake_systemd.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace switchback::test {

class World {
 public:
  World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Puts a closure with one unit into the store: «web.service» that runs `exec` and behaves as `model` says.
  StorePath closure(const std::string& name, const std::string& model = "",
                    const std::string& unit = "web.service");
  StorePath closure_of(const std::string& name, std::vector<UnitDirEntry> entries);

  [[nodiscard]] ActivateRequest request(const StorePath& closure,
                                        ConfirmMode confirm = ConfirmMode::none) const;
  /// Activates and waits for the outcome.
  OutcomeEvent activate(const ActivateRequest& request);
  /// Activates and returns at the first event of `phase`.
  ActivationId activate_until(const ActivateRequest& request, Phase phase);
  OutcomeEvent await_outcome();
  void await_phase(Phase phase);
  Result<ActivationStatus> confirm(const ActivationId& id);

  /// The activator alone dies and is started again.
  void kill_activator();
  /// The host dies: /run is empty, systemd starts what the committed copies say, the activator comes up.
  void reboot();
  /// Userspace alone is started anew: /run is what it was, and so is what the generator finds there.
  void soft_reboot();

  /// What the four places say of profile «app»; they must agree at rest.
  [[nodiscard]] std::string running_closure();  // by the definition that systemd loaded
  [[nodiscard]] std::string profile_closure();
  [[nodiscard]] std::string committed_closure();

  FakeLoop loop;
  FakeDisk disk;
  FakeRun run;
  std::unique_ptr<FakeSystemd> systemd;
  std::unique_ptr<FakeProfiles> profiles;
  std::unique_ptr<FakeCopies> copies;
  std::unique_ptr<FakeRecords> records;
  std::unique_ptr<FakeJournal> journal;
  std::unique_ptr<FakeHost> host;
  std::unique_ptr<FakeClosures> closures;
  std::unique_ptr<FakePrograms> programs;
  FakeProber prober{loop};
  FakeBootLoader boot_loader{loop};
  std::unique_ptr<Engine> engine;
  std::vector<Event> events;
  std::vector<std::string> vendor_units{"ssh.service"};  // what a boot starts besides
  std::optional<StorePath> boot_system;                  // of a NixOS host: what its boot entry says

  /// Hears the events of `id`, from its first.
  void follow(const ActivationId& id);

 private:
  void start_activator();
  void start_systemd();
  [[nodiscard]] const OutcomeEvent* outcome() const;

  std::shared_ptr<void> subscription_;
  int boots_ = 1;
};

}  // namespace switchback::test
