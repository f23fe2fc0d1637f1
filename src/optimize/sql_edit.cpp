// SPDX-License-Identifier: Apache-2.0
#include "optimize/sql_edit.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "schema/tokens.hpp"

namespace voyager::optimize {
namespace {

using schema::Token;

/// A list in parentheses, as places in the statement's tokens.
struct List {
  std::size_t open = 0;
  std::size_t close = 0;
  std::size_t first_end = 0;  ///< behind the first element: a comma or `close`
};

class Tokens {
 public:
  explicit Tokens(const std::string& sql) : sql_(sql), tokens_(schema::scan_tokens(sql)) {}

  /// Names in quotes keep them.
  std::string_view operator[](std::size_t place) const {
    const Token& token = tokens_[place];
    return std::string_view(sql_).substr(token.start, token.end - token.start);
  }
  bool is_word(std::size_t place, std::string_view word) const {
    return to_lower((*this)[place]) == word;
  }
  std::size_t size() const { return tokens_.size(); }
  std::size_t start(std::size_t place) const { return tokens_[place].start; }
  std::size_t end(std::size_t place) const { return tokens_[place].end; }

  List list_from(std::size_t offset) const {
    List list;
    while (start(list.open) < offset || (*this)[list.open] != "(") ++list.open;
    int depth = 0;
    for (std::size_t i = list.open; list.close == 0; ++i) {
      const std::string_view word = (*this)[i];
      if (word == "(") ++depth;
      if (word == ")" && --depth == 0) list.close = i;
      if (list.first_end == 0 && (list.close != 0 || (depth == 1 && word == ",")))
        list.first_end = i;
    }
    return list;
  }

 private:
  const std::string& sql_;
  std::vector<Token> tokens_;
};

std::string inserted(const std::string& sql, std::size_t offset, const std::string& text) {
  return sql.substr(0, offset) + text + sql.substr(offset);
}

/// AS of CREATE MATERIALIZED VIEW ... AS, or the number of tokens.
std::size_t place_of_query(const Tokens& tokens) {
  if (tokens.size() < 2 || !tokens.is_word(1, "materialized")) return tokens.size();
  std::size_t place = 0;
  while (place < tokens.size() && !tokens.is_word(place, "as")) ++place;
  return place;
}

}  // namespace

std::string with_elements(const std::string& create_table,
                          const std::vector<std::string>& elements) {
  const Tokens tokens(create_table);
  const List list = tokens.list_from(0);
  std::string text;
  for (const std::string& element : elements) text += ",\n    " + element;
  if (list.close != list.open + 1) return inserted(create_table, tokens.end(list.close - 1), text);
  return inserted(create_table, tokens.end(list.open), text.substr(1) + "\n");
}

std::string with_ascending_lead(const std::string& sql, std::size_t offset) {
  const Tokens tokens(sql);
  const List list = tokens.list_from(offset);
  std::size_t place = list.first_end;
  const bool places_nulls =
      place > list.open + 2 && tokens.is_word(place - 2, "nulls") &&
      (tokens.is_word(place - 1, "first") || tokens.is_word(place - 1, "last"));
  if (places_nulls) place -= 2;
  return inserted(sql, tokens.end(place - 1), " ASC");
}

std::string list_at(const std::string& sql, std::size_t offset) {
  const Tokens tokens(sql);
  const List list = tokens.list_from(offset);
  return sql.substr(tokens.start(list.open), tokens.end(list.close) - tokens.start(list.open));
}

std::string with_option(const std::string& create, const std::string& option,
                        std::size_t first_option) {
  if (first_option > 0) return inserted(create, first_option, option + ", ");
  const Tokens tokens(create);
  const std::size_t query = place_of_query(tokens);
  if (query < tokens.size()) return inserted(create, tokens.start(query), "WITH (" + option + ") ");
  return create + "\nWITH (" + option + ")";
}

}  // namespace voyager::optimize
