// SPDX-License-Identifier: MIT
#include "activator/protocol/request.hpp"

#include "activator/protocol/json_reader.hpp"
#include "activator/protocol/seconds.hpp"

#include <algorithm>
#include <limits>
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

/// A user's name as useradd(8) and systemd take it, a little more liberal.
std::string read_user(JsonReader& reader) {
  auto user = reader.string_or("user", "root");
  const bool good = !user.empty() && user.size() <= 32 && user.front() != '-' &&
                    std::all_of(user.begin(), user.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                             c == '_' || c == '-' || c == '.';
                    });
  if (!good) reader.reject("user", "is not the name of a user");
  return user;
}

std::string read_profile_path(JsonReader& reader) {
  constexpr std::size_t kLongest = 1024;
  auto path = reader.string_or("profilePath", "");
  const bool plain = std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c != 0x7f; });
  const bool climbs = (path + "/").find("/../") != std::string::npos;
  if (!path.empty() &&
      (!path.starts_with('/') || path.ends_with('/') || path.size() > kLongest || !plain || climbs)) {
    reader.reject("profilePath", "is not an absolute path without blanks, .. and a slash at its end");
  }
  return path;
}

std::optional<std::uint64_t> read_generation(JsonReader& reader) {
  if (reader.member("generation") == nullptr) return std::nullopt;
  return static_cast<std::uint64_t>(
      reader.integer("generation", 1, std::numeric_limits<std::int64_t>::max()));
}

ProfileName read_profile(JsonReader& reader) {
  static const auto kNone = *ProfileName::parse("none");
  auto profile = ProfileName::parse(reader.string("profile"));
  if (profile) return std::move(*profile);
  if (reader.ok()) reader.reject("profile", profile.error().message);
  return kNone;
}

Result<ChangeRequest> parse_change(const json& document, const std::string& where) {
  JsonReader reader(document, where);
  ChangeRequest change{.profile = read_profile(reader)};
  if (!reader.boolean_or("remove", false)) {
    auto closure = StorePath::parse(reader.string("closure"));
    if (closure)
      change.closure = std::move(*closure);
    else if (reader.ok())
      reader.reject("closure", closure.error().message);
  }
  change.user = read_user(reader);
  change.profile_path = read_profile_path(reader);
  if (reader.member("kind") != nullptr) change.kind = read_word(reader, "kind", Kind::units);
  change.generation = read_generation(reader);
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return change;
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

/// What Activate, Rollback and Remove have in common.
json how_to_json(const ActivateRequest& request) {
  json document{{"api", kApiVersion},
                {"id", request.id.text()},
                {"mode", text(request.mode)},
                {"gate", to_json(request.gate)},
                {"confirm", text(request.confirm)},
                {"confirmTimeout", to_seconds(request.confirm_timeout)},
                {"activationTimeout", to_seconds(request.activation_timeout)},
                {"testFor", to_seconds(request.test_for)},
                {"autoRollback", request.auto_rollback},
                {"allowUnrevertible", request.allow_unrevertible},
                {"force", request.force},
                {"note", request.note}};
  // Only where it is asked for: an activator that does not know it must refuse.
  if (!request.retry_rejected) document["retryRejected"] = false;
  if (request.reboot) document["reboot"] = true;
  if (request.mode == Mode::boot) document["bootWithin"] = to_seconds(request.boot_within);
  return document;
}

ActivateRequest read_how(JsonReader& reader) {
  (void)reader.member("api");
  ActivateRequest request{.id = read_id(reader), .changes = {}, .gate = {}, .note = {}};
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
  request.test_for = reader.seconds_or("testFor", kTestFor);
  request.auto_rollback = reader.boolean_or("autoRollback", true);
  request.allow_unrevertible = reader.boolean_or("allowUnrevertible", false);
  request.boot_within = reader.seconds_or("bootWithin", kBootWithin);
  request.force = reader.boolean_or("force", false);
  request.reboot = reader.boolean_or("reboot", false);
  const bool can_reboot = request.mode == Mode::boot || request.mode == Mode::switch_now;
  if (request.reboot && !can_reboot) reader.reject("reboot", "is for the modes switch and boot");
  if (request.boot_within.count() == 0) reader.reject("bootWithin", "must not be 0");
  request.retry_rejected = reader.boolean_or("retryRejected", true);
  request.note = reader.string_or("note", "");
  if (request.note.size() > kMaxNoteBytes) reader.reject("note", "is too long");
  if (request.activation_timeout.count() == 0) reader.reject("activationTimeout", "must not be 0");
  if (request.confirm != ConfirmMode::none && request.confirm_timeout.count() == 0) {
    reader.reject("confirmTimeout", "must not be 0");
  }
  return request;
}

json change_to_json(const ChangeRequest& change) {
  json document{{"profile", change.profile.text()}, {"user", change.user}};
  if (change.closure)
    document["closure"] = change.closure->text();
  else
    document["remove"] = true;
  if (!change.profile_path.empty()) document["profilePath"] = change.profile_path;
  if (change.kind) document["kind"] = text(*change.kind);
  if (change.generation) document["generation"] = *change.generation;
  return document;
}

}  // namespace

json to_json(const ActivateRequest& request) {
  auto document = how_to_json(request);
  document["changes"] = json::array();
  for (const auto& change : request.changes) document["changes"].push_back(change_to_json(change));
  return document;
}

Result<ActivateRequest> parse_activate(const json& parameters) {
  if (auto api = check_api(parameters); !api) return tl::make_unexpected(api.error());
  JsonReader reader(parameters, "");
  auto request = read_how(reader);
  auto changes = parse_changes(reader);
  if (reader.ok() && !changes) reader.reject(changes.error());
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  request.changes = std::move(*changes);
  return request;
}

json to_json(const RollbackRequest& request) {
  auto document = how_to_json(request.how);
  document["profile"] = request.profile.text();
  document["user"] = request.user;
  if (!request.profile_path.empty()) document["profilePath"] = request.profile_path;
  if (request.generation) document["generation"] = *request.generation;
  return document;
}

Result<RollbackRequest> parse_rollback(const json& parameters) {
  if (auto api = check_api(parameters); !api) return tl::make_unexpected(api.error());
  JsonReader reader(parameters, "");
  RollbackRequest request{read_how(reader), read_profile(reader), read_user(reader),
                          read_profile_path(reader), read_generation(reader)};
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return request;
}

json to_json(const RemoveRequest& request) {
  auto document = how_to_json(request.how);
  document["profile"] = request.profile.text();
  return document;
}

Result<RemoveRequest> parse_remove(const json& parameters) {
  if (auto api = check_api(parameters); !api) return tl::make_unexpected(api.error());
  JsonReader reader(parameters, "");
  RemoveRequest request{read_how(reader), read_profile(reader)};
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
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
