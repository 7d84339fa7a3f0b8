// SPDX-License-Identifier: MIT
#include "tests/bench/figures.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>

namespace switchback::bench {
namespace {

bool reached(const Figure& figure) { return !figure.at_most || figure.value <= *figure.at_most; }

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double time_ms(const std::function<void()>& body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

void Figures::add(Figure figure) {
  std::cerr << "bench: " << figure.name << ": " << figure.value << ' ' << figure.unit << '\n';
  figures_.push_back(std::move(figure));
}

bool Figures::good() const { return std::all_of(figures_.begin(), figures_.end(), reached); }

void Figures::show(std::ostream& out, bool as_json) const {
  if (as_json) {
    auto document = nlohmann::json::array();
    for (const auto& figure : figures_) {
      nlohmann::json one{{"name", figure.name}, {"value", figure.value}, {"unit", figure.unit}};
      if (figure.at_most) one.update({{"atMost", *figure.at_most}, {"reached", reached(figure)}});
      document.push_back(std::move(one));
    }
    out << document.dump(2) << '\n';
    return;
  }
  for (const auto& figure : figures_) {
    out << std::left << std::setw(52) << figure.name << std::right << std::setw(10) << std::fixed
        << std::setprecision(2) << figure.value << ' ' << std::left << std::setw(4) << figure.unit;
    if (figure.at_most) out << (reached(figure) ? "  ok, at most " : "  MISSED, at most ") << *figure.at_most;
    out << '\n';
  }
}

}  // namespace switchback::bench
