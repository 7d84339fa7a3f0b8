// SPDX-License-Identifier: MIT
// A pusher with a nix store of its own, and a host that only a scripted ssh knows: what runs there runs here,
// on a store of the host's. Nothing of it outlives the object. Needs root, nix and /bin/sh.
#pragma once

#include "tests/integration/private_mounts.hpp"
#include "tests/support/temp_dir.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace switchback::test {

/// An environment variable, as it was again when the object goes.
class Variable {
 public:
  Variable(std::string name, const std::optional<std::string>& value);
  ~Variable();
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string name_;
  std::optional<std::string> before_;
};

/// What this process and its children write to standard error, until it is asked for.
class CapturedStderr {
 public:
  CapturedStderr();
  ~CapturedStderr();
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;
  [[nodiscard]] std::string text() const;

 private:
  TempDir dir_;
  int before_;
};

class NixWorld {
 public:
  NixWorld();

  [[nodiscard]] const TempDir& dir() const { return dir_; }
  /// `text` with @system@ and @derivation@ (a function of a name and a shell script) put in; returns the
  /// path.
  std::string write_nix(const std::string& name, const std::string& text) const;
  /// How often nix was run with this verb: «eval», «build».
  [[nodiscard]] int runs_of(const std::string& verb) const;
  /// What `nix ARGUMENTS` prints, without the last line end.
  [[nodiscard]] std::string nix(const std::string& arguments) const;
  [[nodiscard]] bool host_has(const std::string& store_path) const;

 private:
  PrivateMounts mounts_;
  TempDir dir_;
  std::vector<std::unique_ptr<Variable>> variables_;
  std::string system_;
};

}  // namespace switchback::test
