// SPDX-License-Identifier: MIT
#include "cli/remote.hpp"

#include "activator/protocol/names.hpp"
#include "cli/text.hpp"

namespace switchback {
namespace {

/// `attempt`, and once more as root where the user may not, or elsewhere where there is no such program.
template <class Attempt>
auto by_every_way(Remote& remote, const Attempt& attempt) {
  for (;;) {
    auto result = attempt();
    if (result) return result;
    const auto code = result.error().code;
    const bool again = (code == Errc::not_permitted && remote.become_root()) ||
                       (code == Errc::refused && remote.look_elsewhere());
    if (!again) return result;
  }
}

std::string version_in(const nlohmann::json& info) {
  const auto version = info.find("version");
  return version != info.end() && version->is_string() ? printable(version->get<std::string>()) : "";
}

}  // namespace

Call hello() { return {.method = std::string(kVarlinkInterface) + ".GetInfo"}; }

Result<Conversation> Remote::converse(Way way, const Call& first, std::chrono::milliseconds timeout,
                                      const Waker* waker) {
  return by_every_way(*this, [&]() -> Result<Conversation> {
    auto connection = open(way);
    if (!connection) return tl::make_unexpected(connection.error());
    auto reply = connection->ask(first, Clock::now() + timeout, waker);
    if (!reply) return tl::make_unexpected(reply.error());
    return Conversation{std::move(*connection), std::move(*reply)};
  });
}

Result<Reply> Remote::ask(Way way, const Call& call, std::chrono::milliseconds timeout, const Waker* waker) {
  return converse(way, call, timeout, waker).map([](Conversation&& asked) { return std::move(asked.first); });
}

Result<Greeted> Remote::greet(Way way, std::chrono::milliseconds timeout, const Waker* waker) {
  return converse(way, hello(), timeout, waker).map([](Conversation&& asked) {
    return Greeted{std::move(asked.connection), version_in(asked.first.parameters)};
  });
}

}  // namespace switchback
