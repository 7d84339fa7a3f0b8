// SPDX-License-Identifier: MIT
// How an activation is put into words, the same on every display. Decides wording; not layout.
#pragma once

#include "activator/protocol/event.hpp"
#include "activator/protocol/store_path.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// «/nix/store/…-web-2» is «web-2» to people.
[[nodiscard]] std::string closure_name(const std::string& store_path);
/// «app generation 12 (web-2)».
[[nodiscard]] std::string generation_text(const GenerationInfo& generation);
/// A phase while it runs, in a word or two that fit a column.
[[nodiscard]] std::string phase_word(Phase phase);
/// The one sentence that is the result: «reverted: web.service exited with status 1; …».
[[nodiscard]] std::string outcome_text(const OutcomeEvent& outcome,
                                       std::optional<std::chrono::milliseconds> took = std::nullopt);
/// What happened to the host, without why: «reverted», «committed: app generation 12».
[[nodiscard]] std::string outcome_summary(const OutcomeEvent& outcome);
/// The end of a test for its pusher, in two lines; `cancel` is what ends it earlier when it is typed.
[[nodiscard]] std::string test_text(std::optional<double> seconds, std::int64_t now_since_epoch,
                                    const std::string& cancel);
/// What waits for the host's next boot, for its pusher; `confirm` is what keeps it then when it is typed,
/// empty if nobody needs to.
[[nodiscard]] std::string boot_text(std::optional<double> seconds, std::int64_t now_since_epoch,
                                    const std::string& confirm, const std::string& cancel);
/// «web.service failed to start (activating, start), restarted twice».
[[nodiscard]] std::string unit_text(const UnitEvent& unit);

/// «web.service was to be restarted, but runs as before», «db.service was restarted, which was not planned».
[[nodiscard]] std::string deviation_text(const DeviationEvent& deviation);

/// «web does not pass yet: answered with status 503»; what it said otherwise is `said_by`.
[[nodiscard]] std::string check_text(const CheckEvent& check);
[[nodiscard]] std::vector<std::string> said_by(const CheckEvent& check);

/// What a plan does, gathered from its events: «stop a.service · start b.service, c.service».
class PlanWords {
 public:
  void add(const PlanEvent& event);
  [[nodiscard]] std::string text() const;
  /// What stays as it is although it changed and runs, and why, a sentence each.
  [[nodiscard]] const std::vector<std::string>& skipped() const { return skipped_; }
  /// Everything that would happen, a sentence for each unit, what is done alike together: «stop and start
  /// web.service: it changed». Last what is left as it is, and why.
  [[nodiscard]] std::vector<std::string> sentences() const;
  /// How many of each: «stop 2, start 1, left as they are 4».
  [[nodiscard]] std::string counts() const;

 private:
  std::map<UnitAction, std::vector<std::string>> units_;
  std::vector<std::string> skipped_;
  std::map<UnitAction, std::vector<std::string>> sentences_;
};

}  // namespace switchback
