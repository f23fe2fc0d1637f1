// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace voyager::analysis {

/// The words of SQL text by PostgreSQL's lexer: keywords and unquoted names in lower case,
/// operators and literals as they stand, quoted names as a quote only. For what no grammar reads;
/// empty when the text can't even be cut into words.
std::vector<std::string> words_of(const std::string& sql);

/// Whether these words stand in the text next to each other.
bool has_words(const std::string& sql, std::initializer_list<std::string_view> wanted);

}  // namespace voyager::analysis
