// SPDX-License-Identifier: MIT
#include "activator/protocol/request.hpp"

#include "activator/protocol/json_reader.hpp"
#include "activator/protocol/seconds.hpp"

#include <set>

namespace switchback {
namespace {

using nlohmann::json;

/// Reads an id; a wrong one is the reader's error and leaves a random one, which is never used.
ActivationId read_id(JsonReader& reader) {
  auto id = ActivationId::parse(reader.string("id"));
  if (!id) {
    reader.reject("id", id.error().message);
    return ActivationId::random();
  }
  return *id;
}

template <class Enum>
Enum read_word(JsonReader& reader, const char* key, Enum fallback) {
  const auto word = reader.string_or(key, std::string(text(fallback)));
  const auto value = parse<Enum>(word);
  if (value) return *value;
  std::string allowed;
  for (const auto& [candidate, name] : Spelling<Enum>::kNames) {
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  reader.reject(key, "this version knows: " + allowed);
  return fallback;
}

Result<ChangeRequest> parse_change(const json& document, const std::string& where) {
  JsonReader reader(document, where);
  const auto profile = ProfileName::parse(reader.string("profile"));
  const auto closure = StorePath::parse(reader.string("closure"));
  const auto user = reader.string_or("user", "root");
  std::optional<Kind> kind;
  if (reader.member("kind") != nullptr) kind = read_word(reader, "kind", Kind::units);
  if (reader.ok() && !profile) reader.reject("profile", profile.error().message);
  if (reader.ok() && !closure) reader.reject("closure", closure.error().message);
  if (user != "root") reader.reject("user", "units run by the system manager belong to root");
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return ChangeRequest{*profile, *closure, user, kind};
}

Result<std::vector<ChangeRequest>> parse_changes(JsonReader& reader) {
  const auto& documents = reader.array("changes");
  if (documents.empty()) return fail(Errc::invalid_request, "changes: at least one is needed");
  if (documents.size() > kMaxChanges) {
    return fail(Errc::invalid_request, "changes: more than " + std::to_string(kMaxChanges));
  }
  std::vector<ChangeRequest> changes;
  std::set<ProfileName> seen;
  for (std::size_t index = 0; index < documents.size(); ++index) {
    auto change = parse_change(documents[index], "changes[" + std::to_string(index) + "]");
    if (!change) return tl::make_unexpected(change.error());
    if (!seen.insert(change->profile).second) {
      return fail(Errc::invalid_request, "changes: profile " + change->profile.text() + " is there twice");
    }
    changes.push_back(std::move(*change));
  }
  return changes;
}

Status check_api(const json& parameters) {
  if (!parameters.is_object()) return fail(Errc::invalid_request, "the parameters are no object");
  const auto api = parameters.find("api");
  if (api == parameters.end() || !api->is_number_integer()) {
    return fail(Errc::invalid_request, "api: expected a whole number");
  }
  if (*api != kApiVersion) {
    return fail(Errc::unsupported_version, "this host speaks API version " + std::to_string(kApiVersion) +
                                               ", not " + api->dump() +
                                               ": use a command of the same release");
  }
  return {};
}

}  // namespace

json to_json(const ActivateRequest& request) {
  json changes = json::array();
  for (const auto& change : request.changes) {
    json document{
        {"profile", change.profile.text()}, {"closure", change.closure.text()}, {"user", change.user}};
    if (change.kind) document["kind"] = text(*change.kind);
    changes.push_back(std::move(document));
  }
  return {{"api", kApiVersion},
          {"id", request.id.text()},
          {"changes", std::move(changes)},
          {"mode", text(request.mode)},
          {"gate", to_json(request.gate)},
          {"confirm", text(request.confirm)},
          {"confirmTimeout", to_seconds(request.confirm_timeout)},
          {"activationTimeout", to_seconds(request.activation_timeout)},
          {"force", request.force},
          {"note", request.note}};
}

Result<ActivateRequest> parse_activate(const json& parameters) {
  if (auto api = check_api(parameters); !api) return tl::make_unexpected(api.error());
  JsonReader reader(parameters, "");
  (void)reader.member("api");
  ActivateRequest request{.id = read_id(reader), .changes = {}, .gate = {}, .note = {}};
  auto changes = parse_changes(reader);
  request.mode = read_word(reader, "mode", request.mode);
  if (const auto* gate = reader.member("gate")) {
    auto policy = parse_gate_policy(*gate, "gate");
    if (policy)
      request.gate = std::move(*policy);
    else
      reader.reject(policy.error());
  }
  request.confirm = read_word(reader, "confirm", request.confirm);
  request.confirm_timeout = reader.seconds_or(
      "confirmTimeout", request.confirm == ConfirmMode::manual ? kManualConfirmTimeout : kConfirmTimeout);
  request.activation_timeout = reader.seconds_or("activationTimeout", kActivationTimeout);
  request.force = reader.boolean_or("force", false);
  request.note = reader.string_or("note", "");
  if (request.note.size() > kMaxNoteBytes) reader.reject("note", "is too long");
  if (request.activation_timeout.count() == 0) reader.reject("activationTimeout", "must not be 0");
  if (request.confirm != ConfirmMode::none && request.confirm_timeout.count() == 0) {
    reader.reject("confirmTimeout", "must not be 0");
  }
  if (reader.ok() && !changes) reader.reject(changes.error());
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  request.changes = std::move(*changes);
  return request;
}

json to_json(const WatchRequest& request) { return {{"id", request.id.text()}, {"after", request.after}}; }

Result<WatchRequest> parse_watch(const json& parameters) {
  JsonReader reader(parameters, "");
  WatchRequest request{read_id(reader), 0};
  request.after =
      static_cast<std::uint64_t>(reader.integer_or("after", 0, 0, std::numeric_limits<std::int64_t>::max()));
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return request;
}

json to_json(const ConfirmRequest& request) { return {{"id", request.id.text()}}; }

Result<ConfirmRequest> parse_confirm(const json& parameters) {
  JsonReader reader(parameters, "");
  ConfirmRequest request{read_id(reader)};
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return request;
}

json to_json(const CancelRequest& request) { return {{"id", request.id.text()}, {"reason", request.reason}}; }

Result<CancelRequest> parse_cancel(const json& parameters) {
  JsonReader reader(parameters, "");
  CancelRequest request{read_id(reader), reader.string_or("reason", "")};
  if (request.reason.size() > kMaxNoteBytes) reader.reject("reason", "is too long");
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return request;
}

}  // namespace switchback
