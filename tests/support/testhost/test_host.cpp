// SPDX-License-Identifier: MIT
#include "tests/support/testhost/test_host.hpp"

#include <cmath>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace switchback::test {
namespace {

constexpr Duration kPoll{50};

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

}  // namespace

TestHost::TestHost(const HostOptions& options)
    : name_(options.name),
      pusher_(options.pusher ? options.pusher : std::make_shared<Pusher>()),
      world_({"host", layers_of(options.suite, options.root)}),
      link_(pusher_->connect(world_, name_)),
      container_(world_, name_) {
  const std::string prepared = "cd " + quoted(world_.directory() / "root/etc") + "; echo " + name_ +
                               " >hostname; echo '127.0.0.1 localhost " + name_ +
                               "' >hosts; tr -d - </proc/sys/kernel/random/uuid >machine-id";
  if (world_.run(prepared).status != 0) throw std::runtime_error("cannot prepare the disk of " + name_);
  container_.boot(options.deadline);
}

TestHost::~TestHost() {
  if (std::uncaught_exceptions() > 0) tell_what_happened();
  if (std::getenv("SWITCHBACK_KEEP_HOST") == nullptr) return;
  write_text(world_.directory() / "keep", "");
  std::cerr << name_ << " is kept in " << world_.directory() << ": upper/ (disk), console.log\n";
}

void TestHost::tell_what_happened() const noexcept {
  try {
    std::cerr << "--- " << name_ << ", while a test failed:\n";
    if (on()) {
      const auto result =
          run("systemctl --failed --no-legend --plain; journalctl --no-pager -q -o short-monotonic -n 80",
              std::chrono::seconds(10));
      std::cerr << result.out;
    } else {
      const std::string text = console();
      std::cerr << "off; its console's last words:\n"
                << text.substr(text.size() - std::min<size_t>(text.size(), 4000));
    }
  } catch (const std::exception& error) {
    std::cerr << "cannot look: " << error.what() << '\n';
  }
}

CommandResult TestHost::run(const std::string& shell, Duration deadline) const {
  return run_command(container_.enter({"/bin/sh", "-c", shell}), {}, deadline);
}

std::string TestHost::output_of(const std::string& shell, Duration deadline) const {
  return test::output_of(container_.enter({"/bin/sh", "-c", shell}), {}, deadline);
}

std::string TestHost::read_file(const std::string& path) const {
  const CommandResult result = run_command(container_.enter({"cat", "--", path}));
  if (result.status != 0) throw std::runtime_error(name_ + ": " + result.err);
  return result.out;
}

void TestHost::write_file(const std::string& path, const std::string& text, const std::string& mode) const {
  ProcessOptions options;
  options.input = text;
  test::output_of(container_.enter({"install", "-D", "-m", mode, "/dev/stdin", path}), options);
}

bool TestHost::exists(const std::string& path) const {
  const std::string name = quoted(path);
  return run("test -e " + name + " || test -L " + name).status == 0;
}

CommandResult TestHost::run_on_disk(const std::string& shell) const {
  if (on()) throw std::runtime_error(name_ + " is running: use run");
  return world_.run("exec chroot " + quoted(world_.directory() / "root") + " /bin/sh -c " + quoted(shell));
}

void TestHost::wait_for(const std::string& shell, Duration deadline) const {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (true) {
    const CommandResult result = run(shell, deadline);
    if (result.status == 0) return;
    if (std::chrono::steady_clock::now() > until) {
      throw std::runtime_error(name_ + ": not in time: " + shell + "\n" + result.out + result.err);
    }
    std::this_thread::sleep_for(kPoll);
  }
}

std::string TestHost::unit_property(const std::string& unit, const std::string& property) const {
  return output_of("systemctl show --value --property " + quoted(property) + " -- " + quoted(unit));
}

std::string TestHost::boot_id() const { return output_of("cat /proc/sys/kernel/random/boot_id"); }

Duration TestHost::uptime() const {
  const double seconds = std::stod(output_of("ps -o etimes= -p 1"));
  return Duration(std::lround(seconds * 1000));
}

void TestHost::reboot(Duration deadline) {
  run("systemctl --no-block reboot");
  if (!container_.wait_until_off(deadline))
    throw std::runtime_error(name_ + " went off instead of rebooting");
  container_.boot(deadline);
}

void TestHost::copy_closure(const std::string& store_path) const {
  pusher_->output_of({"nix", "copy", "--no-check-sigs", "--to", "ssh://root@" + name_, store_path});
}

}  // namespace switchback::test
