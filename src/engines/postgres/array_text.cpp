// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/array_text.hpp"

namespace voyager::postgres {
namespace {

template <typename Item, typename Append>
std::string joined(const std::vector<Item>& values, Append append) {
  std::string text = "{";
  for (const Item& value : values) {
    if (text.size() > 1) text += ',';
    append(text, value);
  }
  return text + "}";
}

}  // namespace

std::string array_text(const std::vector<std::string>& values) {
  return joined(values, [](std::string& text, const std::string& value) {
    text += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  });
}

std::string array_text(const std::vector<std::uint32_t>& values) {
  return joined(values,
                [](std::string& text, std::uint32_t value) { text += std::to_string(value); });
}

}  // namespace voyager::postgres
