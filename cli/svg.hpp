// SPDX-License-Identifier: MIT
// Writes the text of an SVG picture, element by element: whatever a name holds, the document stays
// well-formed and nothing in it is obeyed. Knows shapes and classes; what they mean, and their colours, is
// decided elsewhere.
#pragma once

#include <string>
#include <string_view>

namespace switchback {

/// `text` as XML takes it, in an element or in an attribute: what a terminal would obey is written out
/// (text.hpp), what XML has no place for becomes «?».
[[nodiscard]] std::string xml_text(std::string_view text);

class Svg {
 public:
  struct Box {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
  };

  /// `title` is shown while the pointer rests on it; empty: none.
  void rect(const Box& box, std::string_view classes, std::string_view title = "");
  void line(double x1, double y1, double x2, double y2, std::string_view classes);
  void circle(double x, double y, double radius, std::string_view classes, std::string_view title = "");
  /// `data` is of SVG's path language, and ours.
  void path(std::string_view data, std::string_view classes, std::string_view title = "");
  void text(double x, double y, std::string_view classes, std::string_view text, std::string_view title = "");
  /// Everything until the matching end(). `name` says what it is about: an attribute that programs can look
  /// for.
  void begin(std::string_view classes, std::string_view name = "");
  void end();
  [[nodiscard]] const std::string& elements() const { return out_; }

 private:
  void close(std::string_view element, std::string_view title);

  std::string out_;
};

/// «12.5», whatever the locale.
[[nodiscard]] std::string svg_number(double value);

}  // namespace switchback
