// SPDX-License-Identifier: MIT
#include "tests/support/machine/firmware.hpp"

#include "tests/support/testhost/process.hpp"
#include "tests/support/testhost/world.hpp"

#include <sstream>
#include <stdexcept>

namespace switchback::test {
namespace {

namespace fs = std::filesystem;

fs::path made_by(const std::string& script) {
  return output_of({SWITCHBACK_MACHINE_DIR "/" + script, "--existing"});
}

const fs::path& kernel() {
  static const fs::path path = made_by("kernel");
  return path;
}

const fs::path& loaders() {
  static const fs::path path = made_by("firmware");
  return path;
}

std::string kernel_line() {
  std::istringstream lines(read_text(SWITCHBACK_MACHINE_DIR "/kernel-line"));
  std::string words;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != '#') words += line + " ";
  }
  return words;
}

std::string drive(const std::string& options, const fs::path& file) {
  return options + ",format=raw,file=" + file.string();
}

}  // namespace

std::string kernel_params() { return read_text(loaders() / "kernel-params"); }

Starter::Starter(Firmware firmware, const fs::path& directory) : firmware_(firmware) {
  if (firmware_ == Firmware::none) return;
  disk_ = directory / "boot.disk";
  // Most of it is holes.
  output_of({"cp", "--sparse=always", loaders() / (firmware_ == Firmware::uefi ? "uefi.disk" : "bios.disk"),
             disk_});
  if (firmware_ != Firmware::uefi) return;
  variables_ = directory / "variables.fd";
  fs::copy_file(loaders() / "ovmf-vars.fd", variables_);
}

std::vector<std::string> Starter::command(const std::vector<std::string>& emulator,
                                          const std::string& more) const {
  if (firmware_ == Firmware::none)
    return emulator + std::vector<std::string>{"-no-reboot",        "-kernel",           kernel() / "vmlinuz",
                                               "-initrd",           kernel() / "initrd", "-append",
                                               kernel_line() + more};
  if (!more.empty()) throw std::runtime_error("a boot loader does not tell the kernel: " + more);
  std::vector<std::string> told{"-no-reboot", "-drive", drive("if=none,id=boot", disk_), "-device",
                                "virtio-blk-pci,drive=boot,bootindex=1"};
  if (firmware_ == Firmware::uefi) {
    for (const auto& flash : {drive("if=pflash,unit=0,readonly=on", loaders() / "ovmf-code.fd"),
                              drive("if=pflash,unit=1", variables_)}) {
      told.emplace_back("-drive");
      told.push_back(flash);
    }
  }
  return std::vector<std::string>{"sh", "-c", "while \"$@\"; do :; done", "sh"} + emulator + told;
}

}  // namespace switchback::test
