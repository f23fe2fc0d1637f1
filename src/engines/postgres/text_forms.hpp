// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/change.hpp"

namespace voyager::postgres {

/// Text of an array parameter ("{"a",NULL}"), built element by element. Every element is quoted, so
/// the literal is right for text[] whatever is inside. Source: PostgreSQL 15 documentation, 8.15.6
/// (array input and output syntax).
class ArrayLiteral {
 public:
  void add(const Value& value);
  std::string_view close();

 private:
  std::string text_ = "{";
};

/// Appends one field of COPY ... (FORMAT text) without its delimiter.
/// Source: PostgreSQL 15 documentation, COPY, "Text Format".
void append_copy_field(std::string& out, const Value& value);

}  // namespace voyager::postgres
