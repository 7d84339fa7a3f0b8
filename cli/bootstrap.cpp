// SPDX-License-Identifier: MIT
#include "cli/bootstrap.hpp"

#include "cli/text.hpp"

namespace switchback {
namespace {

Error interrupted(const Remote& remote) {
  return {Errc::refused, "interrupted; nothing has been installed on " + remote.name()};
}

Result<BootstrapHost> ask_host(const Bootstrap& what, Remote& remote, const Interrupt& interrupt) {
  if (!is_plain(what.escalation)) {
    return fail(Errc::refused, "sudo: a bootstrap takes words of letters, digits and - _ . / = alone");
  }
  const auto ran =
      remote.run({"sh", "-c", host_questions(what.unknown, what.escalation)}, &interrupt.waker());
  if (interrupt.count() > 0) return tl::make_unexpected(interrupted(remote));
  if (!ran) return tl::make_unexpected(ran.error());
  if (ran->status != 0) {
    return fail(Errc::refused,
                "cannot ask " + remote.name() + " what it is: " + printable(last_line(ran->error)));
  }
  return parse_host_answers(ran->out);
}

Status install(const Bootstrap& what, const ActivatorClosure& activator, const BootstrapHost& host,
               Remote& remote, const Interrupt& interrupt) {
  Words words{activator.path.text() + "/lib/switchback/switchback-bootstrap", "install"};
  if (host.root == RootBy::sudo) words.insert(words.begin(), what.escalation.begin(), what.escalation.end());
  const auto ran = remote.run_long(words, &interrupt.waker());
  if (!ran && ran.error().code != Errc::timeout) return tl::make_unexpected(ran.error());
  if (!ran) {
    return fail(Errc::refused, "the activator was copied to " + remote.name() +
                                   ", but its installation did not end in time; it can be repeated");
  }
  if (ran->status == 0) return {};
  return fail(Errc::refused, "the activator was copied to " + remote.name() +
                                 ", but could not be installed: " + printable(last_line(ran->error)));
}

Status bring(const Bootstrap& what, const ActivatorClosure& activator, const BootstrapHost& host,
             Remote& remote, Display& display, const Interrupt& interrupt) {
  display.make_room();  // nix writes on the terminal itself
  if (auto copied = what.copy(activator); !copied) return copied;
  if (interrupt.count() > 0) return tl::make_unexpected(interrupted(remote));
  return install(what, activator, host, remote, interrupt);
}

}  // namespace

Result<std::string> bootstrap(const Bootstrap& what, Remote& remote, Display& display,
                              const Interrupt& interrupt) {
  const auto host = ask_host(what, remote, interrupt);
  if (!host) return tl::make_unexpected(host.error());
  if (!host->installed.empty()) {
    display.note("there is an activator on " + remote.name() + " already, " + printable(host->installed) +
                 ": nothing is installed");
    return std::string();
  }
  const auto activator = what.activator();
  if (!activator) return tl::make_unexpected(activator.error());
  const bool units = what.units || !host->units.empty();
  if (auto good = check_bootstrap(*host, *activator, units, remote.name()); !good)
    return tl::make_unexpected(good.error());
  const bool same = host->bootstrapped == activator->path.text();
  if (same && remote.greet(Way::shared, kAnswerTimeout, &interrupt.waker())) {
    display.note("this activator was brought to " + remote.name() + " before: nothing is installed");
    return how_permanent(*host, remote.name());
  }
  const Step step{"bootstrap", StepState::begun, activator->path.name()};
  display.step(step);
  if (auto brought = bring(what, *activator, *host, remote, display, interrupt); !brought) {
    display.step({step.name, StepState::failed, brought.error().message});
    return tl::make_unexpected(brought.error());
  }
  display.step({step.name, StepState::done, step.detail});
  return how_permanent(*host, remote.name());
}

}  // namespace switchback
