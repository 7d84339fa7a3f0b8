// SPDX-License-Identifier: MIT
// The gate's checks as they stand in a manifest, a request and the record: what is asked, of whom, and how
// often it must answer well. Decides names, defaults and limits; what a passed or failed one means is core's
// affair.
#pragma once

#include "activator/protocol/error.hpp"
#include "activator/protocol/vocabulary.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace switchback {

inline constexpr std::size_t kMaxChecks = 100;
inline constexpr int kMostTries = 1000;  // of successes, and of failures

/// Who asks: the host, or the pusher, which has the view that users have.
enum class CheckSide { host, pusher };
template <>
struct Spelling<CheckSide> {
  static constexpr std::array<std::pair<CheckSide, std::string_view>, 2> kNames{{
      {CheckSide::host, "host"},
      {CheckSide::pusher, "pusher"},
  }};
};

/// What a required check means that failed before the switch, too.
enum class Prefailing {
  fail,      // it must pass in the trial all the same
  tolerate,  // it need not
};
template <>
struct Spelling<Prefailing> {
  static constexpr std::array<std::pair<Prefailing, std::string_view>, 2> kNames{{
      {Prefailing::fail, "fail"},
      {Prefailing::tolerate, "tolerate"},
  }};
};

/// A program that ends with 0; 75 (EX_TEMPFAIL) and all else are misses.
struct ExecCheck {
  std::vector<std::string> command;  // on the host the first is an absolute path
  std::string user;                  // empty: on the host a user of its own, on the pusher whoever pushes
  bool operator==(const ExecCheck&) const = default;
};
/// A GET by http or https that answers with one of `status`, and what is asked of its body and headers.
struct HttpCheck {
  std::string url;
  std::vector<int> status;                     // none: 200 to 299
  std::string contains;                        // somewhere in the body
  std::map<std::string, std::string> headers;  // name and what its value contains
  bool operator==(const HttpCheck&) const = default;
};
/// A connection that is accepted.
struct TcpCheck {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const TcpCheck&) const = default;
};
/// A unit whose ActiveState is `state`.
struct UnitCheck {
  std::string unit;
  std::string state = "active";
  bool operator==(const UnitCheck&) const = default;
};
/// A name that somebody owns on the system bus.
struct DbusNameCheck {
  std::string name;
  bool operator==(const DbusNameCheck&) const = default;
};

using CheckQuestion = std::variant<ExecCheck, HttpCheck, TcpCheck, UnitCheck, DbusNameCheck>;

struct CheckPolicy {
  CheckQuestion question;
  CheckSide side = CheckSide::host;
  std::chrono::milliseconds timeout{5'000};   // of one try
  std::chrono::milliseconds interval{2'000};  // from the end of a try to the next
  int successes = 1;                          // in a row, to pass
  int failures = 3;      // in a row after it has passed, to fail; before that the gate's deadline decides
  bool required = true;  // else a warning
  bool operator==(const CheckPolicy&) const = default;

  /// The least that it takes to pass when each try takes as long as it may.
  [[nodiscard]] std::chrono::milliseconds longest() const {
    return timeout * successes + interval * (successes - 1);
  }
};

using Checks = std::map<std::string, CheckPolicy, std::less<>>;

[[nodiscard]] nlohmann::json to_json(const Checks& checks);
/// `where` is the path of `json` in its document. Errors: invalid_request, as for a gate; for an unknown
/// type, a URL of another scheme, and a question that its side cannot ask.
[[nodiscard]] Result<Checks> parse_checks(const nlohmann::json& json, const std::string& where);

}  // namespace switchback
