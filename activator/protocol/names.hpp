// SPDX-License-Identifier: MIT
// Names, paths and limits that the command and the activator share. Decides nothing else.
#pragma once

#include <chrono>
#include <cstddef>

namespace switchback {

inline constexpr const char* kInterface = "org.switchback.Activator";
inline constexpr const char* kVarlinkInterface = "org.varlink.service";
inline constexpr const char* kSocketPath = "/run/switchback/activator.sock";
inline constexpr int kApiVersion = 1;

inline constexpr std::size_t kMaxMessageBytes = std::size_t{1024} * 1024;
inline constexpr std::size_t kMaxChanges = 64;
inline constexpr std::size_t kMaxNoteBytes = 4096;
inline constexpr std::size_t kMaxListEntries = 1024;  // gate.critical and the like
inline constexpr std::size_t kMaxEventsKept = 5000;   // of one activation, for Watch and the history
inline constexpr std::chrono::seconds kLongestDuration{24 * 3600};

inline constexpr std::chrono::seconds kActivationTimeout{240};  // deploy-rs's default
inline constexpr std::chrono::seconds kConfirmTimeout{30};      // deploy-rs's default
inline constexpr std::chrono::seconds kManualConfirmTimeout{600};
inline constexpr std::chrono::seconds kTestFor{3600};
inline constexpr std::chrono::seconds kBootWithin{24 * 3600};

}  // namespace switchback
