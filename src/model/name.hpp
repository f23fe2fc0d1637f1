// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace voyager {

/// An identifier for SQL text, always in double quotes, with quotes inside doubled.
std::string quote_identifier(std::string_view name);
/// A string literal for SQL text; uses E'' only when there is a backslash in it.
std::string quote_literal(std::string_view text);

/// The two-part name of a table, sequence or type, as the catalog spells it (no quotes, exact
/// case).
struct QualifiedName {
  std::string schema;
  std::string name;

  /// "schema"."name": the only way in which a name gets into SQL text.
  std::string quoted() const;
  /// schema.name for people; parts that are not plain lower-case words are quoted.
  std::string display() const;

  friend auto operator<=>(const QualifiedName&, const QualifiedName&) = default;
};

}  // namespace voyager
