// SPDX-License-Identifier: MIT
// The ports behind which there is something that outlives the activator: systemd, and the programs that it
// runs. Each request goes to the host's process (host.hpp), with a kill point before it is sent, after that,
// and when its answer is there.
#pragma once

#include "activator/ports/programs.hpp"
#include "activator/ports/unit_manager.hpp"
#include "tests/support/fakes/fake_loop.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>

namespace switchback::test {

/// The activator's end of the socket.
class FarHost {
 public:
  FarHost(FakeLoop& loop, int socket) : loop_(loop), socket_(socket) {}

  /// Tells, and waits until the host has heard it. Ends the process when the host is gone.
  nlohmann::json ask(nlohmann::json message);
  /// Has the host do something that takes time; `done` is called when it has, or at once with nullptr when
  /// the request could not be sent.
  void request(const std::string& name, nlohmann::json message,
               std::function<void(const nlohmann::json* answer)> done);
  /// The same of a question, which changes nothing: no kill points.
  void query(nlohmann::json message, std::function<void(const nlohmann::json& answer)> done);
  void later(std::function<void()> body) { loop_.post(std::move(body)); }

 private:
  void await(std::function<void(const nlohmann::json& answer)> done);

  FakeLoop& loop_;
  int socket_;
};

class FarUnits : public UnitManager {
 public:
  explicit FarUnits(FarHost& host) : host_(host) {}
  void list(Callback<Snapshot> done) override;
  void read(std::set<UnitName> units, Callback<Snapshot> done) override;
  void run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                Callback<std::vector<JobResult>> done) override;
  void cancel_jobs() override {}
  void cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) override;
  void reload(Callback<void> done) override;
  void reset_failed(std::vector<UnitName> units, Callback<void> done) override;
  void secure(std::function<void(Reach)> done) override {
    host_.later([done = std::move(done)] { done(Reach::over_bus); });
  }
  void relax() override {}
  void watch(std::function<void(const UnitName* unit)>) override {
  }  // signals are hints: here they are all lost

 private:
  void change(const std::string& name, nlohmann::json message, Callback<void> done);
  FarHost& host_;
};

class FarPrograms : public Programs {
 public:
  explicit FarPrograms(FarHost& host) : host_(host) {}
  void run(ProgramRun program, std::function<void(const LogLine&)> line,
           std::function<void(ProgramEnd)> done) override;
  void cancel() override {}
  void abandon(const std::string& activation, Callback<void> done) override;

 private:
  FarHost& host_;
};

}  // namespace switchback::test
