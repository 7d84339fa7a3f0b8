// SPDX-License-Identifier: MIT
#include "cli/options_checks.hpp"

#include "cli/ssh.hpp"
#include "cli/text.hpp"

#include <array>
#include <optional>

namespace switchback {
namespace {

using nlohmann::json;

struct Form {
  std::string_view begins;
  bool kept;  // the beginning is part of what is asked
  json (*fields)(const std::string& rest);
};

const std::array<Form, 7> kForms{{
    {"http://", true,
     [](const std::string& url) {
       return json{{"type", "http"}, {"url", url}};
     }},
    {"https://", true,
     [](const std::string& url) {
       return json{{"type", "https"}, {"url", url}};
     }},
    {"tcp:", false,
     [](const std::string& at) {
       return json{{"type", "tcp"}, {"address", at}};
     }},
    {"unit:", false,
     [](const std::string& unit) {
       return json{{"type", "unit"}, {"unit", unit}};
     }},
    {"dbus:", false,
     [](const std::string& name) {
       return json{{"type", "dbus-name"}, {"name", name}};
     }},
    {"exec:", false,
     [](const std::string& words) {
       return json{{"type", "exec"}, {"command", split_words(words)}};
     }},
    {"pusher:", false,
     [](const std::string& words) {
       return json{{"type", "exec"}, {"side", "pusher"}, {"command", split_words(words)}};
     }},
}};

std::optional<json> short_form(std::string_view what) {
  for (const auto& form : kForms) {
    if (what.starts_with(form.begins))
      return form.fields(std::string(form.kept ? what : what.substr(form.begins.size())));
  }
  return std::nullopt;
}

tl::unexpected<Error> wrong(std::string_view text, const std::string& why) {
  return fail(Errc::invalid_request, "--check: «" + printable(text) + "» " + why);
}

}  // namespace

Result<CheckSays> parse_check_words(std::string_view text) {
  if (auto fields = short_form(text)) return CheckSays{{std::string(text), std::move(*fields)}};
  const auto equals = text.find('=');
  if (text.starts_with('{') || equals == 0) return wrong(text, "has no name; write NAME={…}");
  const auto what = equals == std::string_view::npos ? text : text.substr(equals + 1);
  const std::string name(text.substr(0, std::min(equals, text.size())));
  if (auto fields = short_form(what)) return CheckSays{{name, std::move(*fields)}};
  const auto document = json::parse(what, nullptr, /*allow_exceptions=*/false);
  const bool good = equals != std::string_view::npos && (document.is_object() || document.is_null());
  if (good) return CheckSays{{name, document}};
  return wrong(text,
               "is no [NAME=]WHAT with WHAT one of http://…, https://…, tcp:HOST:PORT, unit:UNIT, dbus:NAME, "
               "exec:WORDS, pusher:WORDS, a JSON object, null");
}

}  // namespace switchback
