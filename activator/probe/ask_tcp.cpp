// SPDX-License-Identifier: MIT
#include "activator/probe/ask_tcp.hpp"

#include "activator/protocol/error.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

namespace switchback {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

struct Attempt {
  std::string address;
  int fd = -1;
};

std::string text_of(const addrinfo& address) {
  char host[NI_MAXHOST] = "?";
  char port[NI_MAXSERV] = "?";
  ::getnameinfo(address.ai_addr, address.ai_addrlen, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
  const bool brackets = address.ai_family == AF_INET6;
  return (brackets ? "[" + std::string(host) + "]" : std::string(host)) + ":" + port;
}

class Attempts {
 public:
  Attempts() = default;
  ~Attempts() {
    for (const auto& attempt : under_way_) ::close(attempt.fd);
  }
  Attempts(const Attempts&) = delete;
  Attempts& operator=(const Attempts&) = delete;

  /// Whether it was accepted at once.
  bool begin(const addrinfo& address) {
    Attempt attempt{text_of(address),
                    ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (attempt.fd < 0) return failed(attempt.address, errno);
    const int result = ::connect(attempt.fd, address.ai_addr, address.ai_addrlen);
    const int error = errno;
    under_way_.push_back(attempt);
    if (result == 0) return true;
    if (error == EINPROGRESS) return false;
    drop(under_way_.size() - 1);
    return failed(attempt.address, error);
  }

  /// The address that accepted; empty: none did.
  std::string await(std::chrono::steady_clock::time_point until) {
    while (!under_way_.empty()) {
      std::vector<pollfd> polled;
      for (const auto& attempt : under_way_) polled.push_back({attempt.fd, POLLOUT, 0});
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      if (left.count() <= 0) return "";
      if (::poll(polled.data(), polled.size(), static_cast<int>(left.count())) < 0 && errno != EINTR)
        return "";
      for (std::size_t i = polled.size(); i-- > 0;) {
        if (polled[i].revents == 0) continue;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(polled[i].fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error == 0) return under_way_[i].address;
        failed(under_way_[i].address, error);
        drop(i);
      }
    }
    return "";
  }

  [[nodiscard]] bool any_under_way() const { return !under_way_.empty(); }
  [[nodiscard]] const std::string& last_address() const { return under_way_.back().address; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool failed(const std::string& address, int error) {
    problem_ += (problem_.empty() ? "" : "; ") + address + ": " + errno_text(error);
    return false;
  }
  void drop(std::size_t index) {
    ::close(under_way_[index].fd);
    under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  std::vector<Attempt> under_way_;
  std::string problem_;
};

}  // namespace

ProbeAnswer ask_tcp(const TcpCheck& check, std::chrono::milliseconds timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(check.host.c_str(), std::to_string(check.port).c_str(), &hints, &found);
  const Addresses addresses(found, &::freeaddrinfo);
  if (error != 0) return {ProbeExit::missed, check.host + ": " + ::gai_strerror(error)};
  const auto until = std::chrono::steady_clock::now() + timeout;
  Attempts attempts;
  for (const auto* address = addresses.get(); address != nullptr; address = address->ai_next) {
    if (attempts.begin(*address)) return {ProbeExit::passed, attempts.last_address() + " accepts"};
  }
  const auto accepted = attempts.await(until);
  if (!accepted.empty()) return {ProbeExit::passed, accepted + " accepts"};
  if (attempts.any_under_way()) return {ProbeExit::missed, attempts.last_address() + ": no answer in time"};
  return {ProbeExit::missed, attempts.problem()};
}

}  // namespace switchback
