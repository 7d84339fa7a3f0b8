// SPDX-License-Identifier: MIT
// Asks one check over the network, once, and says how it went: the activator runs it as a confined transient
// unit, so that nothing that speaks to a network is linked into the activator itself.
#include "activator/probe/ask_http.hpp"
#include "activator/probe/ask_tcp.hpp"
#include "activator/protocol/check_policy.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <string>

namespace switchback {
namespace {

// The parent's deadline is the same, and would leave no word of where it hung.
constexpr std::chrono::milliseconds kSpare{250};

ProbeAnswer ask(const std::string& argument) {
  const auto document = nlohmann::json::parse(argument, nullptr, /*allow_exceptions=*/false);
  const auto checks = parse_checks(document, "checks");
  if (!checks) return {ProbeExit::impossible, checks.error().message};
  if (checks->size() != 1) return {ProbeExit::impossible, "the probe asks one check"};
  const auto& policy = checks->begin()->second;
  const auto timeout =
      std::max(policy.timeout - std::min(kSpare, policy.timeout / 4), std::chrono::milliseconds{1});
  if (const auto* http = std::get_if<HttpCheck>(&policy.question)) return ask_http(*http, timeout);
  if (const auto* tcp = std::get_if<TcpCheck>(&policy.question)) return ask_tcp(*tcp, timeout);
  return {ProbeExit::impossible, "the probe asks http, https and tcp alone"};
}

/// The first line is the reason, and nothing else.
std::string in_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
  return text;
}

}  // namespace
}  // namespace switchback

int main(int argc, char** argv) {
  using namespace switchback;
  const auto answer =
      argc == 2 ? ask(argv[1]) : ProbeAnswer{ProbeExit::impossible, "usage: switchback-probe CHECKS"};
  std::cout << in_one_line(answer.reason) << "\n" << answer.output;
  if (!answer.output.empty() && answer.output.back() != '\n') std::cout << "\n";
  std::cout.flush();
  return static_cast<int>(answer.exit);
}
