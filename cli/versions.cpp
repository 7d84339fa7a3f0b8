// SPDX-License-Identifier: MIT
#include "cli/versions.hpp"

#include "cli/text.hpp"

#include <charconv>
#include <optional>
#include <utility>

namespace switchback {
namespace {

using Release = std::pair<unsigned, unsigned>;

/// «0.3» of «0.3.1».
std::optional<Release> release(std::string_view version) {
  Release out;
  const auto* end = version.data() + version.size();
  const auto major = std::from_chars(version.data(), end, out.first);
  if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, out.second);
  if (minor.ec != std::errc{} || (minor.ptr != end && *minor.ptr != '.')) return std::nullopt;
  return out;
}

/// Whether the host refused something because it does not know it.
bool is_of_versions(Errc code) {
  return code == Errc::unsupported_version || code == Errc::method_not_found || code == Errc::invalid_request;
}

std::string advice(Age age, const std::string& node) {
  switch (age) {
    case Age::older:
      return "install that version of switchback-activator on " + node + ", or use a command as old";
    case Age::newer:
      return "use a command of the activator's version";
    case Age::same:
    case Age::unknown:
      break;
  }
  return "install both from the same release";
}

}  // namespace

Age age_of(std::string_view activator, std::string_view command) {
  const auto theirs = release(activator);
  const auto ours = release(command);
  if (!theirs || !ours) return Age::unknown;
  if (*theirs == *ours) return Age::same;
  return *theirs < *ours ? Age::older : Age::newer;
}

Error with_versions(Error error, const std::string& version, const std::string& node) {
  const auto age = age_of(version);
  if (!is_of_versions(error.code)) return error;
  // Between equals it is a request that is wrong, not one that is too new.
  if (error.code == Errc::invalid_request && (age == Age::same || age == Age::unknown)) return error;
  const auto theirs = version.empty() ? "of an unknown version" : printable(version);
  return {error.code, printable(error.message) + ". The activator on " + node + " is " + theirs +
                          ", this command is " SWITCHBACK_VERSION ": " + advice(age, node)};
}

Error with_versions(Error error, Remote& remote, const Waker* waker) {
  if (!is_of_versions(error.code)) return error;
  const auto greeted = remote.greet(Way::shared, kAnswerTimeout, waker);
  return with_versions(std::move(error), greeted ? greeted->version : "", remote.name());
}

}  // namespace switchback
