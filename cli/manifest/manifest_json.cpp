// SPDX-License-Identifier: MIT
#include "cli/manifest/manifest_json.hpp"

#include "cli/manifest/option_readers.hpp"
#include "cli/manifest/target.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace switchback {
namespace {

using nlohmann::json;

void read_option(JsonReader& reader, const char* key, GateOverrides& into);
void read_option(JsonReader& reader, const char* key, CheckSays& into);

/// deploy-rs's type: whole seconds in 16 bits. 0 may stand there, for the command line to say better.
template <auto Member>
void read_u16_seconds(JsonReader& reader, const char* key, Settings& into) {
  constexpr int kMost = std::numeric_limits<std::uint16_t>::max();
  if (reader.member(key) != nullptr) into.*Member = std::chrono::seconds(reader.integer_or(key, 1, 0, kMost));
}

/// One option of a level; the tables of these are what is known.
template <class Into>
struct Option {
  const char* name;
  void (*read)(JsonReader& reader, const char* key, Into& into);
};

template <auto Member, class Into>
void member(JsonReader& reader, const char* key, Into& into) {
  read_option(reader, key, into.*Member);
}

void only_known(JsonReader& reader, const char* key, Manifest& /*into*/) {
  static_cast<void>(reader.string_or(key, ""));
}

constexpr std::array<Option<GateOverrides>, 9> kGateOptions{{
    {"soak", member<&GateOverrides::soak>},
    {"deadline", member<&GateOverrides::deadline>},
    {"critical", member<&GateOverrides::critical>},
    {"ignore", member<&GateOverrides::ignore>},
    {"expectFailed", member<&GateOverrides::expect_failed>},
    {"flapLimit", member<&GateOverrides::flap_limit>},
    {"strict", member<&GateOverrides::strict>},
    {"prefailing", member<&GateOverrides::prefailing>},
    {"checks", member<&GateOverrides::checks>},
}};

void read_option(JsonReader& reader, const char* key, GateOverrides& into) {
  const auto* document = reader.member(key);
  if (document == nullptr) return;
  JsonReader gate(*document, reader.path(key));
  for (const auto& option : kGateOptions) option.read(gate, option.name, into);
  if (auto finished = gate.finish(); !finished) reader.reject(finished.error());
}

/// A field of a check, of type T; what it means as a part of the whole is seen when all levels are known.
template <class T>
void field(JsonReader& reader, const char* key, json& into) {
  const auto* value = reader.member(key);
  if (value == nullptr) return;
  T read{};
  read_option(reader, key, read);
  into[key] = *value;
}

template <const auto& Words>
void word_field(JsonReader& reader, const char* key, json& into) {
  const auto* value = reader.member(key);
  if (value == nullptr) return;
  const auto word = reader.string_or(key, "");
  if (std::find(Words.begin(), Words.end(), word) == Words.end())
    reject_word(reader, key, word, {Words.begin(), Words.end()});
  into[key] = *value;
}

constexpr std::array<const char*, 6> kCheckTypes{"exec", "http", "https", "tcp", "unit", "dbus-name"};
constexpr std::array<const char*, 5> kUnitStates{"active", "inactive", "failed", "activating",
                                                 "deactivating"};

constexpr std::array<Option<json>, 17> kCheckOptions{{
    {"type", word_field<kCheckTypes>},
    {"side", field<std::optional<CheckSide>>},
    {"timeout", field<std::optional<std::chrono::milliseconds>>},
    {"interval", field<std::optional<std::chrono::milliseconds>>},
    {"successes", field<std::optional<int>>},
    {"failures", field<std::optional<int>>},
    {"required", field<std::optional<bool>>},
    {"command", field<std::vector<std::string>>},
    {"user", field<std::optional<std::string>>},
    {"url", field<std::optional<std::string>>},
    {"status", field<std::vector<int>>},
    {"contains", field<std::optional<std::string>>},
    {"headers", field<std::map<std::string, std::string>>},
    {"address", field<std::optional<std::string>>},
    {"unit", field<std::optional<std::string>>},
    {"state", word_field<kUnitStates>},
    {"name", field<std::optional<std::string>>},
}};

void read_option(JsonReader& reader, const char* key, CheckSays& into) {
  const auto* documents = reader.member(key);
  if (documents == nullptr) return;
  if (!documents->is_object()) return reader.reject(key, "expected an object");
  for (const auto& [name, document] : documents->items()) {
    auto& fields = into[name];
    if (document.is_null()) continue;
    fields = json::object();
    JsonReader check(document, reader.path(key) + "." + attribute_text(printable(name)));
    for (const auto& option : kCheckOptions) option.read(check, option.name, fields);
    if (auto finished = check.finish(); !finished) reader.reject(finished.error());
  }
}

constexpr std::array<Option<Settings>, 14> kSettings{{
    {"sshUser", member<&Settings::ssh_user>},
    {"user", member<&Settings::user>},
    {"sshOpts", member<&Settings::ssh_options>},
    {"fastConnection", member<&Settings::fast_connection>},
    {"remoteBuild", member<&Settings::remote_build>},
    {"autoRollback", member<&Settings::auto_rollback>},
    {"magicRollback", member<&Settings::magic_rollback>},
    {"confirm", member<&Settings::confirm>},
    {"confirmTimeout", read_u16_seconds<&Settings::confirm_timeout>},
    {"activationTimeout", read_u16_seconds<&Settings::activation_timeout>},
    {"gate", member<&Settings::gate>},
    {"sudo", member<&Settings::sudo>},
    {"interactiveSudo", member<&Settings::interactive_sudo>},
    {"tempPath", member<&Settings::temp_path>},
}};

constexpr std::array<Option<Profile>, 4> kProfileOptions{{
    {"path", member<&Profile::path>},
    {"derivation",
     [](JsonReader& reader, const char* key, Profile& profile) {
       read_option(reader, key, profile.derivation);
       if (profile.derivation && !profile.derivation->text().ends_with(".drv"))
         reader.reject(key, "expected a store path that ends in .drv");
     }},
    {"profilePath", member<&Profile::profile_path>},
    {"kind", member<&Profile::kind>},
}};

template <class Into>
void read_map(JsonReader& reader, const char* key, std::map<std::string, Into>& into);

constexpr std::array<Option<Node>, 4> kNodeOptions{{
    {"hostname", member<&Node::hostname>},
    {"profiles",
     [](JsonReader& reader, const char* key, Node& node) { read_map(reader, key, node.profiles); }},
    {"profilesOrder", member<&Node::profiles_order>},
    {"tags", member<&Node::tags>},
}};

constexpr std::array<Option<Manifest>, 2> kDeployOptions{{
    {"nodes", [](JsonReader& reader, const char* key, Manifest& all) { read_map(reader, key, all.nodes); }},
    {"$schema", only_known},  // for editors
}};

template <class Options>
bool has(const Options& options, const std::string& key) {
  return std::any_of(options.begin(), options.end(), [&](const auto& option) { return key == option.name; });
}

/// Of what `key` is an option, when that is not of every level.
const char* place_of(const std::string& key) {
  if (has(kGateOptions, key)) return "gate";
  if (has(kProfileOptions, key)) return "a profile";
  if (has(kNodeOptions, key)) return "a node";
  if (has(kCheckOptions, key)) return "one of the gate's checks";
  return has(kDeployOptions, key) ? "deploy itself" : nullptr;
}

/// The options of one level: those in `own`, and those of every level.
template <class Into, class Options>
void read_level(JsonReader& reader, const json& document, const Options& own, Into& into) {
  for (const auto& option : own) option.read(reader, option.name, into);
  for (const auto& option : kSettings) option.read(reader, option.name, into.settings);
  if (!document.is_object()) return;
  for (const auto& [key, value] : document.items()) {
    const auto* place = has(own, key) || has(kSettings, key) ? nullptr : place_of(key);
    if (place != nullptr) reader.reject(key, std::string("is not known here; it is an option of ") + place);
  }
  const auto& settings = into.settings;
  const bool confirmed = settings.confirm && *settings.confirm != ConfirmMode::none;
  if (settings.confirm && settings.magic_rollback && confirmed != *settings.magic_rollback) {
    reader.reject("confirm", "says something else than magicRollback beside it; leave out one of the two");
  }
}

void parse_into(JsonReader& reader, const json& document, Profile& into) {
  read_level(reader, document, kProfileOptions, into);
}

void parse_into(JsonReader& reader, const json& document, Node& into) {
  read_level(reader, document, kNodeOptions, into);
  if (reader.member("profiles") == nullptr) reader.reject("profiles", "is missing");
  for (const auto& [name, profile] : into.profiles) {
    if (auto good = ProfileName::parse(name); !good) reader.reject("profiles", good.error().message);
  }
}

/// A node's name is shown, and a directory with --keep-result.
bool is_node_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         printable(name) == name;
}

