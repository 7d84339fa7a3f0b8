// SPDX-License-Identifier: MIT
#include "activator/protocol/status.hpp"

#include "activator/protocol/json_reader.hpp"

namespace switchback {
namespace {

using nlohmann::json;

template <class T>
std::optional<T> take(JsonReader& reader, Result<T> value) {
  if (value) return std::move(*value);
  reader.reject(value.error());
  return std::nullopt;
}

std::optional<ActivationStatus> read_activation(JsonReader& reader, const char* key) {
  const auto* document = reader.member(key);
  if (document == nullptr) return std::nullopt;
  return take(reader, parse_activation_status(*document));
}

}  // namespace

json to_json(const ActivationStatus& status) {
  json out{{"id", status.id.text()}, {"phase", text(status.phase)}, {"holder", status.holder}};
  if (status.seconds_left) out["secondsLeft"] = *status.seconds_left;
  if (status.outcome) out["outcome"] = to_json(Event{0, 0, status.id, *status.outcome});
  return out;
}

Result<ActivationStatus> parse_activation_status(const json& document) {
  JsonReader reader(document, "activation", Errc::corrupt);
  const auto id = ActivationId::parse(reader.string("id"));
  const auto phase = parse<Phase>(reader.string("phase"));
  if (reader.ok() && !id) reader.reject("id", id.error().message);
  if (reader.ok() && !phase) reader.reject("phase", "is a word that this version does not know");
  const auto seconds_left = reader.number_if("secondsLeft");
  const auto holder = reader.string_or("holder", "");
  std::optional<OutcomeEvent> outcome;
  if (const auto* value = reader.member("outcome")) {
    auto event = parse_event(*value);
    if (!event)
      reader.reject(event.error());
    else if (*event && std::holds_alternative<OutcomeEvent>((*event)->body)) {
      outcome = std::get<OutcomeEvent>((*event)->body);
    }
  }
  if (auto finished = reader.finish(/*strict=*/false); !finished)
    return tl::make_unexpected(finished.error());
  return ActivationStatus{*id, *phase, seconds_left, holder, std::move(outcome)};
}

json to_json(const HostStatus& status) {
  json profiles = json::array();
  for (const auto& profile : status.profiles) {
    json document = to_json(profile.generation);
    if (profile.age) document["age"] = *profile.age;
    if (profile.kind) document["kind"] = text(*profile.kind);
    profiles.push_back(std::move(document));
  }
  json out{{"host", status.host},
           {"version", status.version},
           {"profiles", std::move(profiles)},
           {"failedUnits", status.failed_units}};
  if (status.running) out["running"] = to_json(*status.running);
  if (status.last) out["last"] = to_json(*status.last);
  if (!status.trouble.empty()) out["trouble"] = status.trouble;
  return out;
}

Result<HostStatus> parse_host_status(const json& document) {
  JsonReader reader(document, "status", Errc::corrupt);
  HostStatus status;
  status.host = reader.string("host");
  status.version = reader.string("version");
  for (const auto& profile : reader.array("profiles")) {
    auto generation = take(reader, parse_generation_info(profile));
    if (!generation) break;
    JsonReader profile_reader(profile, "profile", Errc::corrupt);
    status.profiles.push_back({std::move(*generation), profile_reader.number_if("age"),
                               parse<Kind>(profile_reader.string_or("kind", ""))});
  }
  status.running = read_activation(reader, "running");
  status.last = read_activation(reader, "last");
  status.failed_units = reader.strings_or_empty("failedUnits");
  status.trouble = reader.string_or("trouble", "");
  if (auto finished = reader.finish(/*strict=*/false); !finished)
    return tl::make_unexpected(finished.error());
  return status;
}

}  // namespace switchback
