// SPDX-License-Identifier: MIT
#include "tests/killpoints/far_ports.hpp"

#include "tests/killpoints/messages.hpp"
#include "tests/killpoints/points.hpp"

#include <unistd.h>

#include <utility>

namespace switchback::test {
namespace {

using nlohmann::json;

json names(const auto& units) {
  json list = json::array();
  for (const auto& unit : units) list.push_back(unit.text());
  return list;
}

Error away() { return {Errc::unavailable, "the bus is away"}; }

}  // namespace

json FarHost::ask(json message) {
  message["now"] = loop_.boottime_ms();
  std::optional<json> answer;
  if (send_message(socket_, message)) answer = receive_message(socket_);
  if (!answer) ::_exit(EXIT_FAILURE);
  return std::move(*answer);
}

void FarHost::await(std::function<void(const json& answer)> done) {
  auto answer = ask({{"what", "await"}});
  const auto at = answer.at("now").get<std::int64_t>();
  loop_.put(std::chrono::milliseconds{at - loop_.boottime_ms()},
            [answer = std::move(answer), done = std::move(done)] { done(answer); });
}

void FarHost::query(json message, std::function<void(const json& answer)> done) {
  ask(std::move(message));
  await(std::move(done));
}

void FarHost::request(const std::string& name, json message, std::function<void(const json* answer)> done) {
  if (reach(name, Moment::request) != 0) {
    loop_.post([done = std::move(done)] { done(nullptr); });
    return;
  }
  ask(std::move(message));
  (void)reach(name + ", submitted", Moment::after);
  await([name, done = std::move(done)](const json& answer) {
    (void)reach(name + ", answered", Moment::after);
    done(&answer);
  });
}

void FarUnits::list(Callback<Snapshot> done) {
  host_.query({{"what", "list"}},
              [done = std::move(done)](const json& answer) { done(whole_snapshot(answer.at("units"))); });
}

void FarUnits::read(std::set<UnitName> units, Callback<Snapshot> done) {
  host_.query({{"what", "read"}, {"units", names(units)}},
              [done = std::move(done)](const json& answer) { done(whole_snapshot(answer.at("units"))); });
}

void FarUnits::run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                        Callback<std::vector<JobResult>> done) {
  static const std::map<JobVerb, std::string> kWords{{JobVerb::stop, "stop"},
                                                     {JobVerb::start, "start"},
                                                     {JobVerb::restart, "restart"},
                                                     {JobVerb::reload, "reload"}};
  host_.request("bus " + kWords.at(verb) + " units",
                {{"what", "jobs"},
                 {"verb", static_cast<int>(verb)},
                 {"units", names(units)},
                 {"deadline", deadline.count()}},
                [done = std::move(done)](const json* answer) {
                  if (answer == nullptr) return done(tl::make_unexpected(away()));
                  if (answer->contains("error")) return done(fail(Errc::timeout, answer->at("error")));
                  std::vector<JobResult> results;
                  for (const auto& job : answer->at("jobs"))
                    results.push_back({*UnitName::parse(job.at(0).get<std::string>()), job.at(1), job.at(2)});
                  done(std::move(results));
                });
}

void FarUnits::change(const std::string& name, json message, Callback<void> done) {
  host_.request(name, std::move(message), [done = std::move(done)](const json* answer) {
    if (answer == nullptr) return done(tl::make_unexpected(away()));
    done({});
  });
}

void FarUnits::cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) {
  change("bus cancel jobs", {{"what", "cancel"}, {"units", names(spare)}}, std::move(done));
}

void FarUnits::reload(Callback<void> done) {
  change("bus daemon-reload", {{"what", "reload"}}, std::move(done));
}

void FarUnits::reset_failed(std::vector<UnitName> units, Callback<void> done) {
  change("bus reset-failed", {{"what", "reset"}, {"units", names(units)}}, std::move(done));
}

void FarPrograms::run(ProgramRun program, std::function<void(const LogLine&)>,
                      std::function<void(ProgramEnd)> done) {
  const auto name = program.argv.front().substr(program.argv.front().rfind('/') + 1);
  host_.request("bus run " + name + (program.argv.size() > 1 ? " " + program.argv[1] : ""),
                {{"what", "run"}, {"argv", program.argv}}, [done = std::move(done)](const json* answer) {
                  if (answer == nullptr) return done({false, 0, "it was not started: the bus is away", {}});
                  if (answer->contains("problem")) return done({false, 0, answer->at("problem"), {}});
                  done({true, answer->at("exit"), "", {}});
                });
}

void FarPrograms::abandon(const std::string&, Callback<void> done) {
  host_.request("bus stop the program", {{"what", "abandon"}}, [done = std::move(done)](const json* answer) {
    if (answer == nullptr) return done(tl::make_unexpected(away()));
    done({});
  });
}

}  // namespace switchback::test
