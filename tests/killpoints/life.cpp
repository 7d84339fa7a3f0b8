// SPDX-License-Identifier: MIT
#include "tests/killpoints/life.hpp"

#include "activator/adapters/file_closures.hpp"
#include "activator/adapters/file_record_store.hpp"
#include "activator/adapters/file_unit_copies.hpp"
#include "activator/adapters/linux_host.hpp"
#include "activator/adapters/nix_profiles.hpp"
#include "activator/engine/engine.hpp"
#include "tests/killpoints/far_ports.hpp"
#include "tests/support/fakes/fake_boot_loader.hpp"
#include "tests/support/fakes/fake_host.hpp"
#include "tests/support/fakes/fake_prober.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace switchback::test {
namespace {

HostPlaces places_of(const Birth& birth) {
  HostPlaces places;
  places.boot_id = birth.root + "/boot_id";
  places.run = birth.root + "/run/switchback";
  places.store = birth.root;
  places.programs = {birth.programs};
  places.on_disk = {"/nix/var/nix", birth.root + "/etc", birth.root + "/var/lib/switchback"};
  places.pin.drop_ins = birth.root + "/run/systemd/system/switchback-activator.service.d";
  places.pin.copy = birth.root + "/run/switchback/activator-pinned";
  places.nixos.current_system = birth.root + "/run/current-system";
  places.nixos.state = birth.root + "/run/nixos";
  return places;
}

/// The host's own affairs are real; what systemd thinks of units is taken for granted.
class LifeHost : public LinuxHost {
 public:
  LifeHost(Profiles& profiles, EventLoop& loop, const HostPlaces& places, FakeLoop& time)
      : LinuxHost(profiles, loop, places), time_(time) {}
  void verify_units(const std::string&, std::vector<UnitName>, Callback<void> done) override {
    time_.post([done = std::move(done)] { done({}); });
  }

 private:
  FakeLoop& time_;
};

/// Counts what is under way with real processes: the time that is not real stands still meanwhile.
class CountedProfiles : public NixProfiles {
 public:
  using NixProfiles::NixProfiles;
  void set(const ProfileLink& profile, std::optional<StorePath> closure, std::optional<std::uint64_t> number,
           Callback<void> done) override {
    NixProfiles::set(profile, std::move(closure), number, counted(std::move(done)));
  }
  void drop_generations(const ProfileLink& profile, const StorePath& closure, std::set<std::uint64_t> spared,
                        Callback<void> done) override {
    NixProfiles::drop_generations(profile, closure, std::move(spared), counted(std::move(done)));
  }
  void check_valid(const StorePath& closure, Callback<void> done) override {
    NixProfiles::check_valid(closure, counted(std::move(done)));
  }
  [[nodiscard]] bool busy() const { return under_way_ > 0; }

 private:
  Callback<void> counted(Callback<void> done) {
    ++under_way_;
    return [this, done = std::move(done)](Status status) {
      --under_way_;
      done(std::move(status));
    };
  }
  int under_way_ = 0;
};

class Life {
 public:
  Life(const Scenario& scenario, const Birth& birth, Plan* plan)
      : scenario_(scenario), plan_(plan), host_(time_, birth.host) {
    time_.pass(std::chrono::milliseconds{birth.now_ms - time_.boottime_ms()});
    NixPlaces nix;
    nix.programs = {birth.programs};
    profiles_ = std::make_unique<CountedProfiles>(loop_, nix);
    linux_ = std::make_unique<LifeHost>(*profiles_, loop_, places_of(birth), time_);
    records_ = std::make_unique<FileRecordStore>(birth.root + "/var/lib/switchback");
    copies_ = std::make_unique<FileUnitCopies>(
        CopyPlaces{birth.root + "/etc/switchback/profiles", birth.root + "/run/switchback"},
        std::vector{birth.root + "/etc/systemd/system-generators"});
    engine_ = std::make_unique<Engine>(Ports{units_, *profiles_, *copies_, *records_, time_, time_, journal_,
                                             *linux_, closures_, programs_, prober_, boot_loader_});
  }

  int run(bool first) {
    engine_->on_idle([this] { idle_ = true; });
    engine_->start();
    const auto request = request_for(scenario_);
    if (first) {
      const auto accepted = engine_->activate(request, "root");
      if (!accepted) {
        host_.ask({{"what", "not begun"}, {"problem", accepted.error().message}});
        return EXIT_SUCCESS;
      }
    }
    if (!engine_->is_running()) return EXIT_SUCCESS;
    idle_ = false;
    mend_disk_after(std::chrono::minutes{10});  // of what had not even begun to recover
    const auto watching = engine_->watch({request.id, 0}, [this](const Event& event) { heard(event); });
    while (!idle_) {
      (void)time_.run_until([this] { return idle_ || profiles_->busy(); });
      if (!idle_ && !profiles_->busy()) return kStuck;
      while (profiles_->busy()) loop_.turn(std::chrono::seconds{10});
    }
    return EXIT_SUCCESS;
  }

 private:
  /// Somebody makes room on a full disk; where it is broken, the activator is started again.
  void mend_disk_after(std::chrono::seconds after) {
    time_.put(after, [this] {
      if (plan_->fails_from_now && plan_->fault == Fault::broken_disk) die();
      plan_->fails_from_now = false;
    });
  }
  void heard(const Event& event) {
    if (std::holds_alternative<OutcomeEvent>(event.body)) mend_disk_after(std::chrono::seconds{1});
    const auto* phase = std::get_if<PhaseEvent>(&event.body);
    const bool asks = phase != nullptr && phase->phase == Phase::awaiting_confirmation && scenario_.confirms;
    if (!asks) return;
    time_.post([this, id = event.activation] {
      host_.ask({{"what", "confirming"}});
      engine_->confirm({id}, time_.boottime_ms(), [this](Result<ActivationStatus> status) {
        const bool kept = status && status->outcome && is_committed(status->outcome->outcome);
        host_.ask({{"what", "confirm answered"}, {"committed", kept}});
        (void)reach("confirm, answered", Moment::after);
      });
    });
  }

  const Scenario& scenario_;
  Plan* plan_;
  FakeLoop time_;
  FarHost host_;
  FarUnits units_{host_};
  FarPrograms programs_{host_};
  FakeJournal journal_{time_};
  FakeProber prober_{time_};
  FakeBootLoader boot_loader_{time_};
  FileClosures closures_;
  EventLoop loop_;
  std::unique_ptr<CountedProfiles> profiles_;
  std::unique_ptr<LifeHost> linux_;
  std::unique_ptr<FileRecordStore> records_;
  std::unique_ptr<FileUnitCopies> copies_;
  std::unique_ptr<Engine> engine_;
  bool idle_ = false;
};

}  // namespace

void live(const Scenario& scenario, const Birth& birth, Plan* plan) {
  int status = EXIT_FAILURE;
  try {
    spdlog::set_level(spdlog::level::off);
    plan->activator = ::getpid();
    ::alarm(30);  // real seconds: it is stuck then
    plan->fails_from_now = false;
    take_part(plan);
    status = Life(scenario, birth, plan).run(birth.first);
  } catch (const std::exception& error) {
    (void)!::write(STDERR_FILENO, error.what(), std::string(error.what()).size());
  }
  ::_exit(status);
}

}  // namespace switchback::test
