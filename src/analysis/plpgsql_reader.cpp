// SPDX-License-Identifier: Apache-2.0
#include "analysis/plpgsql_reader.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "schema/tokens.hpp"

namespace voyager::analysis {
namespace {

using Words = std::initializer_list<std::string_view>;

bool among(std::string_view word, Words words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class Reader {
 public:
  explicit Reader(const std::string& body) : body_(body), tokens_(schema::scan_tokens(body)) {
    words_.reserve(tokens_.size());
    for (const schema::Token& token : tokens_)
      words_.push_back(body[token.start] == '"' ? std::string("\"") : schema::word_of(body, token));
  }

  std::vector<SqlPiece> read() {
    while (at_ < tokens_.size()) statement();
    return std::move(pieces_);
  }

 private:
  // --- places: positions of tokens

  const std::string& word(std::size_t place) const {
    static const std::string none;
    return place < words_.size() ? words_[place] : none;
  }

  /// The first of the words from `from` on that is in no parentheses and in no CASE ... END of an
  /// expression; a semicolon or the end of the text if there is none.
  std::size_t find(std::size_t from, Words wanted) const {
    int depth = 0;
    int cases = 0;
    for (std::size_t i = from; i < words_.size(); ++i) {
      const std::string& w = words_[i];
      if (depth == 0 && w == ";") return i;
      if (depth == 0 && cases == 0 && among(w, wanted)) return i;
      if (w == "(" || w == "[") ++depth;
      if ((w == ")" || w == "]") && depth > 0) --depth;
      if (w == "case") ++cases;
      if (w == "end" && cases > 0) --cases;
    }
    return words_.size();
  }

  // --- pieces

  /// Tokens [from, to) as they stand, with [left_out_from, left_out_to) blanked.
  std::string cut(std::size_t from, std::size_t to, std::size_t left_out_from,
                  std::size_t left_out_to) const {
    const std::size_t start = tokens_[from].start;
    std::string text = body_.substr(start, tokens_[to - 1].end - start);
    if (left_out_from < left_out_to)
      for (std::size_t i = tokens_[left_out_from].start; i < tokens_[left_out_to - 1].end; ++i)
        if (text[i - start] != '\n') text[i - start] = ' ';
    return text;
  }

  void expression(std::size_t from, std::size_t to) {
    if (from < to) pieces_.push_back({"SELECT " + cut(from, to, 0, 0), tokens_[from].start});
  }

  void query(std::size_t from, std::size_t to) {
    if (from >= to) return;
    const auto [into, after] = into_clause(from, to);
    pieces_.push_back({cut(from, to, into, after), tokens_[from].start});
  }

  void expressions(std::size_t from, std::size_t to) {
    while (from < to) {
      const std::size_t comma = std::min(find(from, {","}), to);
      expression(from, comma);
      from = comma + 1;
    }
  }

  /// INTO [STRICT] target [, target ...], which is not SQL; not the INTO of INSERT and MERGE.
  std::pair<std::size_t, std::size_t> into_clause(std::size_t from, std::size_t to) const {
    std::size_t into = find(from, {"into"});
    while (into < to && into > from && among(word(into - 1), {"insert", "merge"}))
      into = find(into + 1, {"into"});
    if (into >= to) return {0, 0};
    std::size_t end = into + 1;
    if (word(end) == "strict") ++end;
    return {into, std::min(end_of_targets(end), to)};
  }

  std::size_t end_of_targets(std::size_t place) const {
    place = end_of_target(place);
    while (word(place) == ",") place = end_of_target(place + 1);
    return place;
  }

  /// name[.name ...][subscript ...]
  std::size_t end_of_target(std::size_t place) const {
    ++place;
    while (place < words_.size()) {
      if (word(place) == ".") {
        place += 2;
      } else if (word(place) == "[") {
        place = find(place + 1, {"]"}) + 1;
      } else {
        break;
      }
    }
    return std::min(place, words_.size());
  }

  /// EXECUTE text [INTO ...] [USING value, ...]; the place is that of the text.
  void execute(std::size_t from, std::size_t to) {
    const std::size_t end = std::min(find(from, {"into", "using"}), to);
    expression(from, end);
    if (end == from + 1) literal(from);
    const std::size_t using_at = std::min(find(from, {"using"}), to);
    const std::size_t into_at = std::min(find(using_at, {"into"}), to);
    expressions(using_at + 1, into_at);
  }

  /// A query that is written as one literal.
  void literal(std::size_t place) {
    const schema::Token& token = tokens_[place];
    const std::string text = body_.substr(token.start, token.end - token.start);
    const std::size_t quote = text[0] == '$' ? text.find('$', 1) + 1 : 1;
    if ((text[0] != '\'' && text[0] != '$') || text.size() < 2 * quote) return;
    std::string inside = text.substr(quote, text.size() - 2 * quote);
    if (text[0] == '\'')
      for (std::size_t at = 0; (at = inside.find("''", at)) != std::string::npos; ++at)
        inside.erase(at, 1);
    pieces_.push_back({std::move(inside), token.start + quote});
  }

  // --- statements: each leaves at_ behind what it read

  void statement() {
    const std::string& first = word(at_);
    if (among(first, {"begin", "loop", "else", "exception", ";"})) {
      if (first == "exception") in_handlers_ = true;
      ++at_;
    } else if (first == "<<") {  // <<label>>
      at_ = find(at_, {">>"}) + 1;
    } else if (first == "#") {  // #variable_conflict use_column
      at_ += 3;
    } else if (first == "declare") {
      declarations();
    } else if (among(first, {"if", "elsif", "elseif", "when"})) {
      condition("then");
    } else if (first == "while") {
      condition("loop");
    } else if (first == "case") {
      const std::size_t when = find_when(at_ + 1);
      expression(at_ + 1, when);
      at_ = when;
    } else if (among(first, {"for", "foreach"})) {
      loop();
    } else {
      simple_statement();
    }
  }

  std::size_t find_when(std::size_t from) const { return find(from, {"when"}); }

  void condition(std::string_view closed_by) {
    const std::size_t end = find(at_ + 1, {closed_by});
    // WHEN others THEN of a handler names conditions, not values.
    if (word(at_) != "when" || !in_handlers_) expressions(at_ + 1, end);
    at_ = end + 1;
  }

  void declarations() {
    ++at_;
    while (at_ < words_.size() && word(at_) != "begin") {
      const std::size_t end = find(at_, {});
      const std::size_t query_at = find(at_, {"for", "is"});
      const std::size_t value_at = find(at_, {":=", "=", "default"});
      if (find(at_, {"cursor"}) < end && query_at < end)
        query(query_at + 1, end);
      else if (value_at < end)
        expression(value_at + 1, end);
      at_ = end + 1;
    }
  }

  void loop() {
    const std::size_t in = find(at_, {"in"});
    const std::size_t end = find(in, {"loop"});
    std::size_t from = in + 1;
    if (among(word(from), {"reverse", "array"})) ++from;
    const std::size_t range = dots(from, end);
    if (word(from) == "execute") {
      execute(from + 1, end);
    } else if (word(at_) == "foreach") {
      expression(from, end);
    } else if (range < end) {
      const std::size_t by = std::min(find(range, {"by"}), end);
      expression(from, range);
      expression(range + 1, by);
      expression(by + 1, end);
    } else if (among(word(from), {"select", "with", "values", "table", "insert", "update", "delete",
                                  "(", "merge"})) {
      query(from, end);
    }
    at_ = end + 1;
  }

  std::size_t dots(std::size_t from, std::size_t to) const {
    return std::min(find(from, {".."}), to);
  }

  /// What ends at its semicolon.
  void simple_statement() {
    const std::size_t end = find(at_, {});
    const std::size_t from = at_;
    at_ = end + 1;
    const std::string& first = word(from);
    if (first == "end") {
      in_handlers_ = in_handlers_ && among(word(from + 1), {"if", "loop", "case"});
    } else if (among(first, {"exit", "continue"})) {
      expression(find_when(from) + 1, end);
    } else if (first == "return") {
      returned(from + 1, end);
    } else if (first == "perform") {
      expression(from + 1, end);
    } else if (first == "execute") {
      execute(from + 1, end);
    } else if (first == "assert") {
      expressions(from + 1, end);
    } else if (first == "raise") {
      raise(from + 1, end);
    } else if (first == "open") {
      open(from, end);
    } else if (!among(first, {"get", "close", "null"})) {
      assignment_or_sql(from, end);
    }
  }

  void returned(std::size_t from, std::size_t end) {
    if (word(from) == "next") {
      expression(from + 1, end);
    } else if (word(from) == "query" && word(from + 1) == "execute") {
      execute(from + 2, end);
    } else if (word(from) == "query") {
      query(from + 1, end);
    } else {
      expression(from, end);
    }
  }

  /// RAISE [level] 'format' [, value ...] [USING option = value ...].
  void raise(std::size_t from, std::size_t end) {
    const std::size_t using_at = std::min(find(from, {"using"}), end);
    const std::size_t comma = std::min(find(from, {","}), using_at);
    expressions(comma + 1, using_at);
    std::size_t option = using_at + 1;
    while (option < end) {
      const std::size_t next = std::min(find(option, {","}), end);
      expression(option + 2, next);
      option = next + 1;
    }
  }

  void open(std::size_t from, std::size_t end) {
    const std::size_t for_at = std::min(find(from, {"for"}), end);
    if (word(for_at + 1) == "execute") {
      execute(for_at + 2, end);
    } else {
      query(for_at + 1, end);
    }
  }

  void assignment_or_sql(std::size_t from, std::size_t end) {
    const std::size_t value_at = std::min(end_of_target(from), end);
    if (among(word(value_at), {":=", "="}) && value_at < end) {
      if (word(value_at - 1) == "]") expression(from, value_at);
      expression(value_at + 1, end);
    } else {
      query(from, end);
    }
  }

  const std::string& body_;
  std::vector<schema::Token> tokens_;
  std::vector<std::string> words_;
  std::size_t at_ = 0;
  bool in_handlers_ = false;
  std::vector<SqlPiece> pieces_;
};

}  // namespace

std::vector<SqlPiece> read_plpgsql(const std::string& body) {
  return Reader(body).read();
}

}  // namespace voyager::analysis
