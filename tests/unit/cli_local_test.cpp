// SPDX-License-Identifier: MIT
// This host's own activator: a real socket, with somebody behind it or nobody.
#include "cli/address.hpp"
#include "cli/local_remote.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/fake_activator.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const Call kStatus{.method = "org.switchback.Activator.Status"};

/// A socket in a directory of its own.
class Socket {
 public:
  Socket() {
    std::string base = (std::filesystem::temp_directory_path() / "local-XXXXXX").string();
    REQUIRE(mkdtemp(base.data()) != nullptr);
    directory_ = base;
  }
  ~Socket() {
    if (thread_.joinable()) thread_.join();
    std::filesystem::remove_all(directory_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] std::string path() const { return directory_ + "/socket"; }

  void bind_there(int backlog = 4) {
    listening_ = Fd(socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path().c_str(), path().size() + 1);
    REQUIRE(bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listening_.get(), backlog) == 0);
  }
  /// Answers as many connections as there are scripts, one after another.
  void serve(std::vector<Script> scripts) {
    bind_there();
    thread_ = std::thread([this, scripts = std::move(scripts)] {
      for (const auto& script : scripts) {
        FakePeer peer{Fd(accept(listening_.get(), nullptr, nullptr))};
        script(peer);
      }
    });
  }
  void stop_listening() { listening_.close(); }

 private:
  std::string directory_;
  Fd listening_;
  std::thread thread_;
};

Error failure(const Socket& socket) {
  LocalRemote remote(socket.path());
  const auto reply = remote.ask(Way::shared, kStatus);
  REQUIRE_FALSE(reply);
  return reply.error();
}

}  // namespace

TEST_CASE("this host's activator is asked without ssh, each time over a new connection", "[cli]") {
  Socket socket;
  socket.serve({[](FakePeer& peer) { peer.answer_status(); },
                [](FakePeer& peer) {
                  peer.greet();
                  peer.await_end();
                }});
  LocalRemote remote(socket.path());
  CHECK(remote.ask(Way::shared, kStatus));
  CHECK(remote.greet(Way::fresh)->version == SWITCHBACK_VERSION);
  CHECK_FALSE(remote.name().empty());
}

TEST_CASE("a socket that cannot be used is explained", "[cli]") {
  Socket socket;
  SECTION("there is none") {
    const auto error = failure(socket);
    CHECK(error.code == Errc::refused);
    CHECK_THAT(error.message, ContainsSubstring("is the package switchback-activator installed"));
  }
  SECTION("nobody listens on it") {
    socket.bind_there();
    socket.stop_listening();
    CHECK(failure(socket).code == Errc::refused);
  }
  SECTION("more wait already than it takes: no wait without end") {
    socket.bind_there(/*backlog=*/0);
    LocalRemote remote(socket.path());
    std::vector<Connection> waiting;
    auto connection = remote.open(Way::shared);
    while (connection && waiting.size() < 10) {
      waiting.push_back(std::move(*connection));
      connection = remote.open(Way::shared);
    }
    REQUIRE_FALSE(connection);
    CHECK(connection.error().code == Errc::unavailable);
  }
  SECTION("whoever is behind it hangs up") {
    socket.serve({[](FakePeer& peer) { peer.take(); }});
    CHECK(failure(socket).code == Errc::unavailable);
  }
}

TEST_CASE("a host is typed again as it was reached", "[cli]") {
  CHECK(where_words(local_address()) == "--local");
  CHECK(where_words({.node = "web", .destination = "root@web1"}) == "--host root@web1");
  CHECK(where_words({.node = "web", .destination = "root@web1", .ssh_options = {"-p", "22 22", "it's"}}) ==
        "--host root@web1 --ssh-opt=-p '--ssh-opt=22 22' '--ssh-opt=it'\\''s'");
}
