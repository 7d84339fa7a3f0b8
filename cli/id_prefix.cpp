// SPDX-License-Identifier: MIT
#include "cli/id_prefix.hpp"

#include "cli/text.hpp"

namespace switchback {
namespace {

constexpr std::size_t kShortest = 4;
constexpr std::size_t kWhole = 32;

}  // namespace

Result<IdPrefix> IdPrefix::parse(std::string_view text) {
  std::string lower;
  for (const char c : text) lower += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  const bool digits = lower.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!digits || lower.size() < kShortest || lower.size() > kWhole) {
    return fail(Errc::invalid_request, "«" + printable(text) +
                                           "» is no activation's id: that is 4 to 32 hexadecimal digits, the "
                                           "first ones or all");
  }
  return IdPrefix(std::move(lower));
}

std::optional<ActivationId> IdPrefix::whole() const {
  auto id = ActivationId::parse(text_);
  if (!id) return std::nullopt;
  return std::move(*id);
}

}  // namespace switchback
