// SPDX-License-Identifier: MIT
#include "tests/support/machine/nbd.hpp"

#include <sys/socket.h>

#include <concepts>
#include <stdexcept>
#include <vector>

namespace switchback::test {
namespace {

constexpr std::uint64_t kGreeting = 0x4e42444d41474943;  // NBDMAGIC
constexpr std::uint64_t kOption = 0x49484156454f5054;    // IHAVEOPT
constexpr std::uint64_t kOptionReply = 0x0003e889045565a9;
constexpr std::uint32_t kRequest = 0x25609513;
constexpr std::uint32_t kReply = 0x67446698;
constexpr std::uint16_t kFixedNewstyleNoZeroes = 3;
constexpr std::uint16_t kHasFlagsSendsFlush = 1 | 4;  // no FUA: the client then writes and flushes
constexpr std::uint32_t kMaxRequest = 64U << 20U;

enum Option : std::uint32_t { abort_option = 2, info_option = 6, go_option = 7 };
enum OptionReply : std::uint32_t { ack = 1, info = 3, unsupported = 0x80000001 };
enum Command : std::uint16_t { read_command = 0, write_command = 1, disconnect = 2, flush_command = 3 };
constexpr std::uint32_t kInvalid = 22;

/// The client is gone, as it is when the power is cut.
struct Gone {};

class Wire {
 public:
  explicit Wire(int socket) : socket_(socket) {}

  void receive(std::span<std::uint8_t> into) const {
    while (!into.empty()) {
      const auto got = ::recv(socket_, into.data(), into.size(), 0);
      if (got <= 0) throw Gone();
      into = into.subspan(static_cast<std::size_t>(got));
    }
  }
  template <std::unsigned_integral Number>
  Number receive() const {
    std::uint8_t bytes[sizeof(Number)];
    receive(bytes);
    std::uint64_t number = 0;
    for (const auto byte : bytes) number = number << 8U | byte;
    return static_cast<Number>(number);
  }
  void send(std::span<const std::uint8_t> bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw Gone();
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
  }

 private:
  int socket_;
};

class Message {
 public:
  template <std::unsigned_integral Number>
  Message& add(Number number) {
    for (auto shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8)
      bytes_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> shift));
    return *this;
  }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

Message option_reply(std::uint32_t option, OptionReply type, std::uint32_t length) {
  Message reply;
  reply.add(kOptionReply).add(option).add(static_cast<std::uint32_t>(type)).add(length);
  return reply;
}

/// True: the client wants the disk.
bool answer_option(const Wire& wire, const BlockDevice& device) {
  if (wire.receive<std::uint64_t>() != kOption) throw std::runtime_error("nbd: not an option");
  const auto option = wire.receive<std::uint32_t>();
  const auto length = wire.receive<std::uint32_t>();
  if (length > kMaxRequest) throw std::runtime_error("nbd: an option of that length");
  std::vector<std::uint8_t> data(length);
  wire.receive(data);
  if (option != go_option && option != info_option) {
    wire.send(option_reply(option, option == abort_option ? ack : unsupported, 0).bytes());
    if (option == abort_option) throw Gone();
    return false;
  }
  auto description = option_reply(option, info, 12);
  description.add(std::uint16_t{0}).add(device.size()).add(kHasFlagsSendsFlush);
  wire.send(description.bytes());
  wire.send(option_reply(option, ack, 0).bytes());
  return option == go_option;
}

void answer_request(const Wire& wire, BlockDevice& device) {
  if (wire.receive<std::uint32_t>() != kRequest) throw std::runtime_error("nbd: not a request");
  wire.receive<std::uint16_t>();  // flags
  const auto command = wire.receive<std::uint16_t>();
  const auto cookie = wire.receive<std::uint64_t>();
  const auto offset = wire.receive<std::uint64_t>();
  const auto length = wire.receive<std::uint32_t>();
  if (command == disconnect) throw Gone();
  const bool moves = command == read_command || command == write_command;
  const bool fits = length <= kMaxRequest && offset <= device.size() && length <= device.size() - offset;
  if (moves && !fits) throw std::runtime_error("nbd: past the end of the disk");
  std::vector<std::uint8_t> data(moves ? length : 0);
  if (command == write_command) wire.receive(data);
  if (command == read_command) device.read(offset, data);
  if (command == write_command) device.write(offset, data);
  if (command == flush_command) device.flush();
  Message reply;
  reply.add(kReply).add(moves || command == flush_command ? std::uint32_t{0} : kInvalid).add(cookie);
  wire.send(reply.bytes());
  if (command == read_command) wire.send(data);
}

}  // namespace

void serve_nbd(int socket, BlockDevice& device) {
  const Wire wire(socket);
  try {
    wire.send(Message().add(kGreeting).add(kOption).add(kFixedNewstyleNoZeroes).bytes());
    wire.receive<std::uint32_t>();  // the client's flags
    while (!answer_option(wire, device)) {
    }
    while (true) answer_request(wire, device);
  } catch (const Gone&) {
  }
}

}  // namespace switchback::test
