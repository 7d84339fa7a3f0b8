// SPDX-License-Identifier: MIT
#include "activator/protocol/activation_id.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace switchback {

ActivationId ActivationId::random() {
  std::array<unsigned char, 16> bytes{};
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const auto got = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) std::abort();  // no kernel that runs systemd lacks it
    filled += static_cast<std::size_t>(got);
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return ActivationId(std::move(text));
}

Result<ActivationId> ActivationId::parse(std::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() != 32 || !std::all_of(text.begin(), text.end(), is_digit)) {
    return fail(Errc::invalid_request, "an activation id is 32 hexadecimal digits in lower case");
  }
  return ActivationId(std::string(text));
}

}  // namespace switchback
