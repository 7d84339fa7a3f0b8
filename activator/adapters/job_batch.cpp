// SPDX-License-Identifier: MIT
#include "activator/adapters/job_batch.hpp"

#include "activator/adapters/systemd_names.hpp"
#include "activator/adapters/unit_properties.hpp"

#include <algorithm>
#include <charconv>

namespace switchback {
namespace {

constexpr std::chrono::seconds kLookEvery{5};
constexpr std::chrono::milliseconds kLookSoon{250};
constexpr std::chrono::seconds kCancelWithin{5};

const char* method_of(JobVerb verb) {
  switch (verb) {
    case JobVerb::start:
      return "StartUnit";
    case JobVerb::stop:
      return "StopUnit";
    case JobVerb::restart:
      return "RestartUnit";
    case JobVerb::reload:
      return "ReloadUnit";
  }
  return "StartUnit";
}

const char* word_for(JobVerb verb) {
  switch (verb) {
    case JobVerb::start:
      return "start";
    case JobVerb::stop:
      return "stop";
    case JobVerb::restart:
      return "restart";
    case JobVerb::reload:
      return "reload";
  }
  return "start";
}

std::string explain(JobVerb verb, const UnitName& unit, const BusError& error) {
  const auto& name = unit.text();
  if (error.name == "org.freedesktop.systemd1.UnitMasked")
    return name + " is masked on this host; unmask it (systemctl unmask " + name + ") or leave it out";
  if (error.name == "org.freedesktop.systemd1.NoSuchUnit") return "systemd knows no unit " + name;
  if (error.name == "org.freedesktop.systemd1.OnlyByDependency")
    return name + " does not allow a " + word_for(verb) +
           " by itself, only as a dependency of another unit (RefuseManualStart=, RefuseManualStop=)";
  return name + ": systemd refused to " + word_for(verb) + " it: " + error.message;
}

// What a job that nobody saw end must have come to.
std::string result_from(JobVerb verb, const UnitSnapshot& unit) {
  const bool succeeded = unit.result.empty() || unit.result == "success";
  switch (verb) {
    case JobVerb::stop:
      return unit.is_up_or_coming() ? "canceled" : "done";
    case JobVerb::reload:
      return unit.is_active() ? "done" : "failed";
    case JobVerb::start:
    case JobVerb::restart:
      if (unit.is_active()) return "done";
      if (unit.active == "failed" || !succeeded) return "failed";
      return unit.service_type == "oneshot" && unit.active == "inactive" ? "done" : "canceled";
  }
  return "canceled";
}

std::string join(const std::vector<UnitName>& units) {
  std::string text;
  for (const auto& unit : units) text += (text.empty() ? "" : ", ") + unit.text();
  return text;
}

}  // namespace

JobBatch::JobBatch(Bus& bus, EventLoop& loop, JobVerb verb, std::vector<UnitName> units,
                   std::chrono::milliseconds deadline, Done done)
    : bus_(bus),
      loop_(loop),
      verb_(verb),
      units_(std::move(units)),
      within_(deadline),
      done_(std::move(done)) {}

void JobBatch::begin() {
  jobs_.begin(units_);
  deadline_ = loop_.arm(within_, [this] { deadline_passed(); });
  if (units_.empty()) {
    loop_.post([self = shared_from_this()] { self->answer_if_done(); });
    return;
  }
  for (const auto& unit : units_) submit(unit);
  arm_look();
}

void JobBatch::submit(const UnitName& unit) {
  auto call = manager_call(method_of(verb_), false, within_);
  call.only_while = submitting_;
  bus_.call<sdbus::ObjectPath>(
      std::move(call),
      [weak = weak_from_this(), unit](const BusResult<std::tuple<sdbus::ObjectPath>>& reply) {
        if (const auto self = weak.lock()) self->submitted(unit, reply);
      },
      unit.text(), std::string("replace"));
}

void JobBatch::submitted(const UnitName& unit, const BusResult<std::tuple<sdbus::ObjectPath>>& reply) {
  if (answered()) return;
  unknown_.erase(unit);
  if (reply) {
    const std::string path = std::get<0>(*reply);
    jobs_.queued(unit, path);
    if (canceled_) cancel_job(path);
  } else if (reply.error().lost && !canceled_) {
    unknown_.insert(unit);
    if (bus_.connected()) look_ = loop_.arm(kLookSoon, [this] { look_at_jobs(); });
  } else {
    refused(unit, reply.error());
  }
  answer_if_done();
}

void JobBatch::refused(const UnitName& unit, const BusError& error) {
  if (canceled_) return jobs_.conclude(unit, {unit, "canceled", ""});
  // Not loaded means that nothing of it runs.
  if (verb_ == JobVerb::stop && error.name == "org.freedesktop.systemd1.NoSuchUnit")
    return jobs_.conclude(unit, {unit, "done", ""});
  jobs_.conclude(unit, {unit, "", explain(verb_, unit, error)});
}

void JobBatch::removed(const std::string& path, const std::string& result) {
  jobs_.removed(path, result);
  answer_if_done();
}

void JobBatch::cancel() {
  if (canceled_ || answered()) return;
  canceled_ = true;
  submitting_.reset();
  for (const auto& [unit, path] : jobs_.waiting()) cancel_job(path);
  // With the bus away, none of them will be sent any more.
  const auto unsent = bus_.connected() ? unknown_ : jobs_.unsent();
  for (const auto& unit : unsent) jobs_.conclude(unit, {unit, "canceled", ""});
  deadline_ = loop_.arm(kCancelWithin, [this] {
    for (const auto& unit : unfinished())
      jobs_.conclude(unit, {unit, "canceled", unit.text() + ": its job did not end when it was cancelled"});
    answer_if_done();
  });
  loop_.post([self = shared_from_this()] { self->answer_if_done(); });
}

void JobBatch::cancel_job(const std::string& path) {
  std::uint32_t id = 0;
  const auto digits = path.substr(path.rfind('/') + 1);
  if (std::from_chars(digits.data(), digits.data() + digits.size(), id).ec != std::errc()) return;
  bus_.call<>(
      manager_call("CancelJob", false), [](const auto&) {}, id);
}

void JobBatch::arm_look() {
  look_ = loop_.arm(kLookEvery, [this] { look_at_jobs(); });
}

void JobBatch::look_at_jobs() {
  if (answered()) return;
  arm_look();
  bus_.call<std::vector<Listed>>(
      manager_call("ListJobs", false),
      [weak = weak_from_this()](const BusResult<std::tuple<std::vector<Listed>>>& reply) {
        const auto self = weak.lock();
        if (self && reply) self->saw_jobs(std::get<0>(*reply));
      });
}

// Signals and replies of one sender keep their order: a job that was queued before this reply, is not in it,
// and whose removal has not been heard was forgotten by systemd, or ended while the bus was away.
void JobBatch::saw_jobs(const std::vector<Listed>& jobs) {
  if (answered()) return;
  const auto waiting = jobs_.waiting();
  for (const auto& [unit, path] : waiting) {
    const bool listed = std::any_of(jobs.begin(), jobs.end(),
                                    [path = path](const Listed& job) { return job.get<4>() == path; });
    if (!listed) resolve(unit);
  }
  const auto unknown = std::exchange(unknown_, {});
  for (const auto& unit : unknown) {
    const auto job = std::find_if(jobs.begin(), jobs.end(), [&](const Listed& candidate) {
      return candidate.get<1>() == unit.text() && candidate.get<2>() == word_for(verb_);
    });
    if (job != jobs.end()) {
      jobs_.queued(unit, job->get<4>());
    } else {
      submit(unit);  // it never arrived, or is done already: asking again is harmless
    }
  }
  answer_if_done();
}

void JobBatch::resolve(const UnitName& unit) {
  bus_.call<PropertyMap>(
      get_all_call(object_path_of(unit.text())),
      [weak = weak_from_this(), unit](const BusResult<std::tuple<PropertyMap>>& reply) {
        const auto self = weak.lock();
        if (!self || self->answered() || !reply || !self->jobs_.waiting().contains(unit)) return;
        const auto now = snapshot_of(std::get<0>(*reply));
        if (now.has_job) return;  // another job took its place: the next look tells
        self->jobs_.conclude(unit, {unit, result_from(self->verb_, now), ""});
        self->answer_if_done();
      },
      std::string());
}

std::vector<UnitName> JobBatch::unfinished() const {
  std::vector<UnitName> units;
  for (const auto& unit : units_) {
    if (jobs_.waiting().contains(unit) || jobs_.unsent().contains(unit)) units.push_back(unit);
  }
  return units;
}

void JobBatch::deadline_passed() {
  const auto seconds = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(within_).count());
  const auto still = std::string("to ") + word_for(verb_) + " " + join(unfinished());
  if (!bus_.connected())
    return answer(fail(Errc::unavailable, "systemd could not be reached for " + seconds + " s " + still));
  answer(fail(Errc::timeout, "not done after " + seconds + " s: " + still));
}

void JobBatch::answer_if_done() {
  if (!answered() && jobs_.done()) answer(jobs_.results());
}

void JobBatch::answer(Result<std::vector<JobResult>> result) {
  const auto self = shared_from_this();
  submitting_.reset();
  deadline_.reset();
  look_.reset();
  const auto done = std::exchange(done_, nullptr);
  done(std::move(result));
}

}  // namespace switchback
