// SPDX-License-Identifier: MIT
#include "tests/simulation/coverage.hpp"

#include <numeric>

namespace switchback::simulation {
namespace {

std::string padded(std::string_view text, std::size_t width, bool right = true) {
  std::size_t shown = 0;  // characters, not bytes
  for (const char c : text) shown += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U ? 1 : 0;
  const std::string fill(width > shown ? width - shown : 0, ' ');
  return right ? fill + std::string(text) : std::string(text) + fill;
}

template <class Rows>
void add_up(Rows& rows, const Rows& other) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < rows[row].size(); ++column) rows[row][column] += other[row][column];
  }
}

template <class Names>
std::string heading(std::size_t label, const Names& columns) {
  std::string line(label, ' ');
  for (const auto& name : columns) line += padded(name, std::max<std::size_t>(name.size(), 9) + 1);
  return line + "\n";
}

template <class Row, class Names>
std::string numbers(std::string_view label, std::size_t width, const Row& row, const Names& columns) {
  auto line = padded(label, width, /*right=*/false);
  for (std::size_t column = 0; column < row.size(); ++column)
    line += padded(std::to_string(row[column]), std::max<std::size_t>(columns[column].size(), 9) + 1);
  return line + "\n";
}

constexpr std::size_t kLabel = 24;
constexpr std::size_t kPairWidth = 14;

}  // namespace

void Coverage::add(const Coverage& other) {
  schedules += other.schedules;
  add_up(events, other.events);
  add_up(fed, other.fed);
  add_up(struck, other.struck);
  add_up(endings, other.endings);
}

std::string Coverage::events_table() const {
  auto table = "events by state: from the engine + fed directly\n" + std::string(kLabel, ' ');
  for (const auto& name : kStateNames) table += padded(name, kPairWidth);
  table += "\n";
  for (std::size_t event = 0; event < kEvents; ++event) {
    table += padded(kEventNames[event], kLabel, false);
    for (std::size_t state = 0; state < kStates; ++state) {
      const auto both = std::to_string(events[state][event]) + "+" + std::to_string(fed[state][event]);
      table += padded(both, kPairWidth);
    }
    table += "\n";
  }
  return table;
}

std::string Coverage::faults_table() const {
  auto table = "faults that struck, by state\n" + heading(kLabel, kStateNames);
  for (std::size_t fault = 0; fault < kFaults; ++fault)
    table += numbers(kFaultNames[fault], kLabel, struck[fault], kStateNames);
  return table;
}

std::string Coverage::endings_table() const {
  auto table = padded("fault", kLabel, false) + padded("injected", 10);
  for (const auto& name : kEndingNames) table += padded(name, std::max<std::size_t>(name.size(), 9) + 1);
  table += "\n";
  for (std::size_t fault = 0; fault <= kFaults; ++fault) {
    const auto& row = endings[fault];
    table += padded(fault == kFaults ? "none" : kFaultNames[fault], kLabel, false) +
             padded(std::to_string(std::accumulate(row.begin(), row.end(), std::uint64_t{0})), 10);
    table += numbers("", 0, row, kEndingNames);
  }
  return table;
}

}  // namespace switchback::simulation
