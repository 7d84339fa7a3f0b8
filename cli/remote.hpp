// SPDX-License-Identifier: MIT
// The host that is deployed to, as a place to open conversations with its activator. Decides what a verb may
// count on; how a host is reached is decided by ssh_remote.hpp and local_remote.hpp.
#pragma once

#include "cli/connection.hpp"
#include "cli/interrupt.hpp"
#include "cli/process.hpp"
#include "cli/ssh.hpp"

#include <chrono>
#include <string>

namespace switchback {

enum class Way {
  shared,  // over the login that there is
  fresh,   // over a new login, which proves that one is possible
};

inline constexpr std::chrono::seconds kAnswerTimeout{30};

/// A conversation that has begun with a call and its answer.
struct Conversation {
  Connection connection;
  Reply first;
};

/// One with an activator that has told who it is.
struct Greeted {
  Connection connection;
  std::string version;  // the activator's; empty when it does not tell
};

/// What asks an activator who it is.
[[nodiscard]] Call hello();

class Remote {
 public:
  virtual ~Remote() = default;
  /// What people call the host.
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// Before everything else, once. Errors: unavailable; refused when it was interrupted.
  [[nodiscard]] virtual Status connect(const Interrupt& /*interrupt*/) { return {}; }
  /// May be called from several threads. Errors while opening can also come from the first use.
  [[nodiscard]] virtual Result<Connection> open(Way way) = 0;
  /// After not_permitted: whether it is worth another attempt.
  [[nodiscard]] virtual bool become_root() { return false; }
  /// After refused: whether the activator's program may be where a bootstrap has put it, and is worth another
  /// attempt.
  [[nodiscard]] virtual bool look_elsewhere() { return false; }
  /// As whom the activator is reached, for people: «root», «deploy, with sudo».
  [[nodiscard]] virtual std::string whoever() const = 0;
  /// Runs a program there, as the user who logs in.
  [[nodiscard]] virtual Result<Ran> run(const Words& argv, const Waker* waker) = 0;
  /// The same for one that may take minutes: it writes to disk what was copied.
  [[nodiscard]] virtual Result<Ran> run_long(const Words& argv, const Waker* waker) {
    return run(argv, waker);
  }

  /// Opens and asks; the conversation may go on. Errors: also those that the host answers with.
  [[nodiscard]] Result<Conversation> converse(Way way, const Call& first,
                                              std::chrono::milliseconds timeout = kAnswerTimeout,
                                              const Waker* waker = nullptr);
  /// Opens, asks and closes. Errors: as above.
  [[nodiscard]] Result<Reply> ask(Way way, const Call& call,
                                  std::chrono::milliseconds timeout = kAnswerTimeout,
                                  const Waker* waker = nullptr);
  /// Opens and asks who is there: what comes after is known to have been heard, or not to have been sent.
  [[nodiscard]] Result<Greeted> greet(Way way, std::chrono::milliseconds timeout = kAnswerTimeout,
                                      const Waker* waker = nullptr);
};

}  // namespace switchback
