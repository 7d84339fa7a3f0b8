// SPDX-License-Identifier: MIT
// The server's side of the network block device protocol, as much of it as QEMU asks for: one export, one
// client at a time, each request answered before the next is read. What a disk is, is for BlockDevice to say.
// Source: the NBD project's doc/proto.md.
#pragma once

#include <cstdint>
#include <span>

namespace switchback::test {

class BlockDevice {
 public:
  virtual ~BlockDevice() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  virtual void read(std::uint64_t offset, std::span<std::uint8_t> into) = 0;
  virtual void write(std::uint64_t offset, std::span<const std::uint8_t> from) = 0;
  virtual void flush() = 0;
};

/// Serves the client at the other end of `socket` until it is gone. Throws std::runtime_error when it says
/// what is not in the protocol.
void serve_nbd(int socket, BlockDevice& device);

}  // namespace switchback::test