void parse_into(JsonReader& reader, const json& document, Manifest& into) {
  read_level(reader, document, kDeployOptions, into);
  if (reader.member("nodes") == nullptr) reader.reject("nodes", "is missing");
  for (const auto& [name, node] : into.nodes) {
    if (!is_node_name(name)) {
      reader.reject("nodes", "«" + printable(name) + "» cannot be a node's name");
    }
  }
}

template <class Into>
void read_map(JsonReader& reader, const char* key, std::map<std::string, Into>& into) {
  const auto* documents = reader.member(key);
  if (documents == nullptr) return;
  if (!documents->is_object()) return reader.reject(key, "expected an object");
  for (const auto& [name, document] : documents->items()) {
    JsonReader one(document, reader.path(key) + "." + attribute_text(printable(name)));
    parse_into(one, document, into[name]);
    if (auto finished = one.finish(); !finished) reader.reject(finished.error());
  }
}

template <class Options>
void add_names(std::vector<std::string>& names, const Options& options) {
  for (const auto& option : options) names.emplace_back(option.name);
}

}  // namespace

Result<Manifest> parse_manifest(const json& document) {
  JsonReader reader(document, "");
  Manifest manifest;
  parse_into(reader, document, manifest);
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return manifest;
}

std::vector<std::string> known_options(Level level) {
  std::vector<std::string> names;
  if (level == Level::gate) add_names(names, kGateOptions);
  if (level == Level::check) add_names(names, kCheckOptions);
  if (level != Level::gate && level != Level::check) add_names(names, kSettings);
  if (level == Level::profile) add_names(names, kProfileOptions);
  if (level == Level::node) add_names(names, kNodeOptions);
  if (level == Level::deploy) add_names(names, kDeployOptions);
  return names;
}

}  // namespace switchback
