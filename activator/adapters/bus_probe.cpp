// SPDX-License-Identifier: MIT
#include "activator/adapters/bus_probe.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace switchback {
namespace {

constexpr std::chrono::seconds kAnswerWithin{5};

struct SocketAddress {
  sockaddr_un address{};
  socklen_t length = 0;
  std::string shown;
};

// `unix:path=…` or `unix:abstract=…`, the first of several; other transports are not used for a system bus.
bool parse_address(const std::string& text, SocketAddress& out) {
  auto first = text.substr(0, text.find(';'));
  for (const std::string key : {"unix:path=", "unix:abstract="}) {
    if (!first.starts_with(key)) continue;
    auto path = first.substr(key.size());
    path = path.substr(0, path.find(','));
    const bool abstract = key == "unix:abstract=";
    if (path.size() + 1 >= sizeof out.address.sun_path) return false;
    out.address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), out.address.sun_path + (abstract ? 1 : 0));
    out.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    out.shown = path;
    return true;
  }
  return false;
}

std::string hello() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string line("\0AUTH EXTERNAL ", 15);
  for (const char c : std::to_string(geteuid())) {
    const auto byte = static_cast<unsigned char>(c);
    line.push_back(kDigits[byte >> 4U]);
    line.push_back(kDigits[byte & 15U]);
  }
  return line + "\r\n";
}

}  // namespace

std::string system_bus_address() {
  const char* address = std::getenv("DBUS_SYSTEM_BUS_ADDRESS");
  if (address != nullptr && *address != '\0') return address;
  return "unix:path=/run/dbus/system_bus_socket";
}

BusProbe::BusProbe(EventLoop& loop, const std::string& address, std::function<void(Status)> done)
    : done_(std::move(done)) {
  if (auto begun = begin(loop, address); !begun) {
    timer_ = loop.arm(std::chrono::milliseconds(0), [this, begun] { finish(begun); });
  }
}

Status BusProbe::begin(EventLoop& loop, const std::string& address) {
  SocketAddress parsed;
  if (!parse_address(address, parsed))
    return fail(Errc::unavailable, "the bus address " + address + " cannot be understood");
  path_ = parsed.shown;
  fd_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* raw = reinterpret_cast<const sockaddr*>(&parsed.address);
  if (!fd_.valid() || ::connect(fd_.get(), raw, parsed.length) < 0)
    return fail(Errc::unavailable, "the bus at " + path_ + " cannot be reached: " + errno_text(errno));
  const auto line = hello();
  if (::send(fd_.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    return fail(Errc::unavailable, "the bus at " + path_ + " takes nothing: " + errno_text(errno));
  source_ = loop.add_io(fd_.get(), EPOLLIN, [this](std::uint32_t) { ready(); });
  timer_ = loop.arm(kAnswerWithin, [this] {
    finish(fail(Errc::unavailable, "the bus at " + path_ + " listens but does not answer"));
  });
  return {};
}

void BusProbe::ready() {
  char buffer[256];
  const auto count = ::recv(fd_.get(), buffer, sizeof buffer, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return finish(fail(Errc::unavailable, "the bus at " + path_ + " hung up"));
  received_.append(buffer, static_cast<std::size_t>(count));
  if (received_.find("\r\n") == std::string::npos && received_.size() < 1024) return;
  if (received_.starts_with("OK ")) return finish({});
  finish(fail(Errc::unavailable, "the bus at " + path_ + " does not accept us"));
}

void BusProbe::finish(Status status) {
  source_.reset();
  fd_.reset();
  // `done` may destroy this object.
  auto timer = std::move(timer_);
  auto done = std::move(done_);
  done(std::move(status));
}

}  // namespace switchback
