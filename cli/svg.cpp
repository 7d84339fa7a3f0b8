// SPDX-License-Identifier: MIT
#include "cli/svg.hpp"

#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace switchback {
namespace {

// Of the Unicode that printable() leaves: U+FFFE and U+FFFF. Source: XML 1.0, 2.2 Characters.
constexpr std::string_view kNoCharacters = "\xef\xbf\xbe\xef\xbf\xbf";

std::string attribute(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + svg_number(value) + "\"";
}

std::string class_attribute(std::string_view classes) {
  return classes.empty() ? "" : " class=\"" + std::string(classes) + "\"";
}

}  // namespace

std::string xml_text(std::string_view text) {
  const auto plain = printable(text);
  std::string out;
  for (std::size_t at = 0; at < plain.size(); ++at) {
    switch (plain[at]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        const auto three = std::string_view(plain).substr(at, 3);
        if (three == kNoCharacters.substr(0, 3) || three == kNoCharacters.substr(3)) {
          out += '?';
          at += 2;
        } else {
          out += plain[at];
        }
    }
  }
  return out;
}

std::string svg_number(double value) {
  // As far as a picture may reach; also of what is no number at all.
  const double limited = std::isfinite(value) ? std::clamp(value, -1e6, 1e6) : 0;
  std::array<char, 32> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), limited, std::chars_format::fixed, 1);
  std::string text(buffer.data(), error == std::errc() ? end : buffer.data());
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" || text.empty() ? "0" : text;
}

void Svg::close(std::string_view element, std::string_view title) {
  if (title.empty()) {
    out_ += "/>\n";
    return;
  }
  out_ += "><title>" + xml_text(title) + "</title></" + std::string(element) + ">\n";
}

void Svg::rect(const Box& box, std::string_view classes, std::string_view title) {
  out_ += "<rect" + class_attribute(classes) + attribute("x", box.x) + attribute("y", box.y) +
          attribute("width", std::max(box.width, 0.0)) + attribute("height", std::max(box.height, 0.0));
  close("rect", title);
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view classes) {
  out_ += "<line" + class_attribute(classes) + attribute("x1", x1) + attribute("y1", y1) +
          attribute("x2", x2) + attribute("y2", y2);
  close("line", "");
}

void Svg::circle(double x, double y, double radius, std::string_view classes, std::string_view title) {
  out_ +=
      "<circle" + class_attribute(classes) + attribute("cx", x) + attribute("cy", y) + attribute("r", radius);
  close("circle", title);
}

void Svg::path(std::string_view data, std::string_view classes, std::string_view title) {
  out_ += "<path" + class_attribute(classes) + " d=\"" + std::string(data) + "\"";
  close("path", title);
}

void Svg::text(double x, double y, std::string_view classes, std::string_view text, std::string_view title) {
  out_ += "<text" + class_attribute(classes) + attribute("x", x) + attribute("y", y) + ">";
  if (!title.empty()) out_ += "<title>" + xml_text(title) + "</title>";
  out_ += xml_text(text) + "</text>\n";
}

void Svg::begin(std::string_view classes, std::string_view name) {
  out_ += "<g" + class_attribute(classes);
  if (!name.empty()) out_ += " data-name=\"" + xml_text(name) + "\"";
  out_ += ">\n";
}

void Svg::end() { out_ += "</g>\n"; }

}  // namespace switchback
