// SPDX-License-Identifier: MIT
#include "tests/killpoints/points.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace switchback::test {
namespace {

Plan* taking_part_in = nullptr;

}  // namespace

const char* name_of(Fault fault) {
  switch (fault) {
    case Fault::kill:
      return "SIGKILL";
    case Fault::kill_reboot:
      return "reboot";
    case Fault::torn:
      return "torn";
    case Fault::io_error:
      return "EIO";
    case Fault::no_space:
      return "ENOSPC";
    case Fault::disk_full:
      return "full";
    case Fault::broken_disk:
      return "broken";
  }
  return "?";
}

bool can_strike(Fault fault, Moment moment) {
  switch (fault) {
    case Fault::kill:
    case Fault::kill_reboot:
      return true;
    case Fault::torn:
      return moment == Moment::write;
    case Fault::io_error:
      return moment != Moment::after;
    case Fault::broken_disk:
      return moment != Moment::after && moment != Moment::request;
    case Fault::no_space:
    case Fault::disk_full:
      return moment == Moment::space || moment == Moment::write;
  }
  return false;
}

Plan* map_plan(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, sizeof(Plan)) < 0) throw std::runtime_error("no plan in " + file);
  void* memory = ::mmap(nullptr, sizeof(Plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (memory == MAP_FAILED) throw std::runtime_error("cannot map " + file);
  return static_cast<Plan*>(memory);
}

void take_part(Plan* plan) { taking_part_in = plan; }

int reach(const std::string& name, Moment moment) {
  auto* plan = taking_part_in;
  if (plan == nullptr) return 0;
  const auto number = plan->reached++;
  if (number >= static_cast<int>(plan->points.size())) ::abort();
  auto& point = plan->points[static_cast<std::size_t>(number)];
  point.moment = moment;
  point.name.fill('\0');
  std::copy_n(name.begin(), std::min(name.size(), point.name.size() - 1), point.name.begin());
  if (!plan->has_died && name == plan->dies_first_at.data()) {
    plan->has_died = true;
    plan->reached = 0;  // what counts comes after it
    die();
  }
  if (plan->dies_first_at[0] != '\0' && !plan->has_died) return 0;
  if (plan->strikes && !plan->has_struck && number == plan->at && can_strike(plan->fault, moment)) {
    plan->has_struck = true;
    plan->fails_from_now = plan->fault == Fault::disk_full || plan->fault == Fault::broken_disk;
    if (plan->fault == Fault::kill || plan->fault == Fault::kill_reboot) die();
    if (plan->fault == Fault::torn) return kTear;
    return plan->fault == Fault::no_space || plan->fault == Fault::disk_full ? ENOSPC : EIO;
  }
  const bool in_memory =
      name.find(" /run/") != std::string::npos;  // a file system of its own, which has no disk
  if (!plan->fails_from_now || in_memory || !can_strike(plan->fault, moment)) return 0;
  return plan->fault == Fault::disk_full ? ENOSPC : EIO;
}

void die() {
  // What it started is ended by whoever keeps it, as systemd ends a service's processes.
  if (taking_part_in->activator != ::getpid()) ::kill(taking_part_in->activator, SIGKILL);
  ::kill(::getpid(), SIGKILL);
  ::_exit(127);
}

std::string place_of(const std::string& path) {
  const std::string root = taking_part_in == nullptr ? "" : taking_part_in->root.data();
  static const std::string kNix = "/nix/var/nix";
  std::string place;
  if (path.starts_with(kNix)) {
    place = path;
  } else if (!root.empty() && path.starts_with(root)) {
    place = path.substr(root.size());
  } else {
    return "";
  }
  // The same in every run, and short: without hashes and ids.
  for (const auto* part : {"0123456789abcdfghijklmnpqrsvwxyz-", "0123456789abcdef0123456789abcdef"}) {
    if (const auto at = place.find(part); at != std::string::npos) place.erase(at, std::strlen(part));
  }
  return place;
}

}  // namespace switchback::test
