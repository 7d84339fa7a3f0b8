// SPDX-License-Identifier: MIT
#include "cli/local_remote.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace switchback {
namespace {

Error cannot_connect(int error_number, const std::string& path) {
  if (error_number == EACCES || error_number == EPERM) {
    return {Errc::not_permitted,
            "you may not use " + path + ": join the group switchback, or run this as root"};
  }
  if (error_number == ENOENT || error_number == ECONNREFUSED) {
    return {Errc::refused,
            "no Switchback activator listens on " + path +
                ": is the package switchback-activator installed, and switchback-activator.socket "
                "started?"};
  }
  if (error_number == EAGAIN) {
    return {Errc::unavailable, "the activator takes no connections on " + path + ": too many wait already"};
  }
  return {Errc::unavailable, "cannot connect to " + path + ": " + errno_text(error_number)};
}

std::string host_name() {
  std::array<char, 256> name{};
  const bool known = gethostname(name.data(), name.size() - 1) == 0 && name.front() != '\0';
  return known ? name.data() : "localhost";
}

}  // namespace

LocalRemote::LocalRemote(std::string socket_path)
    : socket_path_(std::move(socket_path)), name_(host_name()) {}

Result<Connection> LocalRemote::open(Way /*way*/) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path_.size() >= sizeof address.sun_path) {
    return tl::make_unexpected(cannot_connect(ENAMETOOLONG, socket_path_));
  }
  std::memcpy(address.sun_path, socket_path_.c_str(), socket_path_.size() + 1);
  Fd reading(socket(AF_UNIX, SOCK_STREAM, 0));
  if (reading.get() < 0) return fail(Errc::io, "cannot make a socket: " + errno_text(errno));
  fcntl(reading.get(), F_SETFD, FD_CLOEXEC);
  // Not to wait in a full backlog, which nothing bounds.
  const int flags = fcntl(reading.get(), F_GETFL);
  fcntl(reading.get(), F_SETFL, flags | O_NONBLOCK);
  if (::connect(reading.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return tl::make_unexpected(cannot_connect(errno, socket_path_));
  }
  fcntl(reading.get(), F_SETFL, flags);
  const timeval limit{kAnswerTimeout.count(), 0};
  setsockopt(reading.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  Fd writing(fcntl(reading.get(), F_DUPFD_CLOEXEC, 0));
  if (writing.get() < 0) return fail(Errc::io, "cannot duplicate a socket: " + errno_text(errno));
  return Connection(std::move(writing), std::move(reading), [] {
    return Error{Errc::unavailable, "the activator closed the connection"};
  });
}

std::string LocalRemote::whoever() const {
  const auto* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : "user " + std::to_string(geteuid());
}

Result<Ran> LocalRemote::run(const Words& argv, const Waker* waker) {
  return run_program(argv, {.shielded = true}, Clock::now() + kAnswerTimeout, waker);
}

}  // namespace switchback
