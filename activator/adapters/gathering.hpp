// SPDX-License-Identifier: MIT
// Several answers that are gathered into one. Decides when that is given; where they come from, and what is
// put together of them, is their askers' affair.
#pragma once

#include "activator/ports/unit_manager.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace switchback {

/// Answered once nothing is missing; the first error is the answer.
template <class T>
struct Gathering {
  std::size_t missing = 0;
  T value{};
  std::optional<Error> error{};
  Callback<T> done;

  void one_less(std::optional<Error> problem = {}) {
    if (problem && !error) error = std::move(problem);
    if (--missing > 0) return;
    if (error) return done(tl::make_unexpected(*error));
    done(std::move(value));
  }
};

template <class T>
[[nodiscard]] std::shared_ptr<Gathering<T>> gather(std::size_t answers, Callback<T> done) {
  return std::make_shared<Gathering<T>>(Gathering<T>{.missing = answers, .done = std::move(done)});
}

/// A callback without a value as one with.
[[nodiscard]] inline Callback<int> plain(Callback<void> done) {
  return [done = std::move(done)](const Result<int>& result) {
    if (!result) return done(tl::make_unexpected(result.error()));
    done({});
  };
}

}  // namespace switchback
