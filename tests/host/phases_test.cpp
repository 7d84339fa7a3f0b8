// SPDX-License-Identifier: MIT
// What somebody else does to a host in each phase of an activation, and that nothing comes of it.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Run on the host, since the shortest phases are over in no time.
constexpr const char* kWatcher = R"sh(
begun='"phase":"([a-z ]+)"'
until [[ -e /run/calm ]]; do
  sleep 0.002
  mapfile -d '' record </var/lib/switchback/running.json || continue
  [[ ${record[0]-} =~ $begun && ${BASH_REMATCH[1]} != "${phase-}" ]] || continue
  phase=${BASH_REMATCH[1]}
  [[ $phase != finished ]] || continue
  echo "$phase" >>/run/phases
  eval "$1" &
done 2>/dev/null
wait
)sh";

/// Does something as soon as an activation has come to each of its phases, while it lives.
class InEachPhase {
 public:
  InEachPhase(TestHost& host, const std::string& command) : host_(host) {
    host_.write_file("/run/watcher", kWatcher);
    host_.output_of(
        "rm -f /run/calm /run/phases; systemd-run --quiet --collect --unit=watcher "
        "bash /run/watcher '" +
        command + "'");
  }
  ~InEachPhase() {
    try {
      host_.output_of("touch /run/calm");
      host_.wait_for("systemctl is-active watcher.service | grep -qx inactive");
    } catch (const std::exception& error) {
      FAIL_CHECK("the watcher did not end: " << error.what());
    }
  }
  InEachPhase(const InEachPhase&) = delete;
  InEachPhase& operator=(const InEachPhase&) = delete;

  /// In which it was done until now.
  [[nodiscard]] std::string phases() const { return host_.output_of("paste -sd , /run/phases"); }

 private:
  TestHost& host_;
};

}  // namespace

TEST_CASE("somebody's daemon-reload in each phase hides neither health nor failure", "[faults]") {
  Settled settled;
  auto& host = settled.host;
  const auto good = web_running(host, "sleep 1; systemd-notify --ready; exec sleep infinity",
                                "Type=notify\nNotifyAccess=all");
  {
    const InEachPhase reloads(host, "systemctl daemon-reload");
    CHECK(deploy(host, good).status == 0);
    CHECK(reloads.phases() == "preparing,switching,observing,awaiting confirmation,committing");
  }
  check_runs(host, good);
  {
    const InEachPhase reloads(host, "systemctl daemon-reload");
    const auto result = deploy(host, web_running(host, "sleep 2; exit 1"), {"--soak", "6"});
    CHECK(result.status == 3);
    CHECK_THAT(result.out + result.err, ContainsSubstring("web.service exited with status 1"));
    CHECK(reloads.phases() == "preparing,switching,observing,reverting");
  }
  check_runs(host, good);
}
