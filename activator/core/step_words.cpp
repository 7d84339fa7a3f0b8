// SPDX-License-Identifier: MIT
// Steps put into words, for the journal.
#include "activator/core/overloaded.hpp"
#include "activator/core/steps.hpp"

namespace switchback {
namespace {

std::string list_of(const std::vector<UnitName>& units) {
  std::string text;
  for (const auto& unit : units) text += (text.empty() ? "" : ", ") + unit.text();
  return text;
}

std::string name_of(const std::optional<StorePath>& closure) { return closure ? closure->text() : "nothing"; }

std::string_view doing(JobVerb verb) {
  switch (verb) {
    case JobVerb::stop:
      return "stopping ";
    case JobVerb::start:
      return "starting ";
    case JobVerb::restart:
      return "restarting ";
    case JobVerb::reload:
      return "reloading ";
  }
  return "";
}

}  // namespace

std::string describe(const Step& step) {
  return std::visit(
      Overloaded{
          [](const RunJobs& run) { return std::string(doing(run.verb)) + list_of(run.units); },
          [](const PlaceTrial& place) {
            return "placing the trial's units of profile " + place.profile.text();
          },
          [](const DropTrial& drop) {
            return "dropping the trial's units of profile " + drop.profile.text();
          },
          [](const ReloadManager&) { return std::string("reloading systemd's units"); },
          [](const VerifyUnits&) { return std::string("verifying which units systemd has loaded"); },
          [](const ResetFailed&) { return std::string("resetting what had failed"); },
          [](const SetProfile& set) {
            return "setting profile " + set.profile.text() + " to " + name_of(set.closure);
          },
          [](const DropGeneration& drop) {
            return "deleting the generation that was made in profile " + drop.profile.text();
          },
          [](const CheckProfile& check) {
            return "checking that nobody has moved profile " + check.profile.text();
          },
          [](const KeepCopies& keep) {
            return "making the units of " + name_of(keep.closure) + " permanent in profile " +
                   keep.profile.text();
          },
          [](const RunProgram& run) {
            return "running the program of " + run.closure.text() + " (" + std::string(text(run.verb)) + ")";
          },
          [](const ClearPrograms&) { return std::string("clearing away what was left running"); },
          [](const VerifySystem& verify) { return "verifying that " + verify.closure.text() + " runs"; },
          [](const FindTouched&) { return std::string("finding which units were touched"); },
          [](const ResetTouched&) { return std::string("resetting what had failed"); },
          [](const StartMissing&) { return std::string("starting what ran before"); },
          [](const BootOnce& boot) { return "making the next boot one of " + boot.closure.text(); },
          [](const ForgetBootOnce&) { return std::string("making the next boot the usual one"); },
          [](const Reboot&) { return std::string("rebooting"); },
          [](const SyncDisks&) { return std::string("syncing disks"); },
      },
      step);
}

}  // namespace switchback
