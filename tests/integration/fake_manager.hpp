// SPDX-License-Identifier: MIT
// A small working model of systemd's manager on a private bus: units with properties, jobs that end when the
// test says so, transient units. It speaks the real D-Bus interface; what its units do is up to the test.
#pragma once

#include "tests/integration/bus_peer.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace switchback::test {

struct FakeUnit {
  std::string name;
  std::string load = "loaded";
  std::string active = "inactive";
  std::string sub = "dead";
  std::string result = "success";
  std::int32_t exec_code = 0;
  std::int32_t exec_status = 0;
  std::vector<std::uint8_t> invocation;
  std::uint64_t active_enter = 0;
  bool transient = false;
  std::map<std::string, sdbus::Variant> properties;  // as StartTransientUnit gave them

  [[nodiscard]] std::vector<std::string> argv() const;
  void set(const std::string& active_state, const std::string& sub_state);
};

struct FakeJob {
  std::uint32_t id = 0;
  std::string verb;  // start, stop, restart, reload
  std::string unit;
  [[nodiscard]] std::string path() const { return "/org/freedesktop/systemd1/job/" + std::to_string(id); }
};

class FakeManager {
 public:
  FakeManager(EventLoop& loop, std::string address);

  /// On the bus from the beginning. After disconnect(), or the bus's end, connect() brings it back with all
  /// it knows.
  void connect();
  void disconnect() { peer_.reset(); }
  /// Another process is systemd from now on, until take_over(); both stay on the bus.
  void step_down();
  void take_over();

  /// Made when it is not there.
  FakeUnit& unit(const std::string& name);
  /// PropertiesChanged of `name`; a hint that may as well not be sent.
  void tell(const std::string& name);

  [[nodiscard]] const std::vector<FakeJob>& jobs() const { return jobs_; }
  /// The job of unit `name` ends in `result`: its unit changes as that implies, and JobRemoved is sent.
  void finish(const std::string& name, const std::string& result = "done");
  /// The same without the signal.
  void finish_silently(const std::string& name, const std::string& result = "done");
  void tell_reloading(bool begins);

  std::vector<std::string> calls;  // «StartUnit web.service», in the order of their arrival
  [[nodiscard]] int count(const std::string& call) const;

  bool jobs_end_at_once = false;
  bool answers_reload = true;
  std::map<std::string, std::pair<std::string, std::string>> refusals;  // unit: name and text of the error
  std::function<void(const std::string& call)> on_call;                 // before the call has an effect
  std::function<void(const FakeJob&)> on_job;                           // before its reply
  std::function<void(FakeUnit&)> on_transient;  // StartTransientUnit: the unit's «process» starts
  std::function<void(FakeUnit&)> on_stop;       // its «process» is to end

 private:
  using ListedUnit =
      sdbus::Struct<std::string, std::string, std::string, std::string, std::string, std::string,
                    sdbus::ObjectPath, std::uint32_t, std::string, sdbus::ObjectPath>;
  using ListedJob = sdbus::Struct<std::uint32_t, std::string, std::string, std::string, sdbus::ObjectPath,
                                  sdbus::ObjectPath>;
  using Properties = std::vector<sdbus::Struct<std::string, sdbus::Variant>>;

  void publish_manager();
  void publish_unit(FakeUnit& unit);
  void publish_transient_calls();
  void called(const std::string& call);
  sdbus::ObjectPath queue(const std::string& verb, const std::string& name);
  std::optional<FakeJob> take_job(const std::string& name);
  void apply(const FakeJob& job, const std::string& result);
  void reset_failed(const std::string& name);
  sdbus::ObjectPath start_transient(const std::string& name, const Properties& properties);
  void kill(const std::string& name);
  void forget_if_collectable(FakeUnit& unit) const;
  [[nodiscard]] std::vector<ListedUnit> listed_units() const;
  [[nodiscard]] std::vector<ListedJob> listed_jobs() const;

  EventLoop& loop_;
  std::string address_;
  std::map<std::string, std::unique_ptr<FakeUnit>> units_;
  std::vector<FakeJob> jobs_;
  std::uint32_t last_job_ = 0;
  std::unique_ptr<BusPeer> peer_;
  std::unique_ptr<sdbus::IObject> manager_;
  std::map<std::string, std::unique_ptr<sdbus::IObject>> objects_;
  std::vector<sdbus::Result<>> unanswered_;
};

}  // namespace switchback::test
