// SPDX-License-Identifier: MIT
// The benchmark's command line.
#include "tests/bench/measures.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

using namespace switchback::bench;

int main(int argc, char** argv) {
  bool json = false;
  int repeat = 7;
  for (int index = 1; index < argc; ++index) {
    const std::string word = argv[index];
    if (word == "--json") {
      json = true;
    } else if (word == "--repeat" && index + 1 < argc) {
      repeat = std::max(1, std::atoi(argv[++index]));
    } else {
      std::cerr << "usage: tests/bench/run [--json] [--repeat N]\n";
      return 2;
    }
  }
  try {
    Figures figures;
    measure_startup(figures, repeat);
    measure_evaluation(figures, repeat);
    measure_deployments(figures, repeat);
    measure_reaction(figures, repeat);
    measure_generator(figures, repeat);
    measure_footprint(figures);
    figures.show(std::cout, json);
    return figures.good() ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
