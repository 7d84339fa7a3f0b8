// SPDX-License-Identifier: MIT
#include "activator/protocol/message.hpp"

#include "activator/protocol/json_reader.hpp"
#include "activator/protocol/names.hpp"

namespace switchback {
namespace {

using nlohmann::json;

std::string frame(const json& document) {
  // Journal lines and unit names reach us as bytes: what is no UTF-8 is replaced, never thrown at.
  auto text = document.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
  text.push_back('\0');
  return text;
}

Result<json> parse_frame(std::string_view text) {
  auto document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return fail(Errc::invalid_request, "the message is not JSON");
  if (!document.is_object()) return fail(Errc::invalid_request, "the message is not a JSON object");
  return document;
}

json object_member(JsonReader& reader, const char* key) {
  const auto* value = reader.member(key);
  if (value == nullptr) return json::object();
  if (!value->is_object()) reader.reject(key, "expected an object");
  return *value;
}

}  // namespace

std::string encode(const Call& call) {
  json document{{"method", call.method}, {"parameters", call.parameters}};
  if (call.more) document["more"] = true;
  if (call.oneway) document["oneway"] = true;
  return frame(document);
}

std::string encode(const Reply& reply) {
  json document{{"parameters", reply.parameters}};
  if (reply.continues) document["continues"] = true;
  if (reply.error) document["error"] = *reply.error;
  return frame(document);
}

Reply error_reply(const Error& error) {
  json parameters{{"message", error.message}};
  if (error.code == Errc::method_not_found) parameters = {{"method", error.message}};
  if (error.code == Errc::unsupported_version) parameters["supported"] = kApiVersion;
  return {std::move(parameters), false, std::string(wire_name(error.code))};
}

Result<Call> parse_call(std::string_view text) {
  const auto document = parse_frame(text);
  if (!document) return tl::make_unexpected(document.error());
  JsonReader reader(*document, "");
  Call call{reader.string("method"), object_member(reader, "parameters"), reader.boolean_or("more", false),
            reader.boolean_or("oneway", false)};
  if (reader.boolean_or("upgrade", false)) reader.reject("upgrade", "this service upgrades no connection");
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return call;
}

Result<Reply> parse_reply(std::string_view text) {
  const auto document = parse_frame(text);
  if (!document) return tl::make_unexpected(document.error());
  JsonReader reader(*document, "");
  Reply reply{object_member(reader, "parameters"), reader.boolean_or("continues", false), std::nullopt};
  if (reader.member("error") != nullptr) reply.error = reader.string("error");
  if (auto finished = reader.finish(/*strict=*/false); !finished)
    return tl::make_unexpected(finished.error());
  return reply;
}

Error error_of(const Reply& reply) {
  const auto name = reply.error.value_or("");
  const auto code = errc_from_wire(name).value_or(Errc::internal);
  for (const char* key : {"message", "method", "interface", "parameter"}) {
    const auto found = reply.parameters.find(key);
    if (found == reply.parameters.end() || !found->is_string()) continue;
    const auto said = found->get<std::string>();
    if (code == Errc::method_not_found) return {code, "the host has no method " + said};
    return {code, said};
  }
  return {code, "the host answered " + name};
}

Status FrameReader::feed(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() > limit_ && buffer_.find('\0') > limit_) {
    return fail(Errc::invalid_request, "a message is longer than " + std::to_string(limit_) + " bytes");
  }
  return {};
}

std::optional<std::string> FrameReader::next() {
  const auto end = buffer_.find('\0', scanned_);
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    return std::nullopt;
  }
  auto text = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  scanned_ = 0;
  return text;
}

}  // namespace switchback
