// SPDX-License-Identifier: MIT
#include "activator/adapters/elf_machine.hpp"

#include "activator/adapters/unique_fd.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

namespace switchback {
namespace {

constexpr std::size_t kHead = 256;
constexpr std::pair<std::uint16_t, const char*> kNames[] = {
    {EM_X86_64, "x86_64"}, {EM_AARCH64, "aarch64"},   {EM_386, "i686"},   {EM_ARM, "armv7l"},
    {EM_RISCV, "riscv64"}, {EM_PPC64, "powerpc64le"}, {EM_S390, "s390x"},
};

std::string head_of(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) < 0 || !S_ISREG(info.st_mode)) return "";
  std::array<char, kHead> bytes{};
  const auto count = ::read(fd.get(), bytes.data(), bytes.size());
  return count <= 0 ? "" : std::string(bytes.data(), static_cast<std::size_t>(count));
}

std::optional<std::uint16_t> machine_in(const std::string& head) {
  constexpr std::size_t kMachineAt = 18;  // the same in 32 and 64 bits
  if (!head.starts_with(std::string_view(ELFMAG, SELFMAG)) || head.size() < kMachineAt + 2)
    return std::nullopt;
  const auto first = static_cast<unsigned char>(head[kMachineAt]);
  const auto second = static_cast<unsigned char>(head[kMachineAt + 1]);
  const bool little = head[EI_DATA] == ELFDATA2LSB;
  return static_cast<std::uint16_t>(little ? first | second << 8U : first << 8U | second);
}

}  // namespace

std::optional<std::uint16_t> read_elf_machine(const std::string& path) { return machine_in(head_of(path)); }

std::optional<std::uint16_t> machine_needed_by(const std::string& program) {
  const auto head = head_of(program);
  if (!head.starts_with("#!")) return machine_in(head);
  const auto begin = head.find_first_not_of(" \t", 2);
  if (begin == std::string::npos) return std::nullopt;
  return read_elf_machine(head.substr(begin, head.find_first_of(" \t\r\n", begin) - begin));
}

std::optional<std::uint16_t> machine_of_system(const std::string& system) {
  for (const auto& [machine, name] : kNames) {
    if (system == std::string(name) + "-linux") return machine;
  }
  return std::nullopt;
}

std::string machine_name(std::uint16_t machine) {
  for (const auto& [known, name] : kNames) {
    if (known == machine) return name;
  }
  return "machine " + std::to_string(machine);
}

bool runs_on(std::uint16_t host, std::uint16_t program) {
  return host == program || (host == EM_X86_64 && program == EM_386) ||
         (host == EM_AARCH64 && program == EM_ARM);
}

}  // namespace switchback
