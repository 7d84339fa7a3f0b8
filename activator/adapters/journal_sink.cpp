// SPDX-License-Identifier: MIT
#include "activator/adapters/journal_sink.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace switchback {
namespace {

constexpr std::size_t kMaxLogLine = std::size_t{16} * 1024;

int priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
      return LOG_CRIT;
    case spdlog::level::err:
      return LOG_ERR;
    case spdlog::level::warn:
      return LOG_WARNING;
    case spdlog::level::info:
      return LOG_INFO;
    default:
      return LOG_DEBUG;
  }
}

void add(std::string& entry, std::string_view name, std::string_view value) {
  entry.append(name);
  if (value.find('\n') == std::string_view::npos) {
    entry.append("=").append(value);
  } else {
    entry.push_back('\n');
    for (unsigned byte = 0; byte < 8; ++byte) entry.push_back(static_cast<char>(value.size() >> (8 * byte)));
    entry.append(value);
  }
  entry.push_back('\n');
}

}  // namespace

bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  return stream != nullptr && ::fstat(STDERR_FILENO, &info) == 0 &&
         stream == std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

void JournalSink::sink_it_(const spdlog::details::log_msg& message) {
  std::string text(message.payload.data(), std::min(message.payload.size(), kMaxLogLine));
  const int priority = priority_of(message.level);
  if (lost_ > 0 && send(LOG_WARNING, std::to_string(lost_) + " log lines before this one were lost") == 0)
    lost_ = 0;
  const int error = send(priority, text);
  if (error == 0) return;
  if (error == EAGAIN) {
    ++lost_;
    return;
  }
  // Standard error leads to the journal too; «<6>» is how a line says its priority there: sd-daemon(3).
  text = "<" + std::to_string(priority) + ">" + text + "\n";
  if (::write(STDERR_FILENO, text.data(), text.size()) < 0) ++lost_;
}

// Not sd_journal_sendv(3): that waits, for ever, for a journald that does not read.
int JournalSink::send(int priority, const std::string& text) {
  if (!socket_.valid()) socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy_n(path_.begin(), std::min(path_.size(), sizeof address.sun_path - 1), address.sun_path);
  std::string entry;
  add(entry, "MESSAGE", text);
  add(entry, "PRIORITY", std::to_string(priority));
  add(entry, "SYSLOG_IDENTIFIER", "switchback-activator");
  if (!activation_.empty()) add(entry, "SWITCHBACK_ACTIVATION", activation_);
  const auto sent = ::sendto(socket_.get(), entry.data(), entry.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return sent < 0 ? errno : 0;
}

}  // namespace switchback
