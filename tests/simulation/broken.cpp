// SPDX-License-Identifier: MIT
#include "tests/simulation/broken.hpp"

#include "tests/simulation/broken_boot.hpp"

#include <utility>

namespace switchback::simulation {
namespace {

/// Forwards everything; a mistake overrides what it gets wrong.
class Records : public RecordStore {
 public:
  explicit Records(RecordStore& inner) : inner_(inner) {}
  Status save(const std::string& record) override { return inner_.save(record); }
  Result<std::optional<std::string>> load() override { return inner_.load(); }
  void append_event(const std::string& event) override { inner_.append_event(event); }
  std::vector<std::string> events() override { return inner_.events(); }
  Status finish(const ActivationId& id, const std::string& document) override {
    return inner_.finish(id, document);
  }
  void visit_history(const std::function<bool(const std::string& document)>& wants_more) override {
    inner_.visit_history(wants_more);
  }

 protected:
  RecordStore& inner_;
};

/// What is recorded is the step before.
class RecordsAfterEffect : public Records {
 public:
  using Records::Records;
  Status save(const std::string& record) override {
    const auto before = std::exchange(held_, record);
    return before.empty() ? inner_.save(record) : inner_.save(before);
  }

 private:
  std::string held_;
};

/// A file that is renamed without having been synced: a power cut leaves some of it, or the one before.
class RecordsUnsynced : public Records {
 public:
  RecordsUnsynced(RecordStore& inner, test::FakeDisk& disk, Platter& platter)
      : Records(inner), disk_(disk), platter_(platter) {}
  Status save(const std::string& record) override {
    auto before = disk_.record;
    auto saved = inner_.save(record);
    platter_.wrote("record", [&disk = disk_, before = std::move(before), length = record.size() % 7] {
      disk.record = length == 0 && disk.record ? disk.record->substr(0, disk.record->size() / 2) : before;
    });
    return saved;
  }
  Status finish(const ActivationId& id, const std::string& document) override {
    platter_.synced("record");  // what comes after it is synced as it should be
    return inner_.finish(id, document);
  }

 private:
  test::FakeDisk& disk_;
  Platter& platter_;
};

/// The baseline is kept in memory alone.
class RecordsWithoutBaseline : public Records {
 public:
  using Records::Records;
  Status save(const std::string& record) override {
    const auto begin = record.find("\"baseline\":{");
    if (begin == std::string::npos) return inner_.save(record);
    std::size_t depth = 0;
    auto end = begin + 11;
    do {
      if (record[end] == '{') ++depth;
      if (record[end] == '}') --depth;
      ++end;
    } while (depth > 0 && end < record.size());
    return inner_.save(record.substr(0, begin) + "\"baseline\":{}" + record.substr(end));
  }
};

class OwnProfiles : public Profiles {
 public:
  explicit OwnProfiles(Profiles& inner) : inner_(inner) {}
  Result<ProfileLink> locate(const ProfileName& profile, const std::string& user) override {
    return inner_.locate(profile, user);
  }
  Result<std::optional<CurrentGeneration>> current(const ProfileLink& profile) override {
    return inner_.current(profile);
  }
  Result<std::map<std::uint64_t, StorePath>> generations(const ProfileLink& profile) override {
    return inner_.generations(profile);
  }
  void set(const ProfileLink& profile, std::optional<StorePath> closure, std::optional<std::uint64_t> number,
           Callback<void> done) override {
    inner_.set(profile, std::move(closure), number, std::move(done));
  }
  void drop_generations(const ProfileLink& profile, const StorePath& closure, std::set<std::uint64_t> spared,
                        Callback<void> done) override {
    inner_.drop_generations(profile, closure, std::move(spared), std::move(done));
  }
  void check_valid(const StorePath& closure, Callback<void> done) override {
    inner_.check_valid(closure, std::move(done));
  }
  Status pin(const std::string& name, const StorePath& closure) override { return inner_.pin(name, closure); }
  void unpin_all(const std::string& name_prefix) override { inner_.unpin_all(name_prefix); }

 protected:
  Profiles& inner_;
};

/// Goes back as «nix-env --rollback» does: to the number before the present one.
class ProfilesOneBack : public OwnProfiles {
 public:
  using OwnProfiles::OwnProfiles;
  void set(const ProfileLink& profile, std::optional<StorePath> closure, std::optional<std::uint64_t> number,
           Callback<void> done) override {
    const auto now = inner_.current(profile);
    const auto made = inner_.generations(profile);
    if (number && now && *now && (*now)->number && made && made->contains(*(*now)->number - 1)) {
      number = *(*now)->number - 1;
      closure = made->at(*number);
    }
    inner_.set(profile, std::move(closure), number, std::move(done));
  }
};

/// Relies on the profile alone to hold what was there before.
class ProfilesUnpinned : public OwnProfiles {
 public:
  using OwnProfiles::OwnProfiles;
  Status pin(const std::string&, const StorePath&) override { return {}; }
};

/// What was taken back stays a generation: the next «--rollback» goes there.
class ProfilesThatKeepAll : public OwnProfiles {
 public:
  using OwnProfiles::OwnProfiles;
  void drop_generations(const ProfileLink& profile, const StorePath& closure, std::set<std::uint64_t>,
                        Callback<void> done) override {
    const auto made = inner_.generations(profile);
    inner_.drop_generations(profile, closure, made ? numbers_in(*made) : std::set<std::uint64_t>{},
                            std::move(done));
  }

