// SPDX-License-Identifier: MIT
#include "cli/finished_activation.hpp"

#include "activator/protocol/json_reader.hpp"

#include <algorithm>

namespace switchback {
namespace {

using nlohmann::json;

std::vector<GenerationInfo> read_generations(const json& documents) {
  std::vector<GenerationInfo> out;
  for (const auto& document : documents) {
    if (auto generation = parse_generation_info(document)) out.push_back(std::move(*generation));
  }
  return out;
}

/// Changes as Activate takes them.
std::vector<GenerationInfo> read_changes(const json& documents) {
  std::vector<GenerationInfo> out;
  for (const auto& document : documents) {
    if (!document.is_object()) continue;
    const auto text = [&](const char* key) {
      const auto found = document.find(key);
      return found != document.end() && found->is_string() ? found->get<std::string>() : "";
    };
    out.push_back({text("profile"), text("closure"), std::nullopt});
  }
  return out;
}

double seconds_of(const Event& event) { return static_cast<double>(event.time_ms) / 1000.0; }

}  // namespace

Result<FinishedActivation> parse_finished_activation(const json& document) {
  JsonReader reader(document, "history", Errc::corrupt);
  const auto id = ActivationId::parse(reader.string("id"));
  if (!id && reader.ok()) reader.reject("id", id.error().message);
  FinishedActivation out{.id = id.value_or(ActivationId::random()),
                         .holder = reader.string_or("holder", ""),
                         .begun = reader.number_if("begun").value_or(0),
                         .finished = reader.number_if("finished").value_or(0),
                         .outcome = {},
                         .events = {},
                         .changes = read_changes(reader.array("changes")),
                         .before = read_generations(reader.array("before")),
                         .raw = document};
  if (const auto* outcome = reader.member("outcome")) {
    const auto event = parse_event(*outcome);
    const auto* body = event && *event ? std::get_if<OutcomeEvent>(&(*event)->body) : nullptr;
    if (body != nullptr)
      out.outcome = *body;
    else
      reader.reject("outcome", event ? "is no outcome" : event.error().message);
  } else {
    reader.reject("outcome", "is missing");
  }
  for (const auto& value : reader.array("events")) {
    if (auto event = parse_event(value); event && *event) out.events.push_back(std::move(**event));
  }
  if (auto finished = reader.finish(/*strict=*/false); !finished) {
    return tl::make_unexpected(finished.error());
  }
  return out;
}

std::vector<PhaseTook> phases_of(const FinishedActivation& finished) {
  std::vector<PhaseTook> out;
  double begun = 0;
  const auto end = [&](double now) {
    if (!out.empty()) out.back().seconds = std::max(0.0, now - begun);
    begun = now;
  };
  for (const auto& event : finished.events) {
    const auto* body = std::get_if<PhaseEvent>(&event.body);
    if (body == nullptr) continue;
    end(seconds_of(event));
    if (body->phase == Phase::finished) return out;
    out.push_back({body->phase, 0});
  }
  end(finished.finished);
  return out;
}

}  // namespace switchback
