// SPDX-License-Identifier: MIT
#include "cli/remote.hpp"

#include "activator/protocol/names.hpp"
#include "cli/text.hpp"

namespace switchback {
namespace {

/// `attempt`, and once more as root where the user may not.
template <class Attempt>
auto as_user_or_root(Remote& remote, const Attempt& attempt) {
  auto result = attempt();
  if (!result && result.error().code == Errc::not_permitted && remote.become_root()) return attempt();
  return result;
}

std::string version_in(const nlohmann::json& info) {
  const auto version = info.find("version");
  return version != info.end() && version->is_string() ? printable(version->get<std::string>()) : "";
}

}  // namespace

Result<Reply> Remote::ask(Way way, const Call& call, std::chrono::milliseconds timeout, const Waker* waker) {
  return as_user_or_root(*this, [&]() -> Result<Reply> {
    auto connection = open(way);
    if (!connection) return tl::make_unexpected(connection.error());
    return connection->ask(call, Clock::now() + timeout, waker);
  });
}

Result<Greeted> Remote::greet(Way way, std::chrono::milliseconds timeout, const Waker* waker) {
  const Call hello{.method = std::string(kVarlinkInterface) + ".GetInfo"};
  return as_user_or_root(*this, [&]() -> Result<Greeted> {
    auto connection = open(way);
    if (!connection) return tl::make_unexpected(connection.error());
    const auto info = connection->ask(hello, Clock::now() + timeout, waker);
    if (!info) return tl::make_unexpected(info.error());
    return Greeted{std::move(*connection), version_in(info->parameters)};
  });
}

}  // namespace switchback
