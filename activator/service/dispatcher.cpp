// SPDX-License-Identifier: MIT
#include "activator/service/dispatcher.hpp"

#include "activator/protocol/gate_advice.hpp"
#include "activator/protocol/gate_policy.hpp"
#include "activator/protocol/json_reader.hpp"
#include "activator/protocol/names.hpp"
#include "activator/service/interface_text.hpp"

#include <utility>

namespace switchback {
namespace {

using nlohmann::json;
using Out = std::shared_ptr<Replies>;

// Room for the envelope around what a reply carries.
constexpr std::size_t kReplyRoom = kMaxMessageBytes - 64 * 1024;

void refuse(const Out& replies, const Error& error) { replies->send(error_reply(error)); }

// Varlink's own errors, as https://varlink.org/Service says.
void refuse_interface(const Out& replies, const std::string& interface) {
  replies->send({{{"interface", interface.substr(0, 200)}}, false, "org.varlink.service.InterfaceNotFound"});
}

void refuse_parameter(const Out& replies, const std::string& parameter) {
  replies->send({{{"parameter", parameter.substr(0, 200)}}, false, "org.varlink.service.InvalidParameter"});
}

Status no_parameters(const Call& call) { return JsonReader(call.parameters, "").finish(); }

/// Answers through `replies` for as long as somebody is there to read it.
template <class T, class Write>
Callback<T> answer(const Out& replies, Write write) {
  return [weak = std::weak_ptr<Replies>(replies), write](Result<T> result) {
    const auto out = weak.lock();
    if (!out) return;
    if (!result) return refuse(out, result.error());
    out->send(Reply{write(*result), false, std::nullopt});
  };
}

std::string holder_of(const Peer& peer, const std::string& note) {
  return peer.name + (note.empty() ? "" : " («" + note + "»)");
}

json write_activation(const ActivationStatus& status) { return {{"activation", to_json(status)}}; }

}  // namespace

void Dispatcher::handle(const Call& call, const Peer& peer, const Out& replies) {
  const auto dot = call.method.rfind('.');
  const auto interface = call.method.substr(0, dot);
  const auto member = dot == std::string::npos ? "" : call.method.substr(dot + 1);
  if (interface == kVarlinkInterface) return handle_varlink(call, replies);
  if (interface != kInterface) return refuse_interface(replies, interface);
  if (member == "Activate") return activate(call, peer, replies);
  if (member == "Rollback") return rollback(call, peer, replies);
  if (member == "Remove") return remove(call, peer, replies);
  if (member == "Watch") return watch(call, replies);
  if (member == "Confirm") return confirm(call, peer, replies);
  if (member == "Cancel") return cancel(call, replies);
  if (member == "Status") return status(call, replies);
  if (member == "History") return history(call, replies);
  if (member == "CheckGate") return check_gate(call, replies);
  refuse(replies, {Errc::method_not_found, call.method.substr(0, 200)});
}

void Dispatcher::handle_varlink(const Call& call, const Out& replies) {
  if (call.method == std::string(kVarlinkInterface) + ".GetInfo") {
    if (!call.parameters.empty()) return refuse_parameter(replies, call.parameters.begin().key());
    return replies->send({{{"vendor", "Switchback"},
                           {"product", "Switchback activator"},
                           {"version", SWITCHBACK_VERSION},
                           {"url", ""},
                           {"interfaces", {kVarlinkInterface, kInterface}}},
                          false,
                          std::nullopt});
  }
  if (call.method == std::string(kVarlinkInterface) + ".GetInterfaceDescription") {
    for (const auto& [parameter, value] : call.parameters.items()) {
      if (parameter != "interface" || !value.is_string()) return refuse_parameter(replies, parameter);
    }
    if (!call.parameters.contains("interface")) return refuse_parameter(replies, "interface");
    const auto name = call.parameters["interface"].get<std::string>();
    const auto* text = name == kInterface          ? kActivatorInterfaceText
                       : name == kVarlinkInterface ? kServiceInterfaceText
                                                   : nullptr;
    if (text == nullptr) return refuse_interface(replies, name);
    return replies->send({{{"description", text}}, false, std::nullopt});
  }
  refuse(replies, {Errc::method_not_found, call.method.substr(0, 200)});
}

void Dispatcher::activate(const Call& call, const Peer& peer, const Out& replies) {
  auto request = parse_activate(call.parameters);
  if (!request) return refuse(replies, request.error());
  const auto id = request->id;
  auto holder = holder_of(peer, request->note);
  accepted(id, engine_.activate(std::move(*request), std::move(holder)), call.more, replies);
}

void Dispatcher::rollback(const Call& call, const Peer& peer, const Out& replies) {
  auto request = parse_rollback(call.parameters);
  if (!request) return refuse(replies, request.error());
  const auto id = request->how.id;
  auto holder = holder_of(peer, request->how.note);
  accepted(id, engine_.rollback(std::move(*request), std::move(holder)), call.more, replies);
}

void Dispatcher::remove(const Call& call, const Peer& peer, const Out& replies) {
  auto request = parse_remove(call.parameters);
  if (!request) return refuse(replies, request.error());
  const auto id = request->how.id;
  auto holder = holder_of(peer, request->how.note);
  accepted(id, engine_.remove(std::move(*request), std::move(holder)), call.more, replies);
}

void Dispatcher::accepted(const ActivationId& id, const Status& status, bool more, const Out& replies) {
  if (!status) return refuse(replies, status.error());
  if (!more) return replies->send({{{"id", id.text()}}, false, std::nullopt});
  stream({id, 0}, /*more=*/true, replies);
}

void Dispatcher::watch(const Call& call, const Out& replies) {
  const auto request = parse_watch(call.parameters);
  if (!request) return refuse(replies, request.error());
  stream(*request, call.more, replies);
}

void Dispatcher::stream(const WatchRequest& request, bool more, const Out& replies) {
  std::weak_ptr<Replies> weak = replies;
  auto token = engine_.watch(request, [weak, more](const Event& event) {
    const auto out = weak.lock();
    if (!out) return;
    const bool last = std::holds_alternative<OutcomeEvent>(event.body);
    // Without `more` there is one reply, and what it tells best is the end.
    if (more || last) out->send({{{"event", to_json(event)}}, !last, std::nullopt});
  });
  if (!token) return refuse(replies, token.error());
  replies->subscription = std::move(*token);
}

void Dispatcher::confirm(const Call& call, const Peer& peer, const Out& replies) {
  const auto request = parse_confirm(call.parameters);
  if (!request) return refuse(replies, request.error());
  engine_.confirm(*request, peer.connected_ms, answer<ActivationStatus>(replies, write_activation));
}

void Dispatcher::cancel(const Call& call, const Out& replies) {
  const auto request = parse_cancel(call.parameters);
  if (!request) return refuse(replies, request.error());
  answer<ActivationStatus>(replies, write_activation)(engine_.cancel(*request));
}

void Dispatcher::status(const Call& call, const Out& replies) {
  if (auto none = no_parameters(call); !none) return refuse(replies, none.error());
  engine_.status(answer<HostStatus>(replies, [](const HostStatus& status) { return to_json(status); }));
}

void Dispatcher::check_gate(const Call& call, const Out& replies) {
  JsonReader reader(call.parameters, "");
  const auto* document = reader.member("gate");
  if (document == nullptr) reader.reject("gate", "is missing");
  if (auto finished = reader.finish(); !finished) return refuse(replies, finished.error());
  auto gate = parse_gate_policy(*document, "gate");
  if (!gate) return refuse(replies, gate.error());
  engine_.check_gate(std::move(*gate),
                     answer<GateAdvice>(replies, [](const GateAdvice& advice) { return to_json(advice); }));
}

void Dispatcher::history(const Call& call, const Out& replies) {
  JsonReader reader(call.parameters, "");
  const auto limit = reader.integer_or("limit", 10, 1, static_cast<std::int64_t>(kHistoryLength));
  if (auto finished = reader.finish(); !finished) return refuse(replies, finished.error());
  json activations = json::array();
  std::size_t size = 0;
  for (const auto& text : engine_.history(static_cast<std::size_t>(limit))) {
    auto document = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!document.is_object()) continue;
    document.erase("record");
    document.erase("request");
    // Old activations go without their events before the reply is over the limit.
    if (size + text.size() > kReplyRoom) document["events"] = json::array();
    size += document.dump(-1, ' ', false, json::error_handler_t::replace).size();
    if (size > kReplyRoom) break;
    activations.push_back(std::move(document));
  }
  replies->send({{{"activations", std::move(activations)}}, false, std::nullopt});
}

}  // namespace switchback
