// SPDX-License-Identifier: MIT
#include "cli/attempt.hpp"

#include "cli/exit_status.hpp"
#include "cli/text.hpp"
#include "cli/versions.hpp"
#include "cli/waiting.hpp"
#include "cli/words.hpp"

#include <nlohmann/json.hpp>

namespace switchback {
namespace {

Error interrupted(const Remote& remote) {
  return {Errc::refused, "interrupted; nothing has changed on " + remote.name()};
}

/// What is known of a host before anything is copied there.
struct Ready {
  HostStatus status;
  Greeted greeted;  // the conversation that has told it, which goes on
};

/// Is there an activator, and is the host free?
Result<Ready> preflight(const Means& with) {
  if (with.interrupt.count() > 0) return tl::make_unexpected(interrupted(with.remote));
  const auto& waker = with.interrupt.waker();
  auto asked = with.remote.converse(Way::shared, {.method = std::string(kInterface) + ".Status"},
                                    kAnswerTimeout, &waker);
  if (with.interrupt.count() > 0) return tl::make_unexpected(interrupted(with.remote));
  if (!asked) return tl::make_unexpected(with_versions(asked.error(), with.remote, &waker));
  auto status = parse_host_status(asked->first.parameters);
  if (!status) return tl::make_unexpected(status.error());
  const bool held = status->running && !status->running->outcome;
  if (held && !with.wait) return tl::make_unexpected(busy(*status->running));
  Greeted greeted{std::move(asked->connection), printable(status->version)};
  return Ready{std::move(*status), std::move(greeted)};
}

/// A while after a login sshd speaks by itself, and then says nothing until that is acknowledged: TCP does so
/// 40 ms later, a session that is opened afterwards at once. Starting takes nix most of that while.
constexpr std::chrono::milliseconds kBeforeCopy{12};

ExitStatus give_up(Display& display, const Error& error) {
  const auto status = exit_status(error.code);
  display.failure(error, status);
  return status;
}

Status connect(const Means& with) {
  auto& display = with.display;
  display.step({"connect", StepState::begun, ""});
  if (with.follow.may_prompt) display.make_room();
  auto connected = with.remote.connect(with.interrupt);
  if (connected)
    display.step({"connect", StepState::done, "as " + with.remote.whoever()});
  else
    display.step({"connect", StepState::failed, connected.error().message});
  return connected;
}

Copying begin_copy(const Means& with) {
  if (!with.copy) return nullptr;
  with.display.step({"copy", StepState::begun, with.copied});
  with.display.make_room();  // nix writes on the terminal itself
  with.interrupt.waker().sleep_until(Clock::now() + kBeforeCopy);
  return with.copy();
}

Status finish(const Copying& copying, const Means& with) {
  if (!copying) return {};
  auto copied = copying();
  if (copied)
    with.display.step({"copy", StepState::done, with.copied});
  else
    with.display.step({"copy", StepState::failed, copied.error().message});
  return copied;
}

/// From a login to a host that is ready, with what it is to run.
Result<Ready> get_ready(const Means& with) {
  if (auto connected = connect(with); !connected) return tl::make_unexpected(connected.error());
  if (with.prepare) {
    if (auto prepared = with.prepare(); !prepared) return tl::make_unexpected(prepared.error());
  }
  // Beside the question whether the host will have it, most of which is waiting, too.
  auto copying = begin_copy(with);
  auto ready = preflight(with);
  if (!ready) {
    copying = nullptr;  // before the error is shown: nix has the terminal
    return ready;
  }
  if (auto copied = finish(copying, with); !copied) return tl::make_unexpected(copied.error());
  if (!ready->status.trouble.empty()) with.display.note("trouble on the host: " + ready->status.trouble);
  return ready;
}

std::string by_hand(const char* verb, const Followed& what, const Means& with) {
  return std::string("switchback ") + verb + " " + with.follow.where + " " + what.id.text();
}

struct Show {
  const Followed& what;
  const Means& with;
  Ended& ended;

  void operator()(const OutcomeEvent& outcome) const {
    ended.status = exit_status(outcome.outcome);
    ended.outcome = outcome;
  }
  void operator()(const ForNextBoot& boot) const {
    ended.status = ExitStatus::done;
    const auto confirm = what.confirm == ConfirmMode::none ? "" : by_hand("confirm", what, with);
    with.display.finished(
        boot_text(boot.seconds, std::time(nullptr), confirm, by_hand("cancel", what, with)));
  }
  void operator()(const UnderTest& test) const {
    ended.status = ExitStatus::done;
    with.display.finished(test_text(test.seconds, std::time(nullptr), by_hand("cancel", what, with)));
  }
};

}  // namespace

Ended attempt(const Followed& what, const Means& with) {
  auto ready = get_ready(with);
  if (!ready) return {give_up(with.display, ready.error())};
  Ended ended{.before = std::move(ready->status.profiles)};
  std::optional<Greeted> greeted = std::move(ready->greeted);
  const auto failed = [&](const Error& error) {
    ended.status = give_up(with.display, error);
    return ended;
  };
  const auto patience = Clock::now() + with.wait.value_or(std::chrono::milliseconds(0));
  for (;;) {
    Follower follower(with.remote, with.display, with.interrupt, what, with.follow);
    if (greeted) follower.go_on_with(std::move(*std::exchange(greeted, std::nullopt)));
    const auto end = follower.run();
    if (end) {
      std::visit(Show{what, with, ended}, *end);
      return ended;
    }
    if (follower.unknown()) {
      ended.status = ExitStatus::unknown;
      with.display.failure(
          {end.error().code, end.error().message + "\nthe outcome is unknown; this tells it:\n    " +
                                 by_hand("watch", what, with)},
          ended.status);
      return ended;
    }
    if (end.error().code != Errc::busy || !with.wait) return failed(end.error());
    auto free = await_free(with.remote, with.display, with.interrupt, patience);
    if (!free) return failed(free.error());
    ended.before = std::move(free->profiles);
  }
}

}  // namespace switchback
