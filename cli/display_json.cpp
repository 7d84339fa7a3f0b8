// SPDX-License-Identifier: MIT
#include "cli/display.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <ostream>

namespace switchback {
namespace {

using nlohmann::json;

/// One document a line: the host's events with `node` added, and the pusher's own.
class JsonDisplay final : public Display {
 public:
  JsonDisplay(DisplaySettings settings, std::ostream& out) : settings_(std::move(settings)), out_(out) {}

  void event(const Event& /*event*/, const json& raw) override { write(raw); }

  void step(const Step& step) override {
    auto document = own("step");
    document["step"] = step.name;
    document["state"] = step.state == StepState::begun  ? "begun"
                        : step.state == StepState::done ? "done"
                                                        : "failed";
    if (!step.detail.empty()) document["detail"] = step.detail;
    write(std::move(document));
  }

  void difference(const ClosureDifference& difference) override {
    auto document = own("closure");
    document.update(to_json(difference));
    write(std::move(document));
  }

  void note(const std::string& text) override {
    auto document = own("note");
    document["message"] = text;
    write(std::move(document));
  }

  void failure(const Error& error, ExitStatus status) override {
    auto document = own("error");
    document["error"] = wire_name(error.code);
    document["message"] = error.message;
    document["exit"] = static_cast<int>(status);
    write(std::move(document));
  }

  void finished(const std::string& text) override {
    auto document = own("done");
    document["message"] = text;
    document["exit"] = static_cast<int>(ExitStatus::done);
    write(std::move(document));
  }

 private:
  static json own(const char* type) {
    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch());
    return {{"v", 1}, {"type", type}, {"time", static_cast<double>(now.count()) / 1000.0}};
  }

  void write(json document) {
    if (!settings_.node.empty()) document["node"] = settings_.node;
    out_ << document.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
  }

  DisplaySettings settings_;
  std::ostream& out_;
};

}  // namespace

std::unique_ptr<Display> json_display(DisplaySettings settings, std::ostream& out) {
  return std::make_unique<JsonDisplay>(std::move(settings), out);
}

}  // namespace switchback
