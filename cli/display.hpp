// SPDX-License-Identifier: MIT
// What a person, or a program, is shown of one deployment to one host. Progress and log go to standard error,
// the result to standard output. Decides nothing about the deployment.
#pragma once

#include "activator/protocol/event.hpp"
#include "activator/protocol/vocabulary.hpp"
#include "cli/closure_difference.hpp"
#include "cli/waker.hpp"

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

namespace switchback {

enum class StepState { begun, done, failed };

/// A step of the pusher's own: `evaluate`, `check`, `build`, `connect`, `bootstrap`, `copy`, `wait`,
/// `confirm`.
struct Step {
  std::string name;
  StepState state = StepState::begun;
  std::string detail;
};

class Display {
 public:
  virtual ~Display() = default;
  virtual void step(const Step& step) = 0;
  /// `raw` is the event as it came, with the fields that this version does not know.
  virtual void event(const Event& event, const nlohmann::json& raw) = 0;
  /// Of a dry run, before its outcome: what the closure brings.
  virtual void difference(const ClosureDifference& difference) = 0;
  /// Something that the pusher saw or does.
  virtual void note(const std::string& text) = 0;
  /// A bad end, other than by an outcome.
  virtual void failure(const Error& error, ExitStatus status) = 0;
  /// A good one.
  virtual void finished(const std::string& text) = 0;
  /// Called several times a second while nothing happens.
  virtual void tick() {}
  /// Another program is about to write to the terminal.
  virtual void make_room() {}
};

struct DisplaySettings {
  std::string node;  // empty: told of none alone
  int verbosity = 0;
  std::size_t width = 0;  // of lines; 0: no limit
  bool colours = false;
  bool host_times = false;  // what is told may have happened long ago: durations by the host's clock
  std::function<Clock::time_point()> now = Clock::now;
};

[[nodiscard]] std::unique_ptr<Display> plain_display(DisplaySettings settings, std::ostream& out,
                                                     std::ostream& err);
/// `err` is a terminal, on which lines may be written over.
[[nodiscard]] std::unique_ptr<Display> terminal_display(DisplaySettings settings, std::ostream& out,
                                                        std::ostream& err);
[[nodiscard]] std::unique_ptr<Display> json_display(DisplaySettings settings, std::ostream& out);

/// The display for this process's standard streams.
[[nodiscard]] std::unique_ptr<Display> make_display(const std::string& node, bool json, int verbosity);

/// The same for an activation that is watched.
[[nodiscard]] std::unique_ptr<Display> make_watching_display(const std::string& node, bool json,
                                                             int verbosity);

/// Whether ssh can ask somebody something: input and error are a terminal.
[[nodiscard]] bool has_terminal();
/// Columns of standard output; 0 where it is no terminal: lines that go to a file are left whole.
[[nodiscard]] std::size_t output_width();

}  // namespace switchback
