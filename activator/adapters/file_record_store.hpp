// SPDX-License-Identifier: MIT
// The record in files: `running.json`, `running.events` (one JSON text a line) and
// `history/<number>-<id>.json`. Decides names, durability and what is pruned; what the documents say is
// core/record.hpp's affair.
#pragma once

#include "activator/ports/record_store.hpp"

#include <string>

namespace switchback {

inline constexpr std::size_t kMaxRecordBytes = std::size_t{64} * 1024 * 1024;

class FileRecordStore : public RecordStore {
 public:
  explicit FileRecordStore(std::string directory = "/var/lib/switchback")
      : directory_(std::move(directory)) {}

  [[nodiscard]] Status save(const std::string& record) override;
  [[nodiscard]] Result<std::optional<std::string>> load() override;
  void append_event(const std::string& event) override;
  [[nodiscard]] std::vector<std::string> events() override;
  [[nodiscard]] Status finish(const ActivationId& id, const std::string& document) override;
  void visit_history(const std::function<bool(const std::string& document)>& wants_more) override;

 private:
  [[nodiscard]] std::string running() const { return directory_ + "/running.json"; }
  [[nodiscard]] std::string running_events() const { return directory_ + "/running.events"; }
  [[nodiscard]] std::string history_directory() const { return directory_ + "/history"; }
  [[nodiscard]] std::vector<std::string> history_names() const;
  void prune();

  std::string directory_;
};

}  // namespace switchback
