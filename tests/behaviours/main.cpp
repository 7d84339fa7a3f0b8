// SPDX-License-Identifier: MIT
// Plays the corpus on booted hosts, several side by side: most of the time is the soak, which is the real
// one.
#include "tests/behaviours/table.hpp"
#include "tests/support/steady_text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>

using namespace switchback::test;

namespace {

struct Wanted {
  std::vector<std::string> suites{"bookworm"};
  std::vector<std::string> names;  // parts of names; none: all
  std::size_t hosts = 5;
  bool chosen = false;
  bool show = false;
  std::string table;  // a file
};

struct Job {
  const Behaviour* behaviour = nullptr;
  std::string suite;
};

Suite suite_named(const std::string& name) {
  if (name == "bookworm") return Suite::bookworm;
  if (name == "trixie") return Suite::trixie;
  if (name == "sid") return Suite::sid;
  throw std::runtime_error("not a suite: " + name);
}

int systemd_of(const std::string& suite) { return suite == "bookworm" ? 252 : suite == "trixie" ? 257 : 260; }

bool is_wanted(const Behaviour& behaviour, const Wanted& wanted) {
  if (wanted.chosen && !behaviour.chosen) return false;
  return wanted.names.empty() ||
         std::any_of(wanted.names.begin(), wanted.names.end(),
                     [&](const std::string& name) { return behaviour.name.find(name) != std::string::npos; });
}

/// The longest first, a suite after another.
std::vector<Job> jobs_of(const std::vector<Behaviour>& corpus, const Wanted& wanted) {
  std::vector<Job> jobs;
  for (const auto& suite : wanted.suites) {
    const auto begin = jobs.size();
    for (const auto& behaviour : corpus) {
      if (is_wanted(behaviour, wanted) && behaviour.systemd <= systemd_of(suite))
        jobs.push_back({&behaviour, suite});
    }
    std::stable_sort(
        jobs.begin() + static_cast<std::ptrdiff_t>(begin), jobs.end(),
        [](const Job& one, const Job& other) { return one.behaviour->takes > other.behaviour->takes; });
  }
  return jobs;
}

/// Holds the terminal's text to the letter, on the suite that the files are of.
void check_terminal(const Behaviour& behaviour, Seen& seen) {
  const auto path = std::string(SWITCHBACK_TEST_DATA) + "/behaviours/" + behaviour.name + ".txt";
  const auto text = steady_text(seen.terminal);
  if (std::getenv("SWITCHBACK_ACCEPT") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  const std::string kept((std::istreambuf_iterator<char>(file)), {});
  if (kept != text) seen.problem += "the terminal shows something else than " + path + ":\n" + text;
}

class Campaign {
 public:
  Campaign(std::vector<Job> jobs, const Wanted& wanted)
      : jobs_(std::move(jobs)), show_(wanted.show), table_(wanted.suites) {}

  bool run(std::size_t hosts, const std::string& table) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min(hosts, jobs_.size()); ++i) threads.emplace_back([this] { work(); });
    for (auto& thread : threads) thread.join();
    table_.show(std::cout);
    // Last: of a long log its end is what is kept.
    table_.show_surprises(std::cout);
    if (std::ofstream file; !table.empty()) {
      file.open(table);
      table_.show(file);
    }
    return table_.good();
  }

 private:
  void work() {
    std::unique_ptr<TestHost> host;
    std::string suite;
    for (std::size_t next = next_++; next < jobs_.size(); next = next_++) {
      const auto& job = jobs_[next];
      Seen seen;
      try {
        if (!host || suite != job.suite) {
          host.reset();
          suite = job.suite;
          HostOptions options;
          options.name = "web1";
          options.suite = suite_named(suite);
          host.reset(new TestHost(TestHost::boot(options)));
        }
        seen = play(*host, *job.behaviour);
        if (job.behaviour->golden && suite == "bookworm") check_terminal(*job.behaviour, seen);
        if (!tidied(*host, *job.behaviour)) host.reset();
      } catch (const std::exception& error) {
        seen.problem = error.what();
        host.reset();
      }
      tell(job, seen);
    }
  }

  void tell(const Job& job, const Seen& seen) {
    const std::lock_guard lock(mutex_);
    table_.add(*job.behaviour, job.suite, seen);
    const bool right = judge(*job.behaviour, seen) == Judgement::right;
    std::cout << (right ? "" : "NOT AS EXPECTED: ") << job.behaviour->name << " on " << job.suite << ": "
              << seen.outcome << (seen.cause.empty() ? "" : ": " + seen.cause) << " ("
              << static_cast<int>(seen.seconds) << " s)" << std::endl;
    if (show_) std::cout << seen.terminal << std::endl;
  }

  std::vector<Job> jobs_;
  bool show_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  Table table_;
};

}  // namespace

int main(int argc, char** argv) {
  Wanted wanted;
  CLI::App app("Deploys the behaviours of the corpus to booted hosts, and tells what came of each.");
  app.add_option("names", wanted.names, "only those whose name contains one of these");
  app.add_option("--suite", wanted.suites, "bookworm, trixie, sid (bookworm)")->delimiter(',');
  app.add_option("--hosts", wanted.hosts, "how many hosts side by side (5)");
  app.add_option("--table", wanted.table, "a file for the table, too");
  app.add_flag("--chosen", wanted.chosen, "only those that are chosen for every run on Debian 13");
  app.add_flag("--show", wanted.show, "show each terminal's text");
  CLI11_PARSE(app, argc, argv);
  try {
    const auto corpus = read_corpus(SWITCHBACK_CORPUS);
    // Made once, before several want it.
    for (const auto& suite : wanted.suites) layers_of(suite_named(suite), Root::product);
    return Campaign(jobs_of(corpus, wanted), wanted).run(wanted.hosts, wanted.table) ? EXIT_SUCCESS
                                                                                     : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::cerr << "behaviours: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
