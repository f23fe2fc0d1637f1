// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace voyager::schema {

/// A lexical token of SQL text; comments are not tokens.
struct Token {
  std::size_t start = 0;  ///< byte offset
  std::size_t end = 0;
  bool keyword = false;  ///< as PostgreSQL 15 knows them, the unreserved ones too
};

/// Cuts SQL text into tokens with PostgreSQL's own lexer. It knows no grammar, so statements that
/// only YugabyteDB or a later PostgreSQL understands are fine; numbers in the forms that came with
/// PostgreSQL 16 (0x1F, 1_000) are one token each. Throws: E4005 with the lexer's message (an
/// unterminated quote or comment).
std::vector<Token> scan_tokens(const std::string& sql);

/// The token's text; keywords and unquoted names in lower case, quoted names without their quotes.
std::string word_of(const std::string& sql, const Token& token);

/// libpg_query's place of an error, which counts characters from 1, as bytes from 0. It says 0 when
/// no place is known.
std::size_t byte_offset(std::string_view sql, int character);

/// Whether the text holds a name that is qualified with this schema (outside of literals).
bool mentions_schema(const std::string& sql, std::string_view schema);

}  // namespace voyager::schema
