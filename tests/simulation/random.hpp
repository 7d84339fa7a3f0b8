// SPDX-License-Identifier: MIT
// The one source of chance of a schedule: the same seed gives the same numbers on every machine, which the
// distributions of the standard library do not promise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace switchback::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  /// Source: SplitMix64, Steele, Lea and Flood, «Fast splittable pseudorandom number generators», 2014.
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class T>
  T pick(std::initializer_list<T> from) {
    return *(from.begin() + below(from.size()));
  }

 private:
  std::uint64_t state_;
};

}  // namespace switchback::simulation
