// SPDX-License-Identifier: Apache-2.0
#include "analysis/words.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "schema/tokens.hpp"

namespace voyager::analysis {

std::vector<std::string> words_of(const std::string& sql) {
  std::vector<std::string> words;
  try {
    for (const schema::Token& token : schema::scan_tokens(sql))
      words.push_back(sql[token.start] == '"' ? std::string("\"") : schema::word_of(sql, token));
  } catch (const Error&) {
    words.clear();
  }
  return words;
}

bool has_words(const std::string& sql, std::initializer_list<std::string_view> wanted) {
  const std::vector<std::string> words = words_of(sql);
  return std::search(words.begin(), words.end(), wanted.begin(), wanted.end()) != words.end();
}

}  // namespace voyager::analysis
