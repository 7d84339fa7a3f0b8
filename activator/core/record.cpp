// SPDX-License-Identifier: MIT
#include "activator/core/record.hpp"

#include "activator/core/state_json.hpp"
#include "activator/protocol/json_reader.hpp"

#include <limits>

namespace switchback {
namespace {

using nlohmann::json;

constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();

json boot_to_json(const BootIdentity& boot) {
  return {{"bootId", boot.boot_id}, {"runToken", boot.run_token}, {"softReboots", boot.soft_reboots}};
}

BootIdentity read_boot(JsonReader& outer) {
  const auto* document = outer.member("boot");
  if (document == nullptr) {
    outer.reject("boot", "is missing");
    return {};
  }
  JsonReader reader(*document, "boot", Errc::corrupt);
  BootIdentity boot{reader.string("bootId"), reader.string("runToken"),
                    static_cast<std::uint64_t>(reader.integer("softReboots", 0, kAny))};
  if (auto finished = reader.finish(); !finished) outer.reject(finished.error());
  return boot;
}

/// The parse of a member by `parser`; its error becomes the reader's.
template <class T, class Parser>
std::optional<T> read_member(JsonReader& reader, const char* key, Parser parser) {
  const auto* document = reader.member(key);
  if (document == nullptr) {
    reader.reject(key, "is missing");
    return std::nullopt;
  }
  Result<T> value = parser(*document);
  if (value) return std::move(*value);
  reader.reject(value.error());
  return std::nullopt;
}

std::vector<PreparedChange> read_changes(JsonReader& reader) {
  std::vector<PreparedChange> changes;
  for (const auto& document : reader.array("changes")) {
    auto change = parse_prepared_change(document, "changes[" + std::to_string(changes.size()) + "]");
    if (!change) {
      reader.reject(change.error());
      break;
    }
    changes.push_back(std::move(*change));
  }
  return changes;
}

std::optional<std::int64_t> read_time(JsonReader& reader, const char* key) {
  if (reader.member(key) == nullptr) return std::nullopt;
  return reader.integer(key, 0, kAny);
}

Status check_version(const json& document) {
  const auto version = document.is_object() ? document.find("record") : document.end();
  if (!document.is_object() || version == document.end() || !version->is_number_integer()) {
    return fail(Errc::corrupt, "the record is not one of Switchback's");
  }
  if (*version > kRecordVersion) {
    return fail(Errc::unsupported_version, "the record was written by a newer activator (record version " +
                                               version->dump() + ", this one reads up to " +
                                               std::to_string(kRecordVersion) + ")");
  }
  return {};
}

}  // namespace

Script script_of(const Record& record) {
  const auto& request = record.request;
  return {.mode = request.mode,
          .confirm = request.confirm,
          .activation_timeout = request.activation_timeout,
          .confirm_timeout = request.confirm_timeout,
          .test_for = request.test_for,
          .boot_within = request.boot_within,
          .auto_rollback = request.auto_rollback,
          .by_boot = request.mode == Mode::boot || record.needs_boot,
          .reboot = request.reboot,
          .gate = request.gate,
          .changes = record.changes};
}

json to_json(const Record& record) {
  json changes = json::array();
  for (const auto& change : record.changes) changes.push_back(to_json(change));
  json out{{"record", kRecordVersion},
           {"request", to_json(record.request)},
           {"holder", record.holder},
           {"boot", boot_to_json(record.boot)},
           {"begun", record.begun_ms},
           {"changes", std::move(changes)},
           {"baseline", to_json(record.baseline)},
           {"state", to_json(record.state)}};
  if (record.deadline_ms) out["deadline"] = *record.deadline_ms;
  if (record.switched_ms) out["switched"] = *record.switched_ms;
  // An activator from before there were checks reads all other records.
  if (!record.prefailing.empty()) out["prefailing"] = record.prefailing;
  if (record.needs_boot) out["needsBoot"] = true;
  return out;
}

Result<Record> parse_record(std::string_view text) {
  const auto document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return fail(Errc::corrupt, "the record is not JSON");
  if (auto version = check_version(document); !version) return tl::make_unexpected(version.error());
  JsonReader reader(document, "record", Errc::corrupt);
  (void)reader.member("record");
  auto request = read_member<ActivateRequest>(reader, "request", parse_activate);
  auto holder = reader.string("holder");
  auto boot = read_boot(reader);
  const auto begun = reader.integer("begun", 0, kAny);
  auto changes = read_changes(reader);
  auto baseline = read_member<Snapshot>(reader, "baseline",
                                        [](const json& value) { return parse_snapshot(value, "baseline"); });
  auto state = read_member<State>(reader, "state", parse_state);
  const auto deadline = read_time(reader, "deadline");
  const auto switched = read_time(reader, "switched");
  const auto prefailing = reader.strings_or_empty("prefailing");
  const bool needs_boot = reader.boolean_or("needsBoot", false);
  if (auto finished = reader.finish(); !finished) {
    return fail(Errc::corrupt, "the record cannot be read: " + finished.error().message);
  }
  return Record{std::move(*request),
                std::move(holder),
                std::move(boot),
                begun,
                deadline,
                switched,
                std::move(changes),
                std::move(*baseline),
                std::move(*state),
                {prefailing.begin(), prefailing.end()},
                needs_boot};
}

}  // namespace switchback
