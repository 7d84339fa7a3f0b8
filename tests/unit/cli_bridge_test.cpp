// SPDX-License-Identifier: MIT
// The bridge between standard streams and the socket, run as a program would.
#include "activator/service/bridge.hpp"
#include "tests/support/catch.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>

using namespace switchback;

namespace {

/// A bridge in a process of its own, and the two ends that it joins.
class Bridged {
 public:
  Bridged() {
    std::string base = (std::filesystem::temp_directory_path() / "bridge-XXXXXX").string();
    REQUIRE(mkdtemp(base.data()) != nullptr);
    directory_ = base;
  }
  ~Bridged() {
    for (const int fd : {to, from, socket, listening_}) close_fd(fd);
    std::filesystem::remove_all(directory_);
  }
  Bridged(const Bridged&) = delete;
  Bridged& operator=(const Bridged&) = delete;

  [[nodiscard]] std::string path() const { return directory_ + "/socket"; }

  void listen_there() {
    listening_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path().c_str(), path().size() + 1);
    REQUIRE(bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listening_, 1) == 0);
  }

  void start() {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    REQUIRE(pipe(in.data()) == 0);
    REQUIRE(pipe(out.data()) == 0);
    child_ = fork();
    if (child_ == 0) {
      dup2(in[0], 0);
      dup2(out[1], 1);
      for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
      _exit(run_bridge(path()));
    }
    ::close(in[0]);
    ::close(out[1]);
    to = in[1];
    from = out[0];
    if (listening_ >= 0) socket = accept(listening_, nullptr, nullptr);
  }

  int wait() {
    int status = 0;
    waitpid(child_, &status, 0);
    return WEXITSTATUS(status);
  }

  static void close_fd(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  static void close_fd(const int& fd) {
    if (fd >= 0) ::close(fd);
  }

  int to = -1;
  int from = -1;
  int socket = -1;

 private:
  std::string directory_;
  int listening_ = -1;
  pid_t child_ = -1;
};

void put(int fd, const std::string& text) {
  REQUIRE(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

/// Up to `size` bytes, fewer at the end of the stream.
std::string get(int fd, std::size_t size) {
  std::string out(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const auto count = read(fd, out.data() + have, size - have);
    if (count <= 0) break;
    have += static_cast<std::size_t>(count);
  }
  out.resize(have);
  return out;
}

}  // namespace

TEST_CASE("a bridge carries every byte both ways until the socket ends", "[bridge]") {
  Bridged bridged;
  bridged.listen_there();
  bridged.start();
  const std::string bytes("\0\x01{}\0\xff", 6);
  put(bridged.to, bytes);
  CHECK(get(bridged.socket, bytes.size()) == bytes);
  put(bridged.socket, bytes);
  CHECK(get(bridged.from, bytes.size()) == bytes);
  Bridged::close_fd(bridged.socket);
  CHECK(get(bridged.from, 1).empty());
  CHECK(bridged.wait() == 0);
}

TEST_CASE("the end of the input is passed on, and what is still said is carried", "[bridge]") {
  Bridged bridged;
  bridged.listen_there();
  bridged.start();
  put(bridged.to, "question");
  Bridged::close_fd(bridged.to);
  CHECK(get(bridged.socket, 100) == "question");  // and the end after it
  put(bridged.socket, "answer");
  Bridged::close_fd(bridged.socket);
  CHECK(get(bridged.from, 100) == "answer");
  CHECK(bridged.wait() == 0);
}

TEST_CASE("a bridge that nobody reads any more ends", "[bridge]") {
  Bridged bridged;
  bridged.listen_there();
  bridged.start();
  Bridged::close_fd(bridged.from);
  CHECK(bridged.wait() == 0);
}

TEST_CASE("a bridge says what is missing by its exit status", "[bridge]") {
  Bridged bridged;
  SECTION("no socket") {
    bridged.start();
    CHECK(bridged.wait() == kBridgeNoActivator);
  }
  SECTION("a socket that nobody listens on") {
    bridged.listen_there();
    Bridged stale;
    std::filesystem::create_symlink("/dev/null", stale.path());
    stale.start();
    CHECK(stale.wait() == kBridgeNoActivator);
  }
}
