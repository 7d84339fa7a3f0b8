// SPDX-License-Identifier: MIT
// Making text fit for a terminal: nothing in it is obeyed, nothing is wider than asked. Knows nothing of
// activations.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace switchback {

/// `text` without anything that a terminal would obey: control characters (C0, C1), bytes that are no UTF-8
/// and marks that reorder what follows are written as \x1b or \u202e. A tab becomes a space.
[[nodiscard]] std::string printable(std::string_view text);

/// Columns that `text` takes, one for each code point.
[[nodiscard]] std::size_t columns(std::string_view text);
/// The first `width` columns of `text`, the last of them «…» when something was cut.
[[nodiscard]] std::string cut(std::string_view text, std::size_t width);
/// `text` and spaces, `width` columns at least.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
/// `text` in lines of `width` columns at most, broken at spaces where there are any.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// The lines of a text that a person reads, each fit for a terminal. One that is indented by four columns is
/// to be copied: it is not to be broken, nor anything put before it.
struct TextLine {
  std::string text;
  bool to_copy = false;
};
[[nodiscard]] std::vector<TextLine> lines_of(std::string_view text);

/// «0.3 s», «14.2 s», «3 min 20 s».
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);
/// «2026-08-01 12:00:00», by this machine's clock and zone.
[[nodiscard]] std::string date_text(std::int64_t seconds_since_epoch);
/// «7 s», «3 minutes», «2 hours», «5 days»: one unit, rounded down.
[[nodiscard]] std::string age_text(double seconds);

}  // namespace switchback
