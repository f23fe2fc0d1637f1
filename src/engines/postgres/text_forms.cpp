// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/text_forms.hpp"

#include <algorithm>

namespace voyager::postgres {
namespace {

/// Takes one identifier, plain or quoted, off the front of `rest`.
std::optional<std::string> take_identifier(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    std::string name(rest.substr(0, end));
    rest.remove_prefix(end);
    if (name.empty() || name.find('"') != std::string::npos) return std::nullopt;
    return name;
  }
  std::string name;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"' && (i + 1 == rest.size() || rest[i + 1] != '"')) {
      rest.remove_prefix(i + 1);
      return name;
    }
    if (rest[i] == '"') ++i;
    name += rest[i];
  }
  return std::nullopt;
}

}  // namespace

void ArrayLiteral::add(const Value& value) {
  if (text_.size() > 1) text_ += ',';
  if (value.kind != Value::Kind::text) {
    text_ += "NULL";
    return;
  }
  text_ += '"';
  std::string_view rest = value.text;
  for (std::size_t at = 0; (at = rest.find_first_of("\"\\")) != std::string_view::npos;) {
    text_.append(rest.substr(0, at));
    text_ += '\\';
    text_ += rest[at];
    rest.remove_prefix(at + 1);
  }
  text_.append(rest);
  text_ += '"';
}

std::string_view ArrayLiteral::close() {
  text_ += '}';
  return text_;
}

void append_copy_field(std::string& out, const Value& value) {
  if (value.kind != Value::Kind::text) {
    out += "\\N";
    return;
  }
  std::string_view rest = value.text;
  for (std::size_t at = 0; (at = rest.find_first_of("\\\n\r\t")) != std::string_view::npos;) {
    out.append(rest.substr(0, at));
    out += '\\';
    switch (rest[at]) {
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out += '\\';
        break;
    }
    rest.remove_prefix(at + 1);
  }
  out.append(rest);
}

std::optional<QualifiedName> parse_display_name(std::string_view text) {
  auto schema = take_identifier(text);
  if (!schema || !text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  auto table = take_identifier(text);
  if (!table || !text.empty()) return std::nullopt;
  return QualifiedName{std::move(*schema), std::move(*table)};
}

}  // namespace voyager::postgres
