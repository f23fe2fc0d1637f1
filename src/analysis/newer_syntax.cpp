// SPDX-License-Identifier: Apache-2.0
#include "analysis/newer_syntax.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "schema/tokens.hpp"

namespace voyager::analysis {
namespace {

constexpr std::string_view merge_issue = "MERGE_STATEMENT";

using Words = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view word, Words words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Writes newer constructs of a text in forms that PostgreSQL 15 knows. Positions are numbers of
/// tokens.
class OlderForm {
 public:
  explicit OlderForm(const std::string& sql) : sql_(sql), tokens_(schema::scan_tokens(sql)) {
    for (const schema::Token& token : tokens_) {
      const bool quoted = sql[token.start] == '"' || sql[token.start] == '\'';
      // A quoted name is never a keyword.
      words_.push_back(quoted ? std::string() : schema::word_of(sql, token));
    }
    gone_.resize(tokens_.size());
  }

  void write() {
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      if (gone_[at]) continue;
      number(at);
      json_predicate(at);
      json_call(at);
      merge(at);
    }
  }

  const std::string& text() const { return sql_; }
  std::vector<NewerSyntax> take_found() { return std::move(found_); }

 private:
  std::string_view word(std::size_t at) const {
    return at < words_.size() ? std::string_view(words_[at]) : std::string_view();
  }
  bool sequence(std::size_t at, Words expected) const {
    return std::all_of(expected.begin(), expected.end(),
                       [&](std::string_view each) { return word(at++) == each; });
  }
  void found(std::string_view issue, std::string detail, std::size_t at) {
    found_.push_back({issue, std::move(detail), tokens_[at].start});
  }

  /// Writes over a token; a shorter text is filled with spaces.
  void replace(std::size_t at, std::string_view with) {
    const std::size_t size = tokens_[at].end - tokens_[at].start;
    std::string filled(with.substr(0, size));
    filled.resize(size, ' ');
    sql_.replace(tokens_[at].start, size, filled);
  }
  /// Removes tokens, and keeps the lines.
  void blank(std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to && at < tokens_.size(); ++at) {
      for (std::size_t i = tokens_[at].start; i < tokens_[at].end; ++i)
        if (sql_[i] != '\n') sql_[i] = ' ';
      gone_[at] = true;
    }
  }

  void number(std::size_t at) {
    const std::string_view text = word(at);
    if (text.size() < 3 || text[0] != '0' || !is_one_of(text.substr(1, 1), {"x", "o", "b"})) return;
    found("NON_DECIMAL_INTEGER_LITERAL",
          sql_.substr(tokens_[at].start, tokens_[at].end - tokens_[at].start), at);
    replace(at, "0");
  }

  /// value IS [NOT] JSON [kind] [WITH | WITHOUT UNIQUE [KEYS]] → value IS [NOT] NULL
  void json_predicate(std::size_t is) {
    if (word(is) != "is") return;
    const std::size_t json = word(is + 1) == "not" ? is + 2 : is + 1;
    if (word(json) != "json") return;
    found("JSON_TYPE_PREDICATE", "IS JSON", is);
    replace(json, "NULL");
    std::size_t end = json + 1;
    if (is_one_of(word(end), {"value", "array", "object", "scalar"})) ++end;
    blank(json + 1, after_unique(end));
  }
  std::size_t after_unique(std::size_t at) const {
    if (!is_one_of(word(at), {"with", "without"}) || word(at + 1) != "unique") return at;
    return word(at + 2) == "keys" ? at + 3 : at + 2;
  }

  void json_call(std::size_t name) {
    if (word(name + 1) != "(" || (name > 0 && word(name - 1) == ".")) return;
    const std::size_t close = closing(name + 1);
    if (close == tokens_.size()) return;
    if (is_one_of(word(name), {"json_object", "json_objectagg", "json_array", "json_arrayagg",
                               "json_scalar", "json_serialize", "json"}))
      json_constructor(name, close);
    if (is_one_of(word(name), {"json_exists", "json_query", "json_value", "json_table"}))
      json_query(name, close);
  }

  /// Calls see(token) for the tokens between an opening parenthesis and its end that stand in no
  /// further ones, until it says false.
  template <typename See>
  void for_each_inside(std::size_t open, std::size_t close, See see) {
    int depth = 0;
    for (std::size_t at = open + 1; at < close; ++at) {
      if (is_one_of(word(at), {"(", "["})) ++depth;
      if (is_one_of(word(at), {")", "]"})) --depth;
      if (depth == 0 && !gone_[at] && !see(at)) return;
    }
  }
  std::size_t closing(std::size_t open) const {
    int depth = 0;
    for (std::size_t at = open; at < tokens_.size(); ++at) {
      if (word(at) == "(") ++depth;
      if (word(at) == ")" && --depth == 0) return at;
    }
    return tokens_.size();
  }

