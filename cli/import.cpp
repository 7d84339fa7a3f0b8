// SPDX-License-Identifier: MIT
// import: the manifest that a network of another tool comes to goes to a file or to standard output; what it
// could not carry over is told on standard error.
#include "cli/exit_status.hpp"
#include "cli/manifest/imported.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <fstream>
#include <iostream>

namespace switchback {
namespace {

Status write_file(const std::string& name, const std::string& text) {
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return {};
  return fail(Errc::io, "cannot write " + printable(name) + ": " + errno_text(errno));
}

}  // namespace

ExitStatus run(const ImportOptions& options) {
  const SignalInterrupt interrupt;
  const auto imported = import_network(options.files, options.nix_arguments, interrupt);
  if (!imported) return refuse(imported.error());
  const auto text = imported->manifest.dump(2) + "\n";
  if (!options.output) {
    std::cout << text << std::flush;
  } else if (const auto written = write_file(*options.output, text); !written) {
    return refuse(written.error());
  }
  std::cerr << summary_of(*imported, options.files.front()) << std::flush;
  return ExitStatus::done;
}

}  // namespace switchback
