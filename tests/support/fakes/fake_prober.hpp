// SPDX-License-Identifier: MIT
// Checks that answer as the test says: each by its name, one try after the other.
#pragma once

#include "activator/ports/prober.hpp"
#include "tests/support/fakes/fake_loop.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace switchback::test {

inline CheckTry passes(const std::string& reason = "all is well") {
  return {CheckAnswer::passed, reason, ""};
}
inline CheckTry misses(const std::string& reason = "answered 502, not 200", const std::string& output = "") {
  return {CheckAnswer::missed, reason, output};
}

class FakeProber : public Prober {
 public:
  explicit FakeProber(FakeLoop& loop) : loop_(loop) {}

  Status can_ask(const CheckPolicy& policy) override {
    const auto* exec = std::get_if<ExecCheck>(&policy.question);
    if (exec != nullptr && missing_programs.contains(exec->command.front()))
      return fail(Errc::refused, exec->command.front() + ": No such file or directory");
    return {};
  }
  std::unique_ptr<Asking> ask(CheckQuery query, std::function<void(CheckTry)> done) override {
    asked.push_back(query.name);
    auto token = std::make_unique<Token>(under_way);
    const auto answer = answers.find(query.name);
    const auto after = hangs.contains(query.name) ? query.policy.timeout : takes;
    const auto reply = hangs.contains(query.name) ? misses("did not answer in time")
                       : answer == answers.end()  ? passes()
                                                  : answer->second();
    loop_.put(after, [alive = std::weak_ptr(token->alive), done = std::move(done), reply] {
      if (!alive.expired()) done(reply);
    });
    return token;
  }
  void abandon() override { ++abandoned; }

  std::map<std::string, std::function<CheckTry()>> answers;  // by name; all others pass
  std::set<std::string> hangs;                               // until their timeout
  std::set<std::string> missing_programs;
  std::chrono::milliseconds takes{10};
  std::vector<std::string> asked;
  int under_way = 0;
  int abandoned = 0;

 private:
  struct Token : Asking {
    explicit Token(int& count) : under_way(count) { ++under_way; }
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;
    ~Token() override { --under_way; }
    int& under_way;
    std::shared_ptr<int> alive = std::make_shared<int>(0);
  };
  FakeLoop& loop_;
};

}  // namespace switchback::test