  /// JSON_OBJECT(k : v, k VALUE v NULL ON NULL RETURNING t) → JSON_OBJECT(k , v, k , v)
  void json_constructor(std::size_t name, std::size_t close) {
    bool newer = false;
    if (word(name) == "json_array" && is_one_of(word(name + 2), {"select", "with", "values"})) {
      replace(name, "     ARRAY");  // takes a query without parentheses of its own
      newer = true;
    }
    for_each_inside(name + 1, close, [&](std::size_t at) {
      if (word(at) == ":" || separates_value(at)) {
        replace(at, ",");
        words_[at] = ",";  // what follows is a value, whatever its name
        newer = true;
      }
      newer = blank_format(at) || newer;
      if (!ends_constructor(at)) return true;
      blank(at, close);
      newer = true;
      return false;
    });
    if (newer) found("JSON_CONSTRUCTOR_FUNCTION", std::string(word(name)), name);
  }
  bool separates_value(std::size_t at) const {
    return word(at) == "value" && !is_one_of(word(at - 1), {"(", ",", ".", ":"}) &&
           !is_one_of(word(at + 1), {")", ",", ".", ":"});
  }
  bool ends_constructor(std::size_t at) const {
    return word(at) == "returning" || sequence(at, {"absent", "on", "null"}) ||
           sequence(at, {"null", "on", "null"}) || after_unique(at) != at;
  }
  /// FORMAT JSON [ENCODING name]
  bool blank_format(std::size_t at) {
    if (!sequence(at, {"format", "json"})) return false;
    blank(at, word(at + 2) == "encoding" ? at + 4 : at + 2);
    return true;
  }

  /// JSON_VALUE(document, path RETURNING t NULL ON EMPTY) → JSON_VALUE(document, path)
  void json_query(std::size_t name, std::size_t close) {
    bool newer = false;
    std::size_t path = close;
    for_each_inside(name + 1, close, [&](std::size_t at) {
      newer = blank_format(at) || newer;
      if (word(at) == "," && path == close) path = at + 1;
      if (at <= path || !ends_path(at)) return true;
      blank(at, close);
      newer = true;
      return false;
    });
    if (newer) found("JSON_QUERY_FUNCTION", std::string(word(name)), name);
  }
  bool ends_path(std::size_t at) const {
    return is_one_of(
        word(at), {"passing", "returning", "columns", "null", "error", "default", "true", "false",
                   "unknown", "empty", "with", "without", "keep", "omit", "as"});
  }

  /// WHEN NOT MATCHED BY SOURCE → WHEN MATCHED; no BY TARGET, no RETURNING.
  void merge(std::size_t start) {
    if (!sequence(start, {"merge", "into"}) || !may_begin(start)) return;
    found(merge_issue, "", start);
    int depth = 0;
    for (std::size_t at = start; at < tokens_.size() && depth >= 0; ++at) {
      if (word(at) == "(") ++depth;
      if (word(at) == ")") --depth;
      if (depth != 0 || gone_[at]) continue;
      if (sequence(at, {"not", "matched", "by", "source"})) {
        blank(at, at + 1);
        blank(at + 2, at + 4);
      }
      if (sequence(at, {"matched", "by", "target"})) blank(at + 1, at + 3);
      if (word(at) == "returning") blank_to_end_of_group(at);
    }
  }
  /// Whether a statement may begin here: alone, after WITH, in WITH, PREPARE and EXPLAIN.
  bool may_begin(std::size_t at) const {
    return at == 0 || is_one_of(word(at - 1), {"(", ")", "as", "explain", "analyze", "verbose"});
  }
  void blank_to_end_of_group(std::size_t from) {
    int depth = 0;
    std::size_t end = from;
    for (; end < tokens_.size(); ++end) {
      if (word(end) == "(") ++depth;
      if (word(end) == ")" && --depth < 0) break;
    }
    blank(from, end);
  }

  std::string sql_;
  std::vector<schema::Token> tokens_;
  std::vector<std::string> words_;
  std::vector<bool> gone_;
  std::vector<NewerSyntax> found_;
};

}  // namespace

TolerantParse parse_with_newer_syntax(const std::string& sql) {
  schema::ParseResult parsed = schema::parse_sql(sql);
  TolerantParse result{std::move(parsed.statements), std::move(parsed.failure), {}};
  if (!result.failure) return result;
  try {
    OlderForm older(sql);
    older.write();
    result.newer = older.take_found();
    if (result.newer.empty()) return result;
    schema::ParseResult again = schema::parse_sql(older.text());
    result.statements = std::move(again.statements);
    result.failure = std::move(again.failure);
    // A MERGE that has a tree is no news.
    if (!result.failure)
      std::erase_if(result.newer, [](const NewerSyntax& n) { return n.issue == merge_issue; });
  } catch (const Error&) {
    // The text can't be cut into tokens: the failure says so.
    return result;
  }
  return result;
}

}  // namespace voyager::analysis
