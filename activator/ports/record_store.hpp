// SPDX-License-Identifier: MIT
// What the engine needs to remember across its own death: the running record, its events, and the history.
// Texts, not types: core/record.hpp decides the format, this decides durability.
#pragma once

#include "activator/protocol/activation_id.hpp"
#include "activator/protocol/error.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

inline constexpr std::size_t kHistoryLength = 100;

class RecordStore {
 public:
  RecordStore() = default;
  RecordStore(const RecordStore&) = delete;
  RecordStore& operator=(const RecordStore&) = delete;
  virtual ~RecordStore() = default;

  /// On disk when it returns: temporary file, fsync, rename, fsync of the directory. Errors: io, the old one
  /// is whole.
  [[nodiscard]] virtual Status save(const std::string& record) = 0;
  /// nullopt: no activation was running. Errors: io.
  [[nodiscard]] virtual Result<std::optional<std::string>> load() = 0;
  /// Adds one event of the running activation. Not synced: a crash of the host may lose the last ones.
  virtual void append_event(const std::string& event) = 0;
  /// The events of the running activation; a torn last one is left out.
  [[nodiscard]] virtual std::vector<std::string> events() = 0;
  /// Moves the running activation into the history as `document`; the oldest of more than kHistoryLength go.
  [[nodiscard]] virtual Status finish(const ActivationId& id, const std::string& document) = 0;
  /// Shows the history's documents one by one, newest first, until `wants_more` says no.
  virtual void visit_history(const std::function<bool(const std::string& document)>& wants_more) = 0;

  /// The history, newest first, `limit` at most.
  [[nodiscard]] std::vector<std::string> history(std::size_t limit) {
    std::vector<std::string> documents;
    visit_history([&](const std::string& document) {
      if (documents.size() < limit) documents.push_back(document);
      return documents.size() < limit;
    });
    return documents;
  }
};

}  // namespace switchback
