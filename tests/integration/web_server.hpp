// SPDX-License-Identifier: MIT
// A web server of one thread on a port of its own: each path is answered as the test says, byte for byte.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <thread>

namespace switchback::test {

class WebServer {
 public:
  /// By path; another path is not answered at all, and its connection is held.
  explicit WebServer(std::map<std::string, std::string> answers);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  void serve();
  void serve_one(int fd);

  std::map<std::string, std::string> answers_;
  int port_ = 0;  // found by the next
  int listener_ = -1;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

/// A whole answer, with the length of its body.
std::string http_answer(const std::string& status, const std::string& body,
                        const std::string& more_headers = "");
/// A port that nobody listens on.
int closed_port();

}  // namespace switchback::test
