// SPDX-License-Identifier: MIT
#include "tests/integration/private_manager.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string_view>

namespace switchback::test {
namespace {

constexpr int kLookEveryMs = 50;

}  // namespace

PrivateManager::PrivateManager(std::set<std::string> unstartable,
                               std::function<void(const std::string&)> start)
    : unstartable_(std::move(unstartable)), start_(std::move(start)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = socket();
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
      ::listen(listener_, 8) < 0) {
    throw std::runtime_error("cannot listen on " + path);
  }
  thread_ = std::thread([this] { serve(); });
}

PrivateManager::~PrivateManager() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

std::vector<std::string> PrivateManager::started() const {
  const std::lock_guard lock(mutex_);
  return started_;
}

void PrivateManager::serve() {
  while (!stop_) {
    pollfd listening{listener_, POLLIN, 0};
    if (::poll(&listening, 1, kLookEveryMs) > 0)
      serve_one(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
  }
}

void PrivateManager::serve_one(int fd) {
  sd_bus* bus = nullptr;
  sd_id128_t id{};
  sd_id128_randomize(&id);
  sd_bus_new(&bus);
  sd_bus_set_fd(bus, fd, fd);
  sd_bus_set_server(bus, 1, id);
  sd_bus_set_sender(bus, "org.freedesktop.systemd1");  // as PID 1 does
  sd_bus_add_filter(bus, nullptr, handle, this);
  int done = sd_bus_start(bus);
  while (!stop_ && done >= 0) {
    done = sd_bus_process(bus, nullptr);
    if (done == 0) done = sd_bus_wait(bus, kLookEveryMs * 1000);
  }
  sd_bus_close_unref(bus);
}

int PrivateManager::handle(sd_bus_message* call, void* self, sd_bus_error* /*error*/) {
  return static_cast<PrivateManager*>(self)->called(call);
}

int PrivateManager::called(sd_bus_message* call) {
  const char* member = sd_bus_message_get_member(call);
  if (member == nullptr) return 0;
  if (std::string_view(member) != "StartUnit") {
    // As PID 1 does with what it does not know, the bus's own methods among it.
    return sd_bus_reply_method_errorf(call, "org.freedesktop.DBus.Error.UnknownMethod", "no %s here", member);
  }
  const char* unit = nullptr;
  const char* mode = nullptr;
  sd_bus_message_read(call, "ss", &unit, &mode);
  std::size_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    started_.emplace_back(unit);
    number = started_.size();
  }
  if (unstartable_.contains(unit))
    return sd_bus_reply_method_errorf(call, "org.freedesktop.systemd1.UnitMasked", "%s is masked", unit);
  if (start_) start_(unit);
  const auto job = "/org/freedesktop/systemd1/job/" + std::to_string(number);
  sd_bus_reply_method_return(call, "o", job.c_str());
  sd_bus_emit_signal(sd_bus_message_get_bus(call), "/org/freedesktop/systemd1",
                     "org.freedesktop.systemd1.Manager", "JobRemoved", "uoss",
                     static_cast<std::uint32_t>(number), job.c_str(), unit, "done");
  return 1;
}

}  // namespace switchback::test
