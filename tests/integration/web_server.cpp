// SPDX-License-Identifier: MIT
#include "tests/integration/web_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace switchback::test {
namespace {

int listen_somewhere(int& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || ::bind(fd, generic, size) != 0 || ::listen(fd, 16) != 0 ||
      ::getsockname(fd, generic, &size) != 0)
    throw std::runtime_error("cannot listen");
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

WebServer::WebServer(std::map<std::string, std::string> answers)
    : answers_(std::move(answers)), listener_(listen_somewhere(port_)), thread_([this] { serve(); }) {}

WebServer::~WebServer() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

void WebServer::serve() {
  std::vector<int> held;
  while (!stop_) {
    pollfd polled{listener_, POLLIN, 0};
    if (::poll(&polled, 1, 20) <= 0) continue;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    held.push_back(fd);
    serve_one(fd);
  }
  for (const int fd : held) ::close(fd);
}

void WebServer::serve_one(int fd) {
  std::string request;
  char buffer[4096];
  while (request.find("\r\n\r\n") == std::string::npos) {
    pollfd polled{fd, POLLIN, 0};
    if (::poll(&polled, 1, 2000) <= 0) return;
    const auto count = ::read(fd, buffer, sizeof buffer);
    if (count <= 0) return;
    request.append(buffer, static_cast<std::size_t>(count));
  }
  const auto begin = request.find(' ') + 1;
  const auto answer = answers_.find(request.substr(begin, request.find(' ', begin) - begin));
  if (answer == answers_.end()) return;
  std::string_view rest = answer->second;
  while (!rest.empty()) {
    const auto count = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  ::shutdown(fd, SHUT_WR);
}

std::string http_answer(const std::string& status, const std::string& body, const std::string& more_headers) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more_headers +
         "\r\n" + body;
}

int closed_port() {
  int port = 0;
  ::close(listen_somewhere(port));
  return port;
}

}  // namespace switchback::test
