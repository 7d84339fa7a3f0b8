// SPDX-License-Identifier: MIT
// Callbacks that outlive what they were meant for: a token that turns them into nothing.
#pragma once

#include <memory>
#include <utility>

namespace switchback {

/// Wraps callbacks so that they do nothing once this object was destroyed or renewed.
class Alive {
 public:
  template <class Function>
  [[nodiscard]] auto guard(Function function) const {
    return [token = std::weak_ptr<int>(token_), function = std::move(function)](auto&&... arguments) mutable {
      if (!token.expired()) function(std::forward<decltype(arguments)>(arguments)...);
    };
  }
  /// Every callback that was guarded so far is void from now on.
  void renew() { token_ = std::make_shared<int>(0); }

 private:
  std::shared_ptr<int> token_ = std::make_shared<int>(0);
};

}  // namespace switchback
