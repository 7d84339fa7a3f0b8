// SPDX-License-Identifier: MIT
#include "tests/killpoints/scenario.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace switchback::test {
namespace {

namespace fs = std::filesystem;

std::string service(const std::string& text, const std::string& model = "") {
  return "[Unit]\nDescription=" + text + "\n[Service]\nExecStart=/bin/sh -c " + text +
         "\n[Install]\nWantedBy=multi-user.target\n[X-Model]\n" + model + "\n";
}

/// web.service is changed by each, db.service goes, cache.service comes, and keep.service stays as it is.
const std::map<std::string, std::map<std::string, std::string>>& unit_closures() {
  static const std::map<std::string, std::map<std::string, std::string>> kClosures{
      {"app-1",
       {{"web.service", service("web-1")}, {"db.service", service("db")}, {"keep.service", service("keep")}}},
      {"app-2",
       {{"web.service", service("web-2")},
        {"cache.service", service("cache")},
        {"keep.service", service("keep")}}},
      {"app-crashing",
       {{"web.service", service("web-3", "CrashAfter=3")},
        {"cache.service", service("cache")},
        {"keep.service", service("keep")}}},
      {"app-unstartable",
       {{"web.service", service("web-4", "StartFails=yes")}, {"keep.service", service("keep")}}},
  };
  return kClosures;
}

void write_file(const fs::path& path, const std::string& text, bool executable) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  if (executable) fs::permissions(path, fs::perms::owner_all);
}

}  // namespace

StorePath closure_path(const std::string& name) {
  return *StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-" + name);
}

void make_closures() {
  for (const auto& [name, units] : unit_closures()) {
    for (const auto& [unit, text] : units)
      write_file(closure_path(name).text() + "/lib/systemd/system/" + unit, text, false);
  }
  for (const auto& name : closures_of(Kind::nixos))
    write_file(closure_path(name).text() + "/bin/switch-to-configuration", "", true);
  for (const auto& name : closures_of(Kind::script))
    write_file(closure_path(name).text() + "/deploy-rs-activate", "", true);
}

std::map<std::string, std::string> units_of(const std::string& name) {
  const auto found = unit_closures().find(name);
  return found == unit_closures().end() ? std::map<std::string, std::string>{} : found->second;
}

std::vector<std::string> closures_of(Kind kind) {
  if (kind == Kind::nixos) return {"nixos-1", "nixos-2"};
  if (kind == Kind::script) return {"script-1", "script-2"};
  std::vector<std::string> names;
  for (const auto& [name, units] : unit_closures()) names.push_back(name);
  return names;
}

ProfileName profile_of(const Scenario& scenario) {
  return *ProfileName::parse(scenario.kind == Kind::nixos ? "system" : "app");
}

ActivateRequest request_for(const Scenario& scenario) {
  ActivateRequest request{
      .id = *ActivationId::parse("0123456789abcdef0123456789abcdef"), .changes = {}, .gate = {}, .note = {}};
  ChangeRequest change{.profile = profile_of(scenario)};
  if (!scenario.after.empty()) change.closure = closure_path(scenario.after);
  request.changes.push_back(std::move(change));
  return request;
}

}  // namespace switchback::test
