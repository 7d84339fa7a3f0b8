// SPDX-License-Identifier: MIT
// A disk with a volatile write cache, for an emulated machine: what was written but not flushed is at the
// mercy of a power cut, in pieces of 4 KiB, each kept or lost without regard to the order in which they were
// written. What was flushed stays. It is served at a socket; the image is only read, so that machines share
// it and what they write is gone with the object.
//
// It does not know what the machine never wrote: what was in the memory of its kernel is lost anyway.
#pragma once

#include "tests/support/machine/nbd.hpp"

#include <array>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace switchback::test {

class VolatileDisk : public BlockDevice {
 public:
  explicit VolatileDisk(const std::filesystem::path& image);
  ~VolatileDisk() override;
  VolatileDisk(const VolatileDisk&) = delete;
  VolatileDisk& operator=(const VolatileDisk&) = delete;

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::uint8_t> into) override;
  void write(std::uint64_t offset, std::span<const std::uint8_t> from) override;
  void flush() override;

  struct Loss {
    std::size_t kept = 0;
    std::size_t lost = 0;
  };
  /// Decides what is left of what was not flushed, by `seed`: all, nothing, or any part. Call it when nobody
  /// uses the disk.
  Loss cut_power(std::uint64_t seed);

 private:
  static constexpr std::uint64_t kBlock = 4096;
  using Block = std::array<std::uint8_t, kBlock>;
  struct Piece {  // of a write, within one block
    std::uint64_t block;
    std::uint64_t from;
    std::vector<std::uint8_t> bytes;
  };
  Block& block_to_write(std::uint64_t number);

  int image_ = -1;
  std::uint64_t size_ = 0;
  std::unordered_map<std::uint64_t, Block> written_;
  std::unordered_map<std::uint64_t, std::optional<Block>> flushed_;  // what the unflushed ones were before
  std::vector<Piece> unflushed_;
};

/// Serves a disk at a unix socket, to one client after another.
class DiskServer {
 public:
  DiskServer(BlockDevice& device, const std::filesystem::path& socket);
  ~DiskServer();
  DiskServer(const DiskServer&) = delete;
  DiskServer& operator=(const DiskServer&) = delete;
  /// Returns when it serves nobody. Throws what went wrong meanwhile.
  void wait_until_idle();

 private:
  void serve();

  BlockDevice& device_;
  int listener_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool busy_ = false;
  std::string failure_;
  std::thread thread_;
};

}  // namespace switchback::test
