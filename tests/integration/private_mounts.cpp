// SPDX-License-Identifier: MIT
#include "tests/integration/private_mounts.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <iostream>
#include <system_error>

namespace switchback::test {
namespace {

void check(int result, const std::string& doing) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), doing);
}

}  // namespace

PrivateMounts::PrivateMounts() : outside_(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)) {
  check(outside_.get(), "cannot see this thread's mount namespace");
  check(::unshare(CLONE_NEWNS), "these tests need root: no mount namespace");
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "cannot make the mounts private");
}

PrivateMounts::~PrivateMounts() {
  if (::setns(outside_.get(), CLONE_NEWNS) < 0) std::cerr << "the test stays in its mount namespace\n";
}

void PrivateMounts::mount_empty(const std::string& directory, const std::string& options) const {
  check(::mount("tmpfs", directory.c_str(), "tmpfs", 0, options.c_str()), "cannot mount on " + directory);
}

void PrivateMounts::bind(const std::string& source, const std::string& target) const {
  check(::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr), "cannot bind to " + target);
}

}  // namespace switchback::test
