// SPDX-License-Identifier: MIT
#include "cli/elf.hpp"

#include "cli/text.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string_view>

namespace switchback {
namespace {

constexpr std::size_t kMostBytes = 65'536;  // headers and the loader's name stand at the beginning
constexpr std::uint64_t kInterpreter = 3;   // PT_INTERP of elf(5)

/// The fields of a file in its own byte order and width. What lies outside the file reads as 0.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes), wide_(bytes[4] == 2), big_(bytes[5] == 2) {}
  [[nodiscard]] bool wide() const { return wide_; }
  [[nodiscard]] std::uint64_t number(std::uint64_t at, unsigned size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) return 0;
    std::uint64_t out = 0;
    for (unsigned i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(bytes_[at + (big_ ? i : size - 1 - i)]);
      out = out << 8U | byte;
    }
    return out;
  }

 private:
  std::string_view bytes_;
  bool wide_;
  bool big_;
};

std::string machine_name(std::uint64_t machine, bool wide) {
  switch (machine) {
    case 3:
      return "i686";
    case 22:
      return "s390x";
    case 40:
      return "armv7l";
    case 62:
      return "x86_64";
    case 183:
      return "aarch64";
    case 243:
      return wide ? "riscv64" : "riscv32";
    default:
      return "machine " + std::to_string(machine);
  }
}

Result<std::string> loader_in(std::string_view bytes, const Fields& fields, const std::string& path) {
  const bool wide = fields.wide();
  const auto table = wide ? fields.number(32, 8) : fields.number(28, 4);
  const auto size = fields.number(wide ? 54 : 42, 2);
  const auto count = fields.number(wide ? 56 : 44, 2);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto entry = table + i * size;
    if (fields.number(entry, 4) != kInterpreter) continue;
    const auto at = wide ? fields.number(entry + 8, 8) : fields.number(entry + 4, 4);
    const auto length = wide ? fields.number(entry + 32, 8) : fields.number(entry + 16, 4);
    if (length < 2 || length > 4096 || at > bytes.size() || bytes.size() - at < length) {
      return fail(Errc::corrupt, path + " names its dynamic loader in a place where there is none");
    }
    return std::string(bytes.substr(at, length - 1));
  }
  return std::string();
}

}  // namespace

Result<std::optional<ElfFacts>> read_elf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::io, "cannot read " + path);
  std::string bytes(kMostBytes, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() < 64 || !bytes.starts_with("\x7f"
                                              "ELF"))
    return std::optional<ElfFacts>{};
  const Fields fields(bytes);
  auto loader = loader_in(bytes, fields, path);
  if (!loader) return tl::make_unexpected(loader.error());
  return std::optional<ElfFacts>{{machine_name(fields.number(18, 2), fields.wide()), std::move(*loader)}};
}

}  // namespace switchback
