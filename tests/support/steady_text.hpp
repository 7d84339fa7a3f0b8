// SPDX-License-Identifier: MIT
// What a terminal showed, without what is another each time: N for times, ID for ids, DATE for dates, HASH
// for those of store paths.
#pragma once

#include <regex>
#include <string>
#include <utility>

namespace switchback::test {

inline std::string steady_text(std::string text) {
  const std::pair<const char*, const char*> rules[] = {
      {"\r", ""},
      {"copying [^\n]*\n", ""},  // nix's own words
      {"/nix/store/[0-9a-z]{32}-", "/nix/store/HASH-"},
      {"\\(Nix\\) [0-9.]+", "(Nix) N"},
      {"(warning: |building ')[^\n]*\n", ""},
      {"\\b[0-9a-f]{32}\\b", "ID"},
      {"\\b[0-9a-f]{8}\\b", "ID"},
      {"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?", "DATE"},
      {"\\b[0-9]+ s {2,}", "N s          "},  // in a column
      {"\\b[0-9]+(\\.[0-9])?(\\s+)s\\b", "N$2s"},
      {"\\bprocess [0-9]+\\b", "process N"},
      {"[^\n]*: Consumed [^\n]*CPU time[^\n]*\n", ""},  // by some, sometimes
      // Told over two connections, in either order.
      {"(web1: confirmed [^\n]*\n)(web1: committing [^\n]*\n)", "$2$1"},
  };
  for (const auto& [pattern, instead] : rules) text = std::regex_replace(text, std::regex(pattern), instead);
  return text;
}

}  // namespace switchback::test
