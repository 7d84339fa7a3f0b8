// SPDX-License-Identifier: MIT
#include "cli/copy.hpp"

#include "cli/text.hpp"

#include <chrono>

namespace switchback {
namespace {

constexpr std::chrono::minutes kQueryTimeout{2};
constexpr std::chrono::hours kCopyTimeout{24};

Error no_nix(const Error& error) {
  return {Errc::refused, error.message + "; nix is what copies closures, it must be in PATH"};
}

}  // namespace

Words nix_copy(const StorePath& closure, const std::string& destination) {
  // As deploy-rs does: the user is trusted on the host, or the host's nix will say so. Source:
  // https://github.com/serokell/deploy-rs, src/push.rs. ssh:// works from and to every version of nix.
  return {"nix",
          "copy",
          "--extra-experimental-features",
          "nix-command",
          "--substitute-on-destination",
          "--no-check-sigs",
          "--to",
          "ssh://" + destination,
          closure.text()};
}

Status check_in_store(const StorePath& closure) {
  auto query = Process::spawn({"nix-store", "--check-validity", closure.text()}, {});
  if (!query) return tl::make_unexpected(no_nix(query.error()));
  const auto status = query->wait(Clock::now() + kQueryTimeout);
  if (status == 0) return {};
  const auto said = last_line(query->error_text());
  if (said.empty() || said.find("not valid") != std::string::npos) {
    return fail(Errc::refused, closure.text() + " is not in this machine's nix store: build it first");
  }
  return fail(Errc::refused, "nix cannot tell whether " + closure.text() + " is there: " + printable(said));
}

Status copy_closure(const StorePath& closure, const SshRemote& host, const Interrupt& interrupt) {
  const auto destination = host.settings().destination;
  auto nix = Process::spawn(nix_copy(closure, destination),
                            {.error = Stderr::ours, .environment = {{"NIX_SSHOPTS", host.nix_options()}}});
  if (!nix) return tl::make_unexpected(no_nix(nix.error()));
  const auto status = nix->wait(Clock::now() + kCopyTimeout, &interrupt.waker());
  if (interrupt.count() > 0) return fail(Errc::refused, "interrupted; nothing has changed on " + host.name());
  if (status == 0) return {};
  return fail(Errc::refused,
              "nix could not copy " + closure.text() + " to " + host.name() +
                  ". If it wants a signature: make the user a member of trusted-users in the host's "
                  "nix.conf, or sign what you build (deploy-rs: LOCAL_KEY)");
}

}  // namespace switchback
