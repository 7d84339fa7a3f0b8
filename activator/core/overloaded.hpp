// SPDX-License-Identifier: MIT
// One lambda a case for std::visit.
#pragma once

namespace switchback {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace switchback
