// SPDX-License-Identifier: MIT
#include "cli/manifest/nix_expression.hpp"

#include "activator/protocol/json_reader.hpp"

namespace switchback {
namespace {

using nlohmann::json;

/// Types are looked at before a set is taken apart: what is wrong with a manifest is told by its parser, with
/// the path in the document, and not by nix.
constexpr const char* kFunction = R"(
  isSet = value: builtins.isAttrs value;
  only = names: set:
    if names == null || !isSet set then set
    else builtins.intersectAttrs (builtins.listToAttrs (map (name: { inherit name; value = null; }) names)) set;
  all = deploy.nodes or null;
  nodes = if wanted == null then all else only (builtins.attrNames wanted) all;
  selected = if isSet nodes then nodes else { };
  profilesOf = node: if isSet node && isSet (node.profiles or null) then node.profiles else { };
  chosen = name: node: only (if wanted == null then null else wanted.${name}) (profilesOf node);
  contextOf = path:
    if builtins.isString path || builtins.typeOf path == "path" || (isSet path && path ? outPath)
    then builtins.getContext "${path}" else { };
  checksOf = level: if isSet level && isSet (level.gate or null) then level.gate.checks or null else null;
  # Of all that stands there: strings lose their context in JSON, and a command is to be built, too.
  checkContextOf = node: profile: builtins.getContext (builtins.toJSON (map checksOf [ deploy node profile ]));
  cut = profile: if closures || !isSet profile then profile else removeAttrs profile [ "path" ];
  reduced = name: node:
    if isSet node && isSet (node.profiles or null)
    then node // { profiles = builtins.mapAttrs (_: cut) (chosen name node); } else node;
in {
  nix = builtins.nixVersion;
  nodes = if isSet all then builtins.attrNames all else [ ];
  profiles = builtins.mapAttrs (_: node: builtins.attrNames (profilesOf node)) selected;
  contexts = if !closures then { } else builtins.mapAttrs (name: node:
    builtins.mapAttrs (_: profile: if isSet profile then contextOf (profile.path or null) else { })
      (chosen name node)) selected;
  checkContexts = if !closures then { } else builtins.mapAttrs (name: node:
    builtins.mapAttrs (_: checkContextOf node) (chosen name node)) selected;
  deploy = if all == null then deploy
    else deploy // { nodes = if isSet nodes then builtins.mapAttrs reduced nodes else nodes; };
})";

std::string wanted_text(const Selection& selection) {
  if (selection.all) return "null";
  std::string out = "{ ";
  for (const auto& wanted : selection.nodes) {
    out += nix_string(wanted.node) + " = ";
    if (wanted.profiles.empty()) {
      out += "null; ";
      continue;
    }
    out += "[ ";
    for (const auto& profile : wanted.profiles) out += nix_string(profile) + " ";
    out += "]; ";
  }
  return out + "}";
}

/// The derivations in the context of a string, as builtins.getContext has it.
std::vector<Derivation> derivations_in(const json& context) {
  std::vector<Derivation> found;
  if (!context.is_object()) return found;
  for (const auto& [path, what] : context.items()) {
    if (!path.ends_with(".drv") || !what.is_object() || !what.contains("outputs")) continue;
    for (const auto& output : what["outputs"]) {
      if (output.is_string()) found.push_back({path, output.get<std::string>()});
    }
  }
  return found;
}

using Derivations = std::map<std::string, std::map<std::string, std::vector<Derivation>>>;

/// By node and profile.
Derivations read_derivations(JsonReader& reader, const char* key) {
  Derivations found;
  const auto* contexts = reader.member(key);
  if (contexts == nullptr || !contexts->is_object()) return found;
  for (const auto& [node, profiles] : contexts->items()) {
    for (const auto& [profile, context] : profiles.items()) found[node][profile] = derivations_in(context);
  }
  return found;
}

std::map<std::string, std::vector<std::string>> read_profiles(JsonReader& reader) {
  std::map<std::string, std::vector<std::string>> profiles;
  const auto* document = reader.member("profiles");
  if (document == nullptr) return profiles;
  JsonReader nodes(*document, "profiles");
  if (!document->is_object()) return profiles;
  for (const auto& [name, names] : document->items()) profiles[name] = nodes.strings_or_empty(name.c_str());
  if (auto good = nodes.finish(); !good) reader.reject(good.error());
  return profiles;
}

std::string nix_path(const std::string& absolute) { return "(/. + " + nix_string(absolute) + ")"; }

/// What the code in `ways` makes of `files`, which are Nix expressions already.
std::string way(const std::vector<std::string>& files, const std::string& ways) {
  std::string list;
  for (const auto& file : files) list += file + " ";
  return "import " + nix_path(ways) + " { files = [ " + list + "]; }";
}

void read_left(const json& list, std::vector<LeftOut>& into) {
  if (!list.is_array()) return;
  for (const auto& entry : list) {
    if (entry.is_object()) into.push_back({entry.value("what", ""), entry.value("instead", "")});
  }
}

/// Of the network as a whole, and of those machines that were selected.
std::vector<LeftOut> read_left(JsonReader& reader, const json& deploy) {
  std::vector<LeftOut> left;
  const auto* document = reader.member("left");
  if (document == nullptr || !document->is_object()) return left;
  read_left(document->value("network", json()), left);
  const auto nodes = document->value("nodes", json::object());
  for (const auto& [name, list] : nodes.items()) {
    if (deploy.value("nodes", json::object()).contains(name)) read_left(list, left);
  }
  return left;
}

}  // namespace

