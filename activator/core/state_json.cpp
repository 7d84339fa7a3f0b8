// SPDX-License-Identifier: MIT
#include "activator/core/state_json.hpp"

#include "activator/core/overloaded.hpp"
#include "activator/protocol/json_reader.hpp"

#include <limits>

namespace switchback {
namespace {

using nlohmann::json;

constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();

json causes_to_json(const std::vector<Cause>& causes) {
  json out = json::array();
  for (const auto& cause : causes) out.push_back(to_json(cause));
  return out;
}

std::vector<Cause> read_causes(JsonReader& reader, const char* key = "causes") {
  std::vector<Cause> causes;
  for (const auto& document : reader.array(key)) {
    auto cause = parse_cause(document);
    if (cause)
      causes.push_back(std::move(*cause));
    else
      reader.reject(cause.error());
  }
  return causes;
}

std::size_t read_size(JsonReader& reader, const char* key) {
  return static_cast<std::size_t>(reader.integer(key, 0, kAny));
}

Reverting read_reverting(JsonReader& reader) {
  Reverting state;
  state.causes = read_causes(reader);
  state.begun = read_size(reader, "begun");
  state.set_back = reader.boolean_or("setBack", false);
  state.stays_set = reader.boolean_or("staysSet", false);
  state.rebooted = reader.boolean_or("rebooted", false);
  state.booted_anew = reader.boolean_or("bootedAnew", false);
  state.needs_boot = reader.boolean_or("needsBoot", false);
  state.superseded = reader.boolean_or("superseded", false);
  state.attempt = static_cast<int>(reader.integer("attempt", 1, kMaxRevertAttempts));
  state.restarts = static_cast<int>(reader.integer("restarts", 0, kMaxRevertRestarts));
  state.step = read_size(reader, "step");
  state.observing = reader.boolean_or("observing", false);
  return state;
}

Finished read_finished(JsonReader& reader) {
  const auto outcome = parse<Outcome>(reader.string("outcome"));
  if (!outcome) reader.reject("outcome", "is a word that this version does not know");
  return {outcome.value_or(Outcome::revert_failed), read_causes(reader)};
}

std::vector<Cause> read_faults(JsonReader& reader) { return read_causes(reader, "faults"); }

State read_preparing(JsonReader& reader) {
  if (reader.member("rehearsing") == nullptr) return Preparing{};
  return Rehearsing{read_size(reader, "rehearsing")};
}

State read_state(JsonReader& reader, Phase phase) {
  switch (phase) {
    case Phase::preparing:
      return read_preparing(reader);
    case Phase::switching:
      return Switching{read_size(reader, "step"), read_faults(reader)};
    case Phase::awaiting_boot:
      return AwaitingBoot{read_faults(reader)};
    case Phase::observing:
      return Observing{false, reader.boolean_or("confirmed", false), read_faults(reader)};
    case Phase::awaiting_confirmation:
      return AwaitingConfirmation{read_faults(reader)};
    case Phase::testing:
      return Testing{read_faults(reader)};
    case Phase::committing:
      return Committing{read_size(reader, "step"), read_faults(reader)};
    case Phase::reverting:
      return read_reverting(reader);
    case Phase::finished:
      return read_finished(reader);
  }
  return Preparing{};
}

}  // namespace

json to_json(const State& state) {
  json out{{"phase", text(phase_of(state))}};
  std::visit(
      Overloaded{
          [](const Preparing&) {},
          [&](const Rehearsing& rehearsing) { out["rehearsing"] = rehearsing.step; },
          [&](const Switching& switching) {
            out["step"] = switching.step;
            out["faults"] = causes_to_json(switching.faults);
          },
          [&](const AwaitingBoot& awaiting) { out["faults"] = causes_to_json(awaiting.faults); },
          // A soak begins anew after a restart, so that it is not recorded.
          [&](const Observing& observing) {
            out["confirmed"] = observing.confirmed;
            out["faults"] = causes_to_json(observing.faults);
          },
          [&](const AwaitingConfirmation& awaiting) { out["faults"] = causes_to_json(awaiting.faults); },
          [&](const Testing& testing) { out["faults"] = causes_to_json(testing.faults); },
          [&](const Committing& committing) {
            out["step"] = committing.step;
            out["faults"] = causes_to_json(committing.faults);
          },
          [&](const Reverting& reverting) {
            out.update({{"causes", causes_to_json(reverting.causes)},
                        {"begun", reverting.begun},
                        {"setBack", reverting.set_back},
                        {"rebooted", reverting.rebooted},
                        {"bootedAnew", reverting.booted_anew},
                        {"superseded", reverting.superseded},
                        {"attempt", reverting.attempt},
                        {"restarts", reverting.restarts},
                        {"step", reverting.step},
                        {"observing", reverting.observing}});
            // An activator from before it was thought of reads all other records.
            if (reverting.stays_set) out["staysSet"] = true;
            if (reverting.needs_boot) out["needsBoot"] = true;
          },
          [&](const Finished& finished) {
            out["outcome"] = text(finished.outcome);
            out["causes"] = causes_to_json(finished.causes);
          },
      },
      state);
  return out;
}

Result<State> parse_state(const json& document) {
  JsonReader reader(document, "state", Errc::corrupt);
  const auto phase = parse<Phase>(reader.string("phase"));
  if (!phase) reader.reject("phase", "is a word that this version does not know");
  auto state = phase ? read_state(reader, *phase) : State{Preparing{}};
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return state;
}

}  // namespace switchback
