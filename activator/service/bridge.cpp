// SPDX-License-Identifier: MIT
#include "activator/service/bridge.hpp"

#include "activator/protocol/error.hpp"
#include "activator/protocol/names.hpp"

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

int refuse(int error_number, const std::string& path) {
  if (error_number == EACCES || error_number == EPERM) {
    std::cerr << "you may not use " << path
              << ": join the group switchback, or run this as sudo switchback-activator bridge\n";
    return kBridgeNotPermitted;
  }
  if (error_number == ENOENT || error_number == ECONNREFUSED) {
    std::cerr << "no Switchback activator listens on " << path
              << ": is switchback-activator.socket started?\n";
  } else {
    std::cerr << "cannot connect to " << path << ": " << errno_text(error_number) << "\n";
  }
  return kBridgeNoActivator;
}

/// Returns the socket, or the negative error number.
int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -ENAMETOOLONG;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  const int error_number = errno;
  close(fd);
  return -error_number;
}

enum class Moved { some, end, failed };

/// Moves what is there to be read; blocks until the other side has taken it.
Moved move_bytes(int from, int to) {
  std::array<char, 65536>
      buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  ssize_t count = read(from, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN ? Moved::some : Moved::failed;
  if (count == 0) return Moved::end;
  for (ssize_t done = 0; done < count;) {
    const ssize_t written = write(to, buffer.data() + done, static_cast<std::size_t>(count - done));
    if (written < 0 && errno != EINTR) return Moved::failed;
    if (written > 0) done += written;
  }
  return Moved::some;
}

/// Carries both directions until the socket ends. Standard input may end first: what the activator still has
/// to say is carried on.
void carry(int socket) {
  constexpr short kGone = POLLERR | POLLHUP | POLLNVAL;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  pollfd peer{socket, POLLIN, 0};
  pollfd output{STDOUT_FILENO, 0, 0};
  for (;;) {
    std::array<pollfd, 3> watched{input, peer, output};
    if (poll(watched.data(), watched.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (watched[1].revents != 0 && move_bytes(socket, STDOUT_FILENO) != Moved::some) return;
    // Nobody reads any more; without this a quiet activator would keep the bridge of a dead pusher for ever.
    if ((watched[2].revents & kGone) != 0) return;
    if (watched[0].revents == 0) continue;
    const auto moved = move_bytes(STDIN_FILENO, socket);
    if (moved == Moved::some) continue;
    shutdown(socket, SHUT_WR);
    input.fd = -1;  // poll() skips it from now on
  }
}

}  // namespace

int run_bridge(const std::string& socket_path) {
  std::signal(SIGPIPE, SIG_IGN);
  const int socket = connect_to(socket_path);
  if (socket < 0) return refuse(-socket, socket_path);
  carry(socket);
  close(socket);
  return EXIT_SUCCESS;
}

int run_bridge() { return run_bridge(kSocketPath); }

}  // namespace switchback