std::string nix_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '$') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string selecting_function(const Selection& selection, Want want) {
  return "deploy: let\n  wanted = " + wanted_text(selection) +
         ";\n  closures = " + (want == Want::closures ? "true" : "false") + ";" + kFunction;
}

std::string file_expression(const std::string& absolute_file, const std::string& function,
                            const std::string& ways) {
  const auto file = nix_path(absolute_file);
  if (ways.empty()) {
    return "(" + function + ")\n(let it = import " + file +
           ";\n in (if builtins.isFunction it then it { } else it).deploy)";
  }
  // A function that needs something is none of deploy-rs's; its own tool's rules tell what is wrong with it.
  return "let\n  select = " + function + ";\n  it = import " + file + ";\n  way = " + way({file}, ways) +
         R"(;
  ready = builtins.isFunction it && builtins.all (has: has) (builtins.attrValues (builtins.functionArgs it));
  set = if ready then it { } else it;
in
if builtins.isAttrs set && set ? deploy then select set.deploy
else if way ? problem then { inherit (way) problem; }
else select way.deploy // { inherit (way) kind left; })";
}

std::string network_expression(const std::vector<std::string>& absolute_files, const std::string& function,
                               const std::string& ways) {
  std::vector<std::string> files;
  for (const auto& file : absolute_files) files.push_back(nix_path(file));
  return "let way = " + way(files, ways) + ";\nin if way ? problem then { inherit (way) problem; }\nelse (" +
         function + ") way.deploy // { inherit (way) kind left; }";
}

std::string of_systems(const std::string& function) {
  return "systems: (" + function + R"() {
  user = "root";
  nodes = builtins.mapAttrs (name: host: {
    hostname = name;
    profiles.system.path = host.config.system.build.toplevel;
  }) systems;
})";
}

Result<Evaluated> parse_evaluated(const std::string& output) {
  const auto document = json::parse(output, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return fail(Errc::invalid_request, "nix printed something that is not JSON");
  JsonReader reader(document, "");
  if (reader.member("problem") != nullptr) return fail(Errc::invalid_request, reader.string("problem"));
  Evaluated evaluated{.deploy = reader.member("deploy") != nullptr ? *reader.member("deploy") : json()};
  evaluated.nix_version = reader.string("nix");
  evaluated.nodes = reader.strings_or_empty("nodes");
  evaluated.profiles = read_profiles(reader);
  evaluated.derivations = read_derivations(reader, "contexts");
  evaluated.check_derivations = read_derivations(reader, "checkContexts");
  evaluated.kind = reader.string_or("kind", "");
  evaluated.left = read_left(reader, evaluated.deploy);
  if (auto good = reader.finish(); !good) return tl::make_unexpected(good.error());
  return evaluated;
}

}  // namespace switchback