 private:
  static std::set<std::uint64_t> numbers_in(const std::map<std::uint64_t, StorePath>& made) {
    std::set<std::uint64_t> numbers;
    for (const auto& [number, closure] : made) numbers.insert(number);
    return numbers;
  }
};

/// Whatever leads to what was taken back goes, whoever has made it, and when.
class ProfilesThatSpareNone : public OwnProfiles {
 public:
  using OwnProfiles::OwnProfiles;
  void drop_generations(const ProfileLink& profile, const StorePath& closure, std::set<std::uint64_t>,
                        Callback<void> done) override {
    inner_.drop_generations(profile, closure, {}, std::move(done));
  }
};

/// Hears of nothing any more once the bus was away.
class UnitsUnsubscribed : public UnitManager {
 public:
  UnitsUnsubscribed(UnitManager& inner, std::function<std::int64_t()> bus_back_ms)
      : inner_(inner), bus_back_ms_(std::move(bus_back_ms)), connected_ms_(bus_back_ms_()) {}
  void list(Callback<Snapshot> done) override { inner_.list(std::move(done)); }
  void read(std::set<UnitName> units, Callback<Snapshot> done) override {
    inner_.read(std::move(units), std::move(done));
  }
  void run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                Callback<std::vector<JobResult>> done) override {
    inner_.run_jobs(verb, std::move(units), deadline, std::move(done));
  }
  void cancel_jobs() override { inner_.cancel_jobs(); }
  void cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) override {
    inner_.cancel_all_jobs(std::move(spare), std::move(done));
  }
  void reload(Callback<void> done) override { inner_.reload(std::move(done)); }
  void secure(std::function<void(Reach)> done) override { inner_.secure(std::move(done)); }
  void relax() override { inner_.relax(); }
  void reset_failed(std::vector<UnitName> units, Callback<void> done) override {
    inner_.reset_failed(std::move(units), std::move(done));
  }
  void watch(std::function<void(const UnitName* unit)> changed) override {
    if (!changed) return inner_.watch(nullptr);
    inner_.watch([this, changed = std::move(changed)](const UnitName* unit) {
      if (bus_back_ms_() == connected_ms_) changed(unit);
    });
  }

 private:
  UnitManager& inner_;
  std::function<std::int64_t()> bus_back_ms_;
  std::int64_t connected_ms_;
};

/// Never polls: a timer of the gate's interval does not go off.
class TimersWithoutPoll : public Timers {
 public:
  explicit TimersWithoutPoll(Timers& inner) : inner_(inner) {}
  std::unique_ptr<Timer> arm(std::chrono::milliseconds after, std::function<void()> elapsed) override {
    if (after == kGatePoll) return inner_.arm(std::chrono::hours{24}, std::move(elapsed));
    return inner_.arm(after, std::move(elapsed));
  }

 private:
  Timers& inner_;
};

/// Makes permanent first what is then tried, as a boot loader entry before the activation.
class CopiesCommittedEarly : public PointedCopies {
 public:
  CopiesCommittedEarly(UnitCopies& inner, test::FakeRun& run)
      : PointedCopies(inner, [](const char*, Where) {}), inner_(inner), run_(run) {}
  Status place_trial(const ActivationId& id, const ProfileName& profile) override {
    const auto& staged = run_.staged.at(profile);
    if (auto early = inner_.commit(profile, staged.closure, staged.entries); !early) return early;
    return inner_.place_trial(id, profile);
  }

 private:
  UnitCopies& inner_;
  test::FakeRun& run_;
};

/// Whatever a check answers, it passes.
class ProberOfGoodNews : public Prober {
 public:
  explicit ProberOfGoodNews(Prober& inner) : inner_(inner) {}
  Status can_ask(const CheckPolicy& policy) override { return inner_.can_ask(policy); }
  std::unique_ptr<Asking> ask(CheckQuery query, std::function<void(CheckTry)> done) override {
    return inner_.ask(std::move(query), [done = std::move(done)](const CheckTry&) {
      done({CheckAnswer::passed, "it is so", ""});
    });
  }
  void abandon() override { inner_.abandon(); }

