// SPDX-License-Identifier: MIT
// This host, by its activator's socket: no ssh. Decides what it means that the socket cannot be used. A fresh
// connection proves no more here than that the activator answers.
#pragma once

#include "activator/protocol/names.hpp"
#include "cli/remote.hpp"

#include <string>

namespace switchback {

class LocalRemote final : public Remote {
 public:
  explicit LocalRemote(std::string socket_path = kSocketPath);

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<Connection> open(Way way) override;
  [[nodiscard]] std::string whoever() const override;
  [[nodiscard]] Result<Ran> run(const Words& argv, const Waker* waker) override;

 private:
  std::string socket_path_;
  std::string name_;
};

}  // namespace switchback
