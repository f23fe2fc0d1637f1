// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "fuzz.hpp"
#include "schema/categorize.hpp"
#include "schema/classify.hpp"
#include "schema/split.hpp"

namespace voyager::fuzz {

/// What export schema and import schema do with SQL text.
void fuzz_one(std::string_view bytes) {
  const std::string sql(bytes);
  expect_errors([&] { schema::without_restrict_lines(sql); });
  expect_errors([&] { schema::categorize(sql, {}); });
  expect_errors([&] {
    for (const schema::Statement& statement : schema::split_statements(sql)) {
      expect_errors([&] { schema::classify(statement.text); });
      expect_errors([&] { schema::classify_words(statement.text); });
    }
  });
}

}  // namespace voyager::fuzz
