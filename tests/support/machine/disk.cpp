// SPDX-License-Identifier: MIT
#include "tests/support/machine/disk.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>
#include <stdexcept>

namespace switchback::test {
namespace {

void read_fully(int file, std::uint64_t offset, std::span<std::uint8_t> into) {
  while (!into.empty()) {
    const auto got = ::pread(file, into.data(), into.size(), static_cast<off_t>(offset));
    if (got <= 0) throw std::runtime_error("cannot read the image of a disk");
    offset += static_cast<std::uint64_t>(got);
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace

VolatileDisk::VolatileDisk(const std::filesystem::path& image)
    : image_(::open(image.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat info {};
  if (image_ < 0 || ::fstat(image_, &info) < 0 || info.st_size % static_cast<off_t>(kBlock) != 0)
    throw std::runtime_error("not the image of a disk: " + image.string());
  size_ = static_cast<std::uint64_t>(info.st_size);
}

VolatileDisk::~VolatileDisk() { ::close(image_); }

void VolatileDisk::read(std::uint64_t offset, std::span<std::uint8_t> into) {
  while (!into.empty()) {
    const auto from = offset % kBlock;
    const auto part = into.first(std::min<std::size_t>(into.size(), kBlock - from));
    const auto found = written_.find(offset / kBlock);
    if (found == written_.end()) {
      read_fully(image_, offset, part);
    } else {
      std::copy_n(found->second.begin() + static_cast<std::ptrdiff_t>(from), part.size(), part.begin());
    }
    offset += part.size();
    into = into.subspan(part.size());
  }
}

VolatileDisk::Block& VolatileDisk::block_to_write(std::uint64_t number) {
  const auto [found, added] = written_.try_emplace(number);
  if (added) read_fully(image_, number * kBlock, found->second);
  return found->second;
}

void VolatileDisk::write(std::uint64_t offset, std::span<const std::uint8_t> from) {
  while (!from.empty()) {
    const auto number = offset / kBlock;
    const auto start = offset % kBlock;
    const auto part = from.first(std::min<std::size_t>(from.size(), kBlock - start));
    if (!flushed_.contains(number)) {
      const auto before = written_.find(number);
      flushed_.emplace(number, before == written_.end() ? std::nullopt : std::optional(before->second));
    }
    std::copy(part.begin(), part.end(), block_to_write(number).begin() + static_cast<std::ptrdiff_t>(start));
    unflushed_.push_back({number, start, {part.begin(), part.end()}});
    offset += part.size();
    from = from.subspan(part.size());
  }
}

void VolatileDisk::flush() {
  flushed_.clear();
  unflushed_.clear();
}

VolatileDisk::Loss VolatileDisk::cut_power(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto share_kept = std::uniform_int_distribution<int>(0, 2)(random) / 2.0;
  std::bernoulli_distribution is_kept(share_kept);
  for (const auto& [number, before] : flushed_) {
    if (before) {
      written_[number] = *before;
    } else {
      written_.erase(number);
    }
  }
  Loss loss;
  for (const auto& piece : unflushed_) {
    if (!is_kept(random)) {
      ++loss.lost;
      continue;
    }
    ++loss.kept;
    std::copy(piece.bytes.begin(), piece.bytes.end(),
              block_to_write(piece.block).begin() + static_cast<std::ptrdiff_t>(piece.from));
  }
  flush();
  return loss;
}

DiskServer::DiskServer(BlockDevice& device, const std::filesystem::path& socket)
    : device_(device), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.string().size() >= sizeof(address.sun_path))
    throw std::runtime_error("too long: " + socket.string());
  std::strcpy(address.sun_path, socket.c_str());
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) < 0 ||
      ::listen(listener_, 1) < 0)
    throw std::runtime_error("cannot serve a disk at " + socket.string() + ": " + std::strerror(errno));
  thread_ = std::thread([this] { serve(); });
}

DiskServer::~DiskServer() {
  ::shutdown(listener_, SHUT_RDWR);  // wakes accept(), which close() does not
  thread_.join();
  ::close(listener_);
}

void DiskServer::serve() {
  while (true) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    {
      const std::lock_guard lock(mutex_);
      busy_ = true;
    }
    std::string failure;
    try {
      serve_nbd(client, device_);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    ::close(client);
    const std::lock_guard lock(mutex_);
    busy_ = false;
    if (!failure.empty()) failure_ = failure;
    changed_.notify_all();
  }
}

void DiskServer::wait_until_idle() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(20), [this] { return !busy_; }))
    throw std::runtime_error("a disk is in use still");
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

}  // namespace switchback::test
