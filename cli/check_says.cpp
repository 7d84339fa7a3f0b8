// SPDX-License-Identifier: MIT
#include "cli/check_says.hpp"

namespace switchback {
namespace {

using nlohmann::json;

bool changes_type(const json& far, const json& near) {
  return is_whole(near) && is_whole(far) && near["type"] != far["type"];
}

}  // namespace

bool is_whole(const json& fields) { return fields.is_object() && !fields.value("type", json()).is_null(); }

void lay_over(CheckSays& far, const CheckSays& near) {
  for (const auto& [name, fields] : near) {
    if (!fields.is_object()) {
      far.erase(name);
      continue;
    }
    auto& check = far.try_emplace(name, json::object()).first->second;
    if (!check.is_object() || changes_type(check, fields)) check = json::object();
    for (const auto& [key, value] : fields.items()) {
      if (!value.is_null()) check[key] = value;
    }
  }
}

Result<Checks> checks_of(const CheckSays& says, const std::string& where) {
  auto document = json::object();
  for (const auto& [name, fields] : says) document[name] = fields;
  return parse_checks(document, where);
}

}  // namespace switchback
