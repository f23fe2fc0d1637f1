// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/text.hpp"
#include "engine/statistics.hpp"

namespace voyager::engine {
namespace {

enum class Kind : std::uint8_t { word, quoted_name, text, number, placeholder, comment, other };

/// What a text's tokens are to somebody who looks for its constants.
struct Token {
  Kind kind = Kind::other;
  std::string_view text;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool joins_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80U) != 0;
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/// Cuts SQL text by PostgreSQL's lexical rules. What is not closed goes to the end of the text.
/// Source: PostgreSQL 15 documentation, 4.1 Lexical Structure.
class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  std::vector<Token> tokens() {
    std::vector<Token> all;
    while (at_ < sql_.size()) {
      const std::size_t start = at_;
      const Kind kind = next();
      all.push_back({kind, sql_.substr(start, at_ - start)});
    }
    return all;
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }

  Kind next() {
    const char c = peek();
    if (c == '-' && peek(1) == '-') return line_comment();
    if (c == '/' && peek(1) == '*') return block_comment();
    if (c == '\'') return quoted('\'', escapes_, Kind::text);
    if (c == '"') return quoted('"', false, Kind::quoted_name);
    if (c == '$') return dollar();
    if (is_digit(c)) return number();
    if (joins_word(c)) return word();
    ++at_;
    return Kind::other;
  }

  Kind line_comment() {
    at_ = std::min(sql_.find('\n', at_), sql_.size());
    return Kind::comment;
  }

  Kind block_comment() {
    int depth = 0;
    do {
      const bool opens = peek() == '/' && peek(1) == '*';
      const bool closes = peek() == '*' && peek(1) == '/';
      depth += opens ? 1 : closes ? -1 : 0;
      at_ += opens || closes ? 2U : 1U;
    } while (depth > 0 && at_ < sql_.size());
    at_ = std::min(at_, sql_.size());
    return Kind::comment;
  }

  Kind quoted(char quote, bool escapes, Kind kind) {
    escapes_ = false;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (escapes && sql_[at_] == '\\') {
        ++at_;
      } else if (sql_[at_] == quote) {
        if (peek(1) != quote) break;
        ++at_;  // a quote inside is doubled
      }
    }
    at_ = std::min(at_ + 1, sql_.size());
    return kind;
  }

  /// $1 or $tag$...$tag$.
  Kind dollar() {
    const std::size_t start = at_++;
    if (is_digit(peek())) {
      while (is_digit(peek())) ++at_;
      return Kind::placeholder;
    }
    while (joins_word(peek()) && peek() != '$') ++at_;
    if (peek() != '$') return Kind::other;
    const std::string_view tag = sql_.substr(start, ++at_ - start);
    const std::size_t end = sql_.find(tag, at_);
    at_ = end == std::string_view::npos ? sql_.size() : end + tag.size();
    return Kind::text;
  }

  Kind number() {
    while (joins_word(peek()) || peek() == '.') {
      const bool exponent = (peek() == 'e' || peek() == 'E') && (peek(1) == '+' || peek(1) == '-');
      at_ += exponent && is_digit(peek(2)) ? 2U : 1U;
    }
    return Kind::number;
  }

  Kind word() {
    const std::size_t start = at_;
    while (joins_word(peek())) ++at_;
    escapes_ = peek() == '\'' && to_lower(sql_.substr(start, at_ - start)) == "e";
    return Kind::word;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  bool escapes_ = false;  // the text that begins here is E'...'
};

bool is_gap(const Token& token) {
  return token.kind == Kind::comment || (token.kind == Kind::other && is_space(token.text[0]));
}

bool holds_data_only(const std::vector<Token>& tokens) {
  constexpr std::array openings{"select", "insert", "update", "delete",
                                "merge",  "values", "table",  "with"};
  std::string before;  // the token in front, in lower case
  for (const Token& token : tokens) {
    if (is_gap(token)) continue;
    const std::string word = token.kind == Kind::word ? to_lower(token.text) : "";
    if (before.empty() && token.text == "(") continue;
    if (before.empty() && std::find(openings.begin(), openings.end(), word) == openings.end())
      return false;
    // SELECT ... INTO makes a table: to the server it is CREATE TABLE AS.
    const bool may_come_before_into =
        before == "insert" || before == "merge" || before == "as" || before == ".";
    if (word == "into" && !may_come_before_into) return false;
    before = word.empty() ? std::string(token.text) : word;
  }
  return !before.empty();
}

}  // namespace

std::optional<std::string> data_statement(std::string_view text) {
  const std::vector<Token> tokens = Lexer(text).tokens();
  if (!holds_data_only(tokens)) return std::nullopt;
  // Numbers stay beside placeholders, as in varchar(10); without any, the server may have kept the
  // statement as it was sent, which it does when its memory for statements is short.
  const bool normalised = std::any_of(tokens.begin(), tokens.end(), [](const Token& token) {
    return token.kind == Kind::placeholder;
  });
  std::string bare;
  for (const Token& token : tokens) {
    if (token.kind == Kind::comment) {
      bare += ' ';  // it may say anything
    } else if (token.kind == Kind::text) {
      bare += "''";
    } else if (token.kind == Kind::number && !normalised) {
      bare += '0';
    } else {
      bare += token.text;
    }
  }
  return std::string(trim(bare));
}

}  // namespace voyager::engine
