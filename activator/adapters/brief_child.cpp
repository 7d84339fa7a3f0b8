// SPDX-License-Identifier: MIT
#include "activator/adapters/brief_child.hpp"

#include <optional>
#include <utility>

namespace switchback {

Result<ChildResult> run_briefly(const ChildCommand& command) {
  EventLoop loop;
  std::optional<ChildResult> result;
  const auto child =
      ChildProcess::start(loop, command, [&](ChildResult ended) { result = std::move(ended); });
  if (!child) return tl::make_unexpected(child.error());
  while (!result && loop.turn(command.deadline)) {
  }
  if (!result) return fail(Errc::internal, command.argv.front() + " could not be waited for");
  return std::move(*result);
}

}  // namespace switchback