 private:
  Prober& inner_;
};

template <class Made, class... Arguments>
Made& make(Workshop& workshop, Arguments&&... arguments) {
  auto made = std::make_shared<Made>(std::forward<Arguments>(arguments)...);
  workshop.keep.push_back(made);
  return *made;
}

Ports with_records(const Ports& of, RecordStore& records) {
  return {of.units,   of.profiles, of.copies,   records,     of.clock,  of.timers,
          of.journal, of.host,     of.closures, of.programs, of.prober, of.boot_loader};
}
Ports with_profiles(const Ports& of, Profiles& profiles) {
  return {of.units,   profiles, of.copies,   of.records,  of.clock,  of.timers,
          of.journal, of.host,  of.closures, of.programs, of.prober, of.boot_loader};
}

}  // namespace

const std::vector<BrokenEngine>& broken_engines() {
  static const std::vector<BrokenEngine> kEngines{
      {"record after effect", "the record says what was done, and not what is about to be",
       [](Workshop shop) {
         return with_records(shop.ports, make<RecordsAfterEffect>(shop, shop.ports.records));
       }},
      {"generation minus one", "a revert goes to the generation before the present one, whatever ran before",
       [](Workshop shop) {
         return with_profiles(shop.ports, make<ProfilesOneBack>(shop, shop.ports.profiles));
       }},
      {"confirm before fsync",
       "the confirm is answered when the record is written, and not when it is on disk",
       [](Workshop shop) {
         return with_records(shop.ports,
                             make<RecordsUnsynced>(shop, shop.ports.records, shop.disk, shop.platter));
       }},
      {"no resubscribe", "after the bus was away nothing is heard any more, and nothing is polled",
       [](Workshop shop) {
         const auto& of = shop.ports;
         return Ports{make<UnitsUnsubscribed>(shop, of.units, shop.bus_back_ms),
                      of.profiles,
                      of.copies,
                      of.records,
                      of.clock,
                      make<TimersWithoutPoll>(shop, of.timers),
                      of.journal,
                      of.host,
                      of.closures,
                      of.programs,
                      of.prober,
                      of.boot_loader};
       }},
      {"baseline forgotten", "what ran and what had failed before is not in the record",
       [](Workshop shop) {
         return with_records(shop.ports, make<RecordsWithoutBaseline>(shop, shop.ports.records));
       }},
      {"nothing pinned", "nothing holds the closures of an activation against a garbage collection",
       [](Workshop shop) {
         return with_profiles(shop.ports, make<ProfilesUnpinned>(shop, shop.ports.profiles));
       }},
      {"unproven kept", "what was taken back stays a generation of its profile",
       [](Workshop shop) {
         return with_profiles(shop.ports, make<ProfilesThatKeepAll>(shop, shop.ports.profiles));
       }},
      {"proven deleted", "a generation of before goes with the one that was made of the same closure",
       [](Workshop shop) {
         return with_profiles(shop.ports, make<ProfilesThatSpareNone>(shop, shop.ports.profiles));
       }},
      {"permanent first", "what a boot starts is changed before the trial, and not after the confirm",
       [](Workshop shop) {
         const auto& of = shop.ports;
         return Ports{of.units,    of.profiles, make<CopiesCommittedEarly>(shop, of.copies, shop.run),
                      of.records,  of.clock,    of.timers,
                      of.journal,  of.host,     of.closures,
                      of.programs, of.prober,   of.boot_loader};
       }},
      {"checks unheard", "a check that misses counts as one that passed",
       [](Workshop shop) {
         const auto& of = shop.ports;
         return Ports{of.units,
                      of.profiles,
                      of.copies,
                      of.records,
                      of.clock,
                      of.timers,
                      of.journal,
                      of.host,
                      of.closures,
                      of.programs,
                      make<ProberOfGoodNews>(shop, of.prober),
                      of.boot_loader};
       }},
      {"one-shot kept", "a boot that is not waited for any more is not withdrawn from the boot loader",
       [](Workshop shop) {
         const auto& of = shop.ports;
         return Ports{of.units,    of.profiles, of.copies,
                      of.records,  of.clock,    of.timers,
                      of.journal,  of.host,     of.closures,
                      of.programs, of.prober,   make<BootLoaderOfGoodMemory>(shop, of.boot_loader)};
       }},
      {"commit in the old boot", "whatever was booted, it is taken for the new system",
       [](Workshop shop) {
         const auto& of = shop.ports;
         return Ports{of.units,    of.profiles, of.copies,  of.records,
                      of.clock,    of.timers,   of.journal, make<HostOfGoodFaith>(shop, of.host, shop.disk),
                      of.closures, of.programs, of.prober,  of.boot_loader};
       }},
  };
  return kEngines;
}

}  // namespace switchback::simulation
