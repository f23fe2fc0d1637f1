// SPDX-License-Identifier: Apache-2.0
#include "schema/yugabyte_syntax.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "schema/tokens.hpp"

namespace voyager::schema {
namespace {

/// A statement's tokens, some of which become blanks.
class Blanks {
 public:
  explicit Blanks(const std::string& sql) : text_(sql), tokens_(scan_tokens(sql)) {
    for (const Token& token : tokens_)
      words_.push_back(to_lower(sql.substr(token.start, token.end - token.start)));
  }

  std::string take() {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (begins(i, {"primary", "key", "("})) i = see_key_columns(i + 3);
      if (begins(i, {"split", "into"}) || begins(i, {"split", "at", "values"})) {
        blank(i, words_.size());
        break;
      }
    }
    return std::move(text_);
  }

 private:
  bool begins(std::size_t at, std::initializer_list<std::string_view> wanted) const {
    return at + wanted.size() <= words_.size() &&
           std::equal(wanted.begin(), wanted.end(),
                      words_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  /// From behind the list's parenthesis to the one that ends it.
  std::size_t see_key_columns(std::size_t at) {
    for (int depth = 1; at < words_.size(); ++at) {
      if (words_[at] == ")" && --depth == 0) break;
      if (words_[at] == "(") ++depth;
      const bool column_name = words_[at - 1] == "(" || words_[at - 1] == ",";
      const bool order = words_[at] == "hash" || words_[at] == "asc" || words_[at] == "desc";
      if (words_[at] == "(" || words_[at] == ")" || (order && !column_name)) blank(at, at + 1);
    }
    return at;
  }
  void blank(std::size_t from, std::size_t to) {
    for (; from < to; ++from)
      std::fill(text_.begin() + static_cast<std::ptrdiff_t>(tokens_[from].start),
                text_.begin() + static_cast<std::ptrdiff_t>(tokens_[from].end), ' ');
  }

  std::string text_;
  std::vector<Token> tokens_;
  std::vector<std::string> words_;  // names in quotes keep them, and so are no keywords
};

}  // namespace

std::string in_postgres_grammar(const std::string& sql) {
  return Blanks(sql).take();
}

}  // namespace voyager::schema
