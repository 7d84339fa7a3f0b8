// SPDX-License-Identifier: MIT
// A host that answers by script: each login is one script, run by a thread at the other end of a socket. What
// is asked beyond the scripts finds the host unreachable.
#pragma once

#include "activator/protocol/event.hpp"
#include "activator/protocol/names.hpp"
#include "activator/protocol/status.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace switchback::test {

/// The activator's end of one conversation; it ends with the script.
class FakePeer {
 public:
  explicit FakePeer(Fd socket) : socket_(std::move(socket)), frames_(kMaxMessageBytes) {}
  /// The next call; one without a method once the pusher has gone.
  Call take();
  void say(const std::string& bytes);
  void reply(const nlohmann::json& parameters, bool continues = false);
  void refuse(Errc code, const std::string& message);
  void tell(const ActivationId& id, std::uint64_t seq, EventBody body);
  /// Until the pusher has closed its end.
  void await_end();

  /// Status of a host where nothing runs, then its end.
  void answer_status();
  void answer_status(const HostStatus& status);
  /// Answers GetInfo; returns the call that follows.
  Call greet(const std::string& version = SWITCHBACK_VERSION);
  /// GetInfo and Activate, Rollback or Remove (checked); returns the id.
  ActivationId accept();

 private:
  Fd socket_;
  FrameReader frames_;
};

/// A host named web1 where nothing runs and nothing has failed.
[[nodiscard]] HostStatus quiet_host();

using Script = std::function<void(FakePeer&)>;

class FakeRemote final : public Remote {
 public:
  ~FakeRemote() override;
  FakeRemote() = default;
  FakeRemote(const FakeRemote&) = delete;
  FakeRemote& operator=(const FakeRemote&) = delete;

  FakeRemote& on(Way way, Script script);
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<Connection> open(Way way) override;
  [[nodiscard]] Status connect(const Interrupt& /*interrupt*/) override { return connects; }
  [[nodiscard]] bool become_root() override { return std::exchange(allow_root, false); }
  [[nodiscard]] std::string whoever() const override { return "deploy"; }
  [[nodiscard]] Result<Ran> run(const Words& argv, const Waker* waker) override;
  [[nodiscard]] std::size_t scripts_left() const;

  bool allow_root = false;  // once
  Status connects{};
  Result<Ran> ran = Ran{0, "nix-store (Nix) 2.8.0\n", ""};

 private:
  std::string name_ = "web1";
  mutable std::mutex mutex_;
  std::map<Way, std::deque<Script>> scripts_;
  std::vector<std::thread> threads_;
};

class FakeInterrupt final : public Interrupt {
 public:
  void press() {
    ++count_;
    waker_.wake();
  }
  [[nodiscard]] int count() const override { return count_; }
  [[nodiscard]] const Waker& waker() const override { return waker_; }

 private:
  std::atomic<int> count_{0};
  Waker waker_;
};

}  // namespace switchback::test
