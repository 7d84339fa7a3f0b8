// SPDX-License-Identifier: MIT
// The activator's composition root: builds the adapters, the engine and the service, and runs the loop.
#include "activator/adapters/bus.hpp"
#include "activator/adapters/event_loop.hpp"
#include "activator/adapters/file_closures.hpp"
#include "activator/adapters/file_record_store.hpp"
#include "activator/adapters/file_unit_copies.hpp"
#include "activator/adapters/host_boot_loader.hpp"
#include "activator/adapters/host_prober.hpp"
#include "activator/adapters/journal_reader.hpp"
#include "activator/adapters/journal_sink.hpp"
#include "activator/adapters/linux_host.hpp"
#include "activator/adapters/manager_relay.hpp"
#include "activator/adapters/nix_profiles.hpp"
#include "activator/adapters/own_program.hpp"
#include "activator/adapters/system_clock.hpp"
#include "activator/adapters/systemd_units.hpp"
#include "activator/adapters/transient_programs.hpp"
#include "activator/adapters/units_of_users.hpp"
#include "activator/engine/engine.hpp"
#include "activator/service/bridge.hpp"
#include "activator/service/server.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string_view>

namespace switchback {
namespace {

constexpr std::chrono::seconds kIdleExit{10};

/// Standard error for a person; the journal, entry by entry, when that is where it leads.
std::shared_ptr<JournalSink> start_logging() {
  if (!stderr_is_journal()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_st>()));
    return nullptr;
  }
  auto journal = std::make_shared<JournalSink>();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("", journal));
  return journal;
}

/// Ends the process when nobody needs it: it is started again by its socket.
class IdleExit {
 public:
  IdleExit(EventLoop& loop, std::function<bool()> is_needed)
      : loop_(loop), is_needed_(std::move(is_needed)) {}
  void check() {
    timer_.reset();
    if (is_needed_()) return;
    timer_ = loop_.arm(kIdleExit, [this] {
      if (!is_needed_()) loop_.exit(EXIT_SUCCESS);
    });
  }

 private:
  EventLoop& loop_;
  std::function<bool()> is_needed_;
  std::unique_ptr<Timer> timer_;
};

int serve() {
  const auto log = start_logging();
  EventLoop loop;
  const auto terminate = loop.add_signal(SIGTERM, [&] { loop.exit(EXIT_SUCCESS); });
  const auto interrupt = loop.add_signal(SIGINT, [&] { loop.exit(EXIT_SUCCESS); });
  SystemClock clock;
  FileRecordStore records;
  FileUnitCopies copies;
  Bus bus(loop, {}, way_to_manager());
  SystemdUnits system_units(bus, loop);
  UnitsOfUsers units(system_units, loop);
  JournalReader journal(loop);
  NixProfiles profiles(loop, NixPlaces::of_host());
  TransientRunner runner(bus, loop);
  LinuxHost host(profiles, loop);
  FileClosures closures;
  TransientPrograms programs(runner);
  HostProber prober(bus, loop, units, runner, own_probe(SWITCHBACK_PROBE));
  HostBootLoader boot_loader(loop);
  Engine engine({units, profiles, copies, records, clock, loop, journal, host, closures, programs, prober,
                 boot_loader});
  Dispatcher dispatcher(engine);

  std::unique_ptr<Server> server;
  IdleExit idle(loop, [&] { return engine.is_running() || (server && server->has_clients()); });
  engine.on_idle([&] { idle.check(); });
  if (log) engine.on_activation([log](const std::string& id) { log->set_activation(id); });
  if (sd_listen_fds(/*unset_environment=*/1) >= 1) {
    server = std::make_unique<Server>(loop, clock, UniqueFd(SD_LISTEN_FDS_START), dispatcher,
                                      [&] { idle.check(); });
  } else {
    // The record is run all the same: who stops the socket must not stop a revert.
    spdlog::warn("no socket was passed: start switchback-activator.socket to make this host reachable");
  }
  engine.start();
  idle.check();
  loop.keep_watchdog();
  sd_notify(/*unset_environment=*/0, "READY=1");
  return loop.run();
}

int usage(std::ostream& out, int status) {
  out << "usage: switchback-activator serve          run on the socket that systemd passes\n"
         "       switchback-activator bridge         join stdin and stdout to that socket\n"
         "       switchback-activator relay SOCKET   for itself alone: join them to PID 1's private socket\n"
         "       switchback-activator --version\n";
  return status;
}

}  // namespace
}  // namespace switchback

int main(int argc, char** argv) {
  const std::string_view verb = argc == 2 ? argv[1] : "";
  if (argc == 3 && argv[1] == std::string_view("relay")) return switchback::run_manager_relay(argv[2]);
  if (verb == "serve") {
    try {
      return switchback::serve();
    } catch (const std::exception& error) {
      spdlog::critical("cannot start: {}", error.what());
      return EXIT_FAILURE;
    }
  }
  if (verb == "bridge") return switchback::run_bridge();
  if (verb == "--version") {
    std::cout << "switchback-activator " SWITCHBACK_VERSION "\n";
    return EXIT_SUCCESS;
  }
  if (verb == "--help") return switchback::usage(std::cout, EXIT_SUCCESS);
  return switchback::usage(std::cerr, 2);
}
