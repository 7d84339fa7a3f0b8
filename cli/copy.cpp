// SPDX-License-Identifier: MIT
#include "cli/copy.hpp"

#include "cli/text.hpp"

#include <chrono>
#include <memory>

namespace switchback {
namespace {

constexpr std::chrono::minutes kQueryTimeout{2};
constexpr std::chrono::hours kCopyTimeout{24};
constexpr int kNotFound = 127;  // POSIX sh

Error no_nix_here(const Error& error) {
  return {Errc::refused, error.message + "; nix is what copies closures, it must be in PATH"};
}

std::string names(const std::vector<StorePath>& closures) {
  std::string out;
  for (const auto& closure : closures) out += (out.empty() ? "" : " ") + closure.text();
  return out;
}

/// Nobody who gives a copy up wants to read what nix says of it: it is ended before it can.
struct RunningNix {
  explicit RunningNix(Process spawned) : process(std::move(spawned)) {}
  ~RunningNix() { process.kill(); }
  RunningNix(const RunningNix&) = delete;
  RunningNix& operator=(const RunningNix&) = delete;

  Process process;
};

}  // namespace

Words nix_copy(const std::vector<StorePath>& closures, const std::string& destination,
               const CopyOptions& options) {
  // As deploy-rs does: the user is trusted on the host, or the host's nix will say so. Source:
  // https://github.com/serokell/deploy-rs, src/push.rs. ssh:// works from and to every version of nix, but
  // the host checks no signature of what comes that way.
  Words words{"nix", "copy", "--extra-experimental-features", "nix-command"};
  if (!options.fast_connection) words.emplace_back("--substitute-on-destination");
  if (!options.check_signatures) words.emplace_back("--no-check-sigs");
  words.insert(words.end(), {"--to", (options.check_signatures ? "ssh-ng://" : "ssh://") + destination});
  for (const auto& closure : closures) words.push_back(closure.text());
  return words;
}

Status check_in_store(const std::vector<StorePath>& closures, const Interrupt& interrupt) {
  for (const auto& closure : closures) {
    const auto ran = run_program({"nix-store", "--check-validity", closure.text()}, {},
                                 Clock::now() + kQueryTimeout, &interrupt.waker());
    if (interrupt.count() > 0) return fail(Errc::refused, "interrupted; nothing has changed on any host");
    if (!ran) return tl::make_unexpected(no_nix_here(ran.error()));
    if (ran->status == 0) continue;
    const auto said = last_line(ran->error);
    if (said.empty() || said.find("not valid") != std::string::npos) {
      return fail(Errc::refused, closure.text() + " is not in this machine's nix store: build it first");
    }
    return fail(Errc::refused, "nix cannot tell whether " + closure.text() + " is there: " + printable(said));
  }
  return {};
}

std::vector<StorePath> those_in_store(const std::vector<StorePath>& paths, const Interrupt& interrupt) {
  std::vector<StorePath> out;
  for (const auto& path : paths) {
    const auto ran = run_program({"nix-store", "--check-validity", path.text()}, {},
                                 Clock::now() + kQueryTimeout, &interrupt.waker());
    if (ran && ran->status == 0) out.push_back(path);
  }
  return out;
}

Result<std::string> nix_version(Remote& host, const Waker* waker) {
  const auto ran = host.run({"nix-store", "--version"}, waker);
  if (!ran) return tl::make_unexpected(ran.error());
  if (ran->status == 0) return printable(last_line(ran->out));
  if (ran->status != kNotFound) {
    return fail(Errc::refused, "nix-store --version on " + host.name() + " fails with status " +
                                   std::to_string(ran->status) + ": " + printable(last_line(ran->error)));
  }
  return fail(
      Errc::refused,
      "there is no nix-store in the PATH of " + host.whoever() + " on " + host.name() +
          ". Install nix there; if it is installed, make it visible to programs that ssh starts, as with\n"
          "    ln -s /nix/var/nix/profiles/default/bin/nix-store /usr/local/bin/");
}

Error copy_failed(const std::vector<StorePath>& closures, Remote& host, const Waker* waker) {
  const auto version = nix_version(host, waker);
  if (!version && version.error().code == Errc::refused) return version.error();
  return {Errc::refused,
          "nix could not copy " + names(closures) + " to " + host.name() +
              ". If it wants a signature: make the user a member of trusted-users in the host's "
              "nix.conf, or sign what you build (deploy-rs: LOCAL_KEY)"};
}

std::function<Status()> begin_copy(std::vector<StorePath> closures, SshRemote& host,
                                   const CopyOptions& options, const Interrupt& interrupt) {
  auto spawned =
      Process::spawn(nix_copy(closures, host.settings().destination, options),
                     {.error = Stderr::ours, .environment = {{"NIX_SSHOPTS", host.nix_options()}}});
  if (!spawned) return [error = spawned.error()] { return Status(tl::make_unexpected(no_nix_here(error))); };
  const auto nix = std::make_shared<RunningNix>(std::move(*spawned));
  return [nix, closures = std::move(closures), &host, &interrupt]() -> Status {
    const auto status = nix->process.wait(Clock::now() + kCopyTimeout, &interrupt.waker());
    if (interrupt.count() > 0) {
      return fail(Errc::refused, "interrupted; nothing has changed on " + host.name());
    }
    if (status == 0) return {};
    if (auto there = check_in_store(closures, interrupt); !there) return there;
    return tl::make_unexpected(copy_failed(closures, host, &interrupt.waker()));
  };
}

Status copy_closures(const std::vector<StorePath>& closures, SshRemote& host, const CopyOptions& options,
                     const Interrupt& interrupt) {
  return begin_copy(closures, host, options, interrupt)();
}

}  // namespace switchback
