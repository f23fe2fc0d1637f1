// SPDX-License-Identifier: Apache-2.0
#include "schema/split.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "schema/tokens.hpp"

namespace voyager::schema {
namespace {

/// Follows one statement's tokens and says whether a semicolon ends it.
class StatementShape {
 public:
  void take(const std::string& word) {
    if (beginning_) see_kind(word);
    if (word == "(") ++parentheses_;
    if (word == ")") --parentheses_;
    if (routine_) follow_body(word);
    previous_ = word;
  }
  bool semicolon_ends_it() const { return body_ == 0 && !(rule_ && parentheses_ > 0); }

 private:
  void see_kind(const std::string& word) {
    if (word == "create" || word == "or" || word == "replace") return;
    rule_ = word == "rule";
    routine_ = word == "function" || word == "procedure";
    beginning_ = false;
  }
  void follow_body(const std::string& word) {
    if (body_ == 0) {
      if (word == "atomic" && previous_ == "begin") body_ = 1;
      return;
    }
    if (word == "case") ++body_;
    if (word == "end") --body_;
  }

  bool beginning_ = true;
  bool rule_ = false;
  bool routine_ = false;
  int parentheses_ = 0;
  int body_ = 0;  // BEGIN ATOMIC and CASE that wait for their END
  std::string previous_;
};

/// A name in quotes is never a keyword, whatever its text.
std::string unquoted_word(const std::string& sql, const Token& token) {
  return sql[token.start] == '"' ? std::string() : word_of(sql, token);
}

class LineCounter {
 public:
  explicit LineCounter(const std::string& text) : text_(text) {}
  std::size_t line_at(std::size_t offset) {
    const auto from = text_.begin() + static_cast<std::ptrdiff_t>(counted_to_);
    const auto to = text_.begin() + static_cast<std::ptrdiff_t>(offset);
    line_ += static_cast<std::size_t>(std::count(from, to, '\n'));
    counted_to_ = offset;
    return line_;
  }

 private:
  const std::string& text_;
  std::size_t counted_to_ = 0;
  std::size_t line_ = 1;
};

struct Line {
  std::size_t start = 0;
  std::size_t end = 0;  // after its newline
  std::string_view text;
};

bool is_blank_or_comment(std::string_view line) {
  const std::string_view text = trim(line);
  return text.empty() || text.substr(0, 2) == "--";
}

Line line_from(const std::string& sql, std::size_t start) {
  const std::size_t newline = sql.find('\n', start);
  const std::size_t end = newline == std::string::npos ? sql.size() : newline + 1;
  return {start, end, std::string_view(sql).substr(start, end - start)};
}

Line first_line(const std::string& sql) {
  Line line = line_from(sql, 0);
  while (line.end < sql.size() && is_blank_or_comment(line.text)) line = line_from(sql, line.end);
  return line;
}

Line last_line(const std::string& sql) {
  std::size_t end = sql.size();
  while (end > 0) {
    const std::size_t newline = end >= 2 ? sql.rfind('\n', end - 2) : std::string::npos;
    const std::size_t start = newline == std::string::npos ? 0 : newline + 1;
    const Line line{start, end, std::string_view(sql).substr(start, end - start)};
    if (!is_blank_or_comment(line.text)) return line;
    end = start;
  }
  return {};
}

}  // namespace

std::vector<Statement> split_statements(const std::string& sql) {
  std::vector<Statement> statements;
  LineCounter lines(sql);
  StatementShape shape;
  std::size_t start = 0;
  std::size_t end = 0;  // equal to start: no statement is open
  const auto close = [&] {
    if (end > start) statements.push_back({sql.substr(start, end - start), lines.line_at(start)});
    start = end = 0;
    shape = StatementShape();
  };
  for (const Token& token : scan_tokens(sql)) {
    const std::string word = unquoted_word(sql, token);
    if (word == ";" && shape.semicolon_ends_it()) {
      close();
      continue;
    }
    shape.take(word);
    if (end == start) start = token.start;
    end = token.end;
  }
  close();
  return statements;
}

std::string without_restrict_lines(const std::string& sql) {
  constexpr std::string_view opening = "\\restrict ";
  constexpr std::string_view closing = "\\unrestrict ";
  const Line first = first_line(sql);
  const Line last = last_line(sql);
  if (first.text.substr(0, opening.size()) != opening) return sql;
  if (last.text.substr(0, closing.size()) != closing) return sql;
  return sql.substr(0, first.start) + sql.substr(first.end, last.start - first.end) +
         sql.substr(last.end);
}

}  // namespace voyager::schema
