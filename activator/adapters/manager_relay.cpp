// SPDX-License-Identifier: MIT
#include "activator/adapters/manager_relay.hpp"

#include "activator/adapters/bus_dialect.hpp"
#include "activator/adapters/unique_fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace switchback {
namespace {

UniqueFd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) return {};
  return fd;
}

/// False at the end, or when it is broken.
bool receive(int fd, std::string& bytes) {
  std::array<char, 65536> buffer{};
  const auto count = ::read(fd, buffer.data(), buffer.size());
  bytes.assign(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

bool deliver(int fd, std::string& bytes) {
  const auto count = ::write(fd, bytes.data(), bytes.size());
  if (count > 0) bytes.erase(0, static_cast<std::size_t>(count));
  return count >= 0 || errno == EAGAIN || errno == EINTR;
}

bool is_ready(const pollfd& polled) { return polled.revents != 0; }

/// Neither side waits for the other: what one does not take is kept here.
void relay(int manager) {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, manager}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  BusDialect dialect;
  std::string bytes;
  std::string to_client;
  std::string to_manager;
  for (;;) {
    std::array<pollfd, 3> polled{
        pollfd{STDIN_FILENO, POLLIN, 0},
        pollfd{manager, static_cast<short>(to_manager.empty() ? POLLIN : POLLIN | POLLOUT), 0},
        pollfd{to_client.empty() ? -1 : STDOUT_FILENO, POLLOUT, 0}};
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
    if (is_ready(polled[0])) {
      if (!receive(STDIN_FILENO, bytes) || !dialect.from_client(bytes, to_manager, to_client)) return;
    }
    if ((polled[1].revents & ~POLLOUT) != 0) {
      if (!receive(manager, bytes) || !dialect.from_manager(bytes, to_client)) return;
    }
    if (!to_manager.empty() && !deliver(manager, to_manager)) return;
    if (!to_client.empty() && !deliver(STDOUT_FILENO, to_client)) return;
  }
}

}  // namespace

BusWay way_to_manager(const std::string& program, const std::string& socket) {
  return {"unix:path=" + socket,
          "unixexec:path=" + program + ",argv0=switchback-activator,argv1=relay,argv2=" + socket};
}

int run_manager_relay(const std::string& socket) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto manager = connect_to(socket);
  if (!manager.valid()) {
    std::cerr << "cannot connect to " << socket << ": " << errno_text(errno) << "\n";
    return EXIT_FAILURE;
  }
  relay(manager.get());
  return EXIT_SUCCESS;
}

}  // namespace switchback
