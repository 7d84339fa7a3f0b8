// SPDX-License-Identifier: MIT
// Keeps the judge in its chair: until it is unpinned, the activator's service starts the binary that runs
// now. Decides where that binary is and how it is kept; systemd must be reloaded before it counts, which is
// the engine's affair.
#pragma once

#include "activator/adapters/own_program.hpp"
#include "activator/ports/profiles.hpp"
#include "activator/protocol/error.hpp"

#include <string>
#include <string_view>

namespace switchback {

struct PinPlaces {
  std::string executable = own_program();
  std::string drop_ins = "/run/systemd/system/switchback-activator.service.d";
  std::string copy = "/run/switchback/activator-pinned";  // of a binary that has no name any more
};

class ActivatorPin {
 public:
  ActivatorPin(Profiles& profiles, PinPlaces places) : profiles_(profiles), places_(std::move(places)) {}

  /// Errors: io.
  [[nodiscard]] Status pin();
  void unpin();

 private:
  [[nodiscard]] Result<std::string> running_binary() const;
  [[nodiscard]] Status copy_image() const;
  [[nodiscard]] std::string drop_in() const { return places_.drop_ins + "/50-switchback-pinned.conf"; }

  Profiles& profiles_;
  PinPlaces places_;
};

/// `path` as one word of ExecStart=. Source: systemd.service(5), «Command lines»; systemd.unit(5),
/// specifiers.
[[nodiscard]] std::string exec_word(std::string_view path);

}  // namespace switchback
