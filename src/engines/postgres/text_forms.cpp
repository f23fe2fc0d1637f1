// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/text_forms.hpp"

namespace voyager::postgres {

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

}  // namespace voyager::postgres
