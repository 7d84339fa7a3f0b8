// SPDX-License-Identifier: MIT
#include "cli/connection.hpp"

#include "activator/protocol/names.hpp"
#include "cli/text.hpp"

#include <poll.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace switchback {
namespace {

// The activator's replies carry history and evidence: more than what it accepts of us.
constexpr std::size_t kMaxReplyBytes = 4 * kMaxMessageBytes;

Error no_varlink(const std::string& said) {
  return {Errc::corrupt, "the host answers with something that is no message of an activator: «" +
                             cut(printable(said), 60) +
                             "». Does a shell start-up file of the user print something?"};
}

}  // namespace

Connection::Connection(Fd to, Fd from, std::function<Error()> why_ended)
    : to_(std::move(to)), from_(std::move(from)), why_ended_(std::move(why_ended)), frames_(kMaxReplyBytes) {}

Status Connection::call(const Call& call) {
  const auto bytes = encode(call);
  for (std::size_t done = 0; done < bytes.size();) {
    const auto written = write(to_.get(), bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return tl::make_unexpected(why_ended_());
    done += static_cast<std::size_t>(written);
  }
  return {};
}

Result<std::optional<Reply>> Connection::take_frame() {
  const auto frame = frames_.next();
  if (!frame) return std::optional<Reply>{};
  auto reply = parse_reply(*frame);
  if (!reply) return tl::make_unexpected(no_varlink(*frame));
  return std::optional<Reply>{std::move(*reply)};
}

Result<std::optional<Reply>> Connection::next(Clock::time_point deadline, const Waker* waker) {
  std::string unread;
  for (;;) {
    auto taken = take_frame();
    if (!taken || *taken) return taken;
    std::array<pollfd, 2> watched{
        {{from_.get(), POLLIN, 0}, {waker != nullptr ? waker->fd() : -1, POLLIN, 0}}};
    const int ready = poll(watched.data(), watched.size(), poll_timeout(deadline));
    if (ready < 0 && errno != EINTR) return fail(Errc::io, "cannot wait: " + errno_text(errno));
    if (ready <= 0) {
      if (Clock::now() >= deadline) return std::optional<Reply>{};
      continue;
    }
    if (watched[0].revents == 0) return std::optional<Reply>{};
    std::array<char, 65536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() writes it
    const auto count = read(from_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      // What never became a frame is most likely a login's greeting: worth more than «it ended».
      if (!unread.empty()) return tl::make_unexpected(no_varlink(unread));
      return tl::make_unexpected(why_ended_());
    }
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    if (unread.size() < 200 && bytes.front() != '{') unread = bytes.substr(0, 200);
    if (auto fed = frames_.feed(bytes); !fed) {
      return fail(Errc::corrupt, "the host sends what no activator sends: " + fed.error().message);
    }
  }
}

Result<Reply> Connection::ask(const Call& call, Clock::time_point deadline, const Waker* waker) {
  if (auto sent = this->call(call); !sent) return tl::make_unexpected(sent.error());
  auto reply = next(deadline, waker);
  if (!reply) return tl::make_unexpected(reply.error());
  if (!*reply) return fail(Errc::timeout, "the activator did not answer in time");
  if ((*reply)->error) return tl::make_unexpected(error_of(**reply));
  return std::move(**reply);
}

}  // namespace switchback
