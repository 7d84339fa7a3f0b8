// SPDX-License-Identifier: MIT
#include "tests/unit/fake_activator.hpp"

#include "activator/protocol/event.hpp"
#include "activator/protocol/request.hpp"
#include "activator/protocol/status.hpp"

#include <sys/socket.h>

#include <array>
#include <csignal>

namespace switchback::test {
namespace {

// As the program does: a connection that breaks is an error to be handled.
[[maybe_unused]] const auto kEarlierHandler = std::signal(SIGPIPE, SIG_IGN);

}  // namespace

Call FakePeer::take() {
  for (;;) {
    if (const auto frame = frames_.next()) return parse_call(*frame).value_or(Call{});
    std::array<char, 4096> buffer{};
    const auto count = read(socket_.get(), buffer.data(), buffer.size());
    if (count <= 0) return {};
    if (!frames_.feed({buffer.data(), static_cast<std::size_t>(count)})) return {};
  }
}

void FakePeer::say(const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto sent = send(socket_.get(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (sent <= 0) return;
    done += static_cast<std::size_t>(sent);
  }
}

void FakePeer::reply(const nlohmann::json& parameters, bool continues) {
  say(encode(Reply{parameters, continues, std::nullopt}));
}

void FakePeer::refuse(Errc code, const std::string& message) { say(encode(error_reply({code, message}))); }

void FakePeer::tell(const ActivationId& id, std::uint64_t seq, EventBody body) {
  const bool last = std::holds_alternative<OutcomeEvent>(body);
  reply({{"event", to_json(Event{seq, 0, id, std::move(body)})}}, !last);
}

void FakePeer::await_end() {
  while (!take().method.empty()) {
  }
}

void FakePeer::answer_status() { answer_status(quiet_host()); }

void FakePeer::answer_status(const HostStatus& status) {
  if (take().method != "org.switchback.Activator.Status") return;
  reply(to_json(status));
}

Call FakePeer::greet(const std::string& version) {
  if (take().method == "org.varlink.service.GetInfo") reply({{"version", version}});
  return take();
}

ActivationId FakePeer::accept() {
  const auto call = greet();
  Result<ActivateRequest> request = fail(Errc::invalid_request, "this begins no activation");
  if (call.method == "org.switchback.Activator.Activate") {
    request = parse_activate(call.parameters);
  } else if (call.method == "org.switchback.Activator.Rollback") {
    request =
        parse_rollback(call.parameters).map([](const RollbackRequest& rollback) { return rollback.how; });
  } else if (call.method == "org.switchback.Activator.Remove") {
    request = parse_remove(call.parameters).map([](const RemoveRequest& removal) { return removal.how; });
  }
  if (request && call.more) return request->id;
  refuse(Errc::invalid_request, request ? "without more" : request.error().message);
  return ActivationId::random();
}

HostStatus quiet_host() { return {"web1", SWITCHBACK_VERSION, {}, std::nullopt, std::nullopt, {}, ""}; }

Result<Ran> FakeRemote::run(const Words& /*argv*/, const Waker* /*waker*/) { return ran; }

FakeRemote::~FakeRemote() {
  for (auto& thread : threads_) thread.join();
}

FakeRemote& FakeRemote::on(Way way, Script script) {
  scripts_[way].push_back(std::move(script));
  return *this;
}

Result<Connection> FakeRemote::open(Way way) {
  const std::lock_guard lock(mutex_);
  auto& scripts = scripts_[way];
  if (scripts.empty()) return fail(Errc::unavailable, "cannot be reached: Connection refused");
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return fail(Errc::io, "no socketpair");
  threads_.emplace_back([script = std::move(scripts.front()), end = ends[1]] {
    FakePeer peer{Fd(end)};
    script(peer);
  });
  scripts.pop_front();
  return Connection(Fd(dup(ends[0])), Fd(ends[0]), [] {
    return Error{Errc::unavailable, "the connection broke"};
  });
}

std::size_t FakeRemote::scripts_left() const {
  const std::lock_guard lock(mutex_);
  std::size_t left = 0;
  for (const auto& [way, scripts] : scripts_) left += scripts.size();
  return left;
}

}  // namespace switchback::test
