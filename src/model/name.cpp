// SPDX-License-Identifier: Apache-2.0
#include "model/name.hpp"

#include <algorithm>

namespace voyager {
namespace {

std::string quoted_by(std::string_view text, char quote) {
  std::string out(1, quote);
  out.reserve(text.size() + 2);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  out += quote;
  return out;
}

bool is_plain_word(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && name[0] != '$' &&
         std::all_of(name.begin(), name.end(), plain);
}

std::string display_part(const std::string& part) {
  return is_plain_word(part) ? part : quote_identifier(part);
}

}  // namespace

std::string quote_identifier(std::string_view name) {
  return quoted_by(name, '"');
}

std::string quote_literal(std::string_view text) {
  if (text.find('\\') == std::string_view::npos) return quoted_by(text, '\'');
  std::string doubled;
  for (const char c : text) {
    if (c == '\\') doubled += '\\';
    doubled += c;
  }
  return "E" + quoted_by(doubled, '\'');
}

std::string QualifiedName::quoted() const {
  return quote_identifier(schema) + "." + quote_identifier(name);
}

std::string QualifiedName::display() const {
  return display_part(schema) + "." + display_part(name);
}

}  // namespace voyager
