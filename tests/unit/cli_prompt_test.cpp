// SPDX-License-Identifier: MIT
// Whenever ssh or nix may write on the terminal, the display keeps out of the way.
#include "tests/support/catch.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

using namespace switchback;
using namespace switchback::test;

namespace {

/// Notes what is shown, a word each.
class Notes final : public Display {
 public:
  void step(const Step& step) override {
    const auto* state = step.state == StepState::begun ? "+" : step.state == StepState::done ? "-" : "!";
    add(step.name + state);
  }
  void event(const Event& /*event*/, const nlohmann::json& /*raw*/) override { add("event"); }
  void difference(const ClosureDifference& /*difference*/) override {}
  void note(const std::string& /*text*/) override { add("note"); }
  void failure(const Error& /*error*/, ExitStatus /*status*/) override { add("failure"); }
  void finished(const std::string& /*text*/) override { add("finished"); }
  void make_room() override { add("room"); }

  std::string text;

 private:
  void add(const std::string& word) { text += (text.empty() ? "" : " ") + word; }
};

struct Prompting {
  FakeRemote remote;
  FakeInterrupt interrupt;
  Notes notes;
  Waker confirmed;

  std::string run(bool may_prompt) {
    remote.on(Way::shared, [](FakePeer& peer) { peer.answer_status(); });
    remote.on(Way::shared, [this](FakePeer& peer) {
      const auto id = peer.accept();
      peer.tell(id, 1, PhaseEvent{Phase::awaiting_confirmation, 30});
      confirmed.sleep_until(Clock::now() + std::chrono::seconds(20));
    });
    remote.on(Way::fresh, [this](FakePeer& peer) {
      const auto id = *ActivationId::parse(peer.take().parameters.value("id", ""));
      peer.reply({{"activation", to_json(ActivationStatus{id, Phase::finished, {}, "root", committed()})}});
      peer.await_end();
      confirmed.wake();  // and contact is lost
    });
    remote.on(Way::shared, [](FakePeer& peer) {
      const auto watch = parse_watch(peer.take().parameters);
      if (watch) peer.tell(watch->id, 2, committed());
    });
    const auto ended = attempt(activation(request(ConfirmMode::automatic)),
                               {.remote = remote,
                                .display = notes,
                                .interrupt = interrupt,
                                .copy = [] { return [] { return Status{}; }; },
                                .copied = "web-2",
                                .follow = {.may_prompt = may_prompt,
                                           .where = "--host web1",
                                           .host = "web1",
                                           .first_retry = std::chrono::milliseconds(1)}});
    CHECK(ended.status == ExitStatus::done);
    return notes.text;
  }
};

/// The answer to the confirm and the loss of contact come over two connections, in either order.
std::string without_answer(std::string text) {
  const std::string answer = "confirm- ";
  const auto at = text.find(answer);
  REQUIRE(at != std::string::npos);
  CHECK(at > text.find("confirm+"));
  return text.erase(at, answer.size());
}

}  // namespace

TEST_CASE("with a terminal there is room for a prompt at every login", "[cli]") {
  Prompting prompting;
  CHECK(without_answer(prompting.run(/*may_prompt=*/true)) ==
        "connect+ room connect- copy+ room copy- event confirm+ room note room event");
}

TEST_CASE("without one there is room for nix alone", "[cli]") {
  Prompting prompting;
  CHECK(without_answer(prompting.run(/*may_prompt=*/false)) ==
        "connect+ connect- copy+ room copy- event confirm+ note event");
}
