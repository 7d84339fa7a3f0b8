// SPDX-License-Identifier: MIT
#include "activator/adapters/transient_runner.hpp"

#include "activator/adapters/systemd_names.hpp"
#include "activator/protocol/activation_id.hpp"

#include <utility>
#include <vector>

namespace switchback {
namespace {

Status check(const TransientCommand& command) {
  if (command.argv.empty() || !command.argv.front().starts_with('/'))
    return fail(Errc::internal, "a program is run by its whole path");
  const auto unit = UnitName::parse(command.unit);
  if (!unit || unit->type() != UnitType::service || unit->is_template())
    return fail(Errc::internal, "«" + command.unit + "» is no name of a service");
  return {};
}

}  // namespace

TransientRunner::TransientRunner(Bus& bus, EventLoop& loop) : bus_(bus), loop_(loop) {
  const auto while_alive = [this](auto method) {
    return [this, alive = std::weak_ptr<int>(alive_), method] {
      if (!alive.expired()) (this->*method)();
    };
  };
  bus_.listen({while_alive(&TransientRunner::connected), while_alive(&TransientRunner::lost)});
}

void TransientRunner::connected() {
  // Without a subscriber systemd sends no signals; the only error says that there is one already.
  bus_.call<>(manager_call("Subscribe", false), [](const auto&) {});
  for (const auto& [unit, run] : std::map(runs_)) run->connected();
}

void TransientRunner::lost() {
  for (const auto& [unit, run] : runs_) run->lost();
}

std::string TransientRunner::run(TransientCommand command, TransientRun::Line line,
                                 const TransientRun::Done& done) {
  if (command.unit.empty()) {
    const std::string id = command.activation.empty() ? ActivationId::random().text() : command.activation;
    command.unit = "switchback-run-" + id + ".service";
  }
  auto unit = command.unit;
  auto valid = check(command);
  if (valid && runs_.contains(unit)) valid = fail(Errc::busy, unit + " runs already");
  if (!valid) {
    loop_.post([alive = std::weak_ptr<int>(alive_), done, problem = valid.error().message] {
      if (!alive.expired()) done({TransientEnd::not_started, 0, problem, ""});
    });
    return unit;
  }
  const auto run = std::make_shared<TransientRun>(
      bus_, loop_, std::move(command), std::move(line), [this, unit, done](TransientResult result) {
        runs_.erase(unit);  // the run keeps itself while it answers
        for (auto [waiting, end] = abandoned_.equal_range(unit); waiting != end; ++waiting)
          end_unit(unit, std::move(waiting->second));
        abandoned_.erase(unit);
        done(std::move(result));
      });
  runs_.emplace(unit, run);
  run->begin();
  return unit;
}

void TransientRunner::cancel(const std::string& unit) {
  if (const auto run = runs_.find(unit); run != runs_.end()) run->second->cancel();
}

void TransientRunner::abandon(const std::string& unit, Callback<void> done) {
  const auto run = runs_.find(unit);
  if (run == runs_.end()) return end_unit(unit, std::move(done));
  abandoned_.emplace(unit, std::move(done));
  run->second->cancel();
}

void TransientRunner::end_unit(const std::string& unit, Callback<void> done) {
  std::erase_if(stops_, [](const auto& stop) { return stop->answered(); });
  stops_.push_back(std::make_shared<UnitStop>(bus_, loop_, unit, std::move(done)));
  stops_.back()->begin();
}

}  // namespace switchback
