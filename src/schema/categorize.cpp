// SPDX-License-Identifier: Apache-2.0
#include "schema/categorize.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "schema/classify.hpp"
#include "schema/split.hpp"

namespace voyager::schema {
namespace {

constexpr ErrorCode unusual_strings{4006};

void refuse_unusual_strings(const std::string& dump) {
  if (dump.find("\nSET standard_conforming_strings = off;") == std::string::npos) return;
  fail(unusual_strings, "the source has standard_conforming_strings = off for this user",
       "Run ALTER ROLE <user> SET standard_conforming_strings = on on the source");
}

}  // namespace

Categorized categorize(const std::string& dump, const std::vector<ObjectType>& wanted) {
  refuse_unusual_strings(dump);
  Categorized result;
  for (Statement& statement : split_statements(without_restrict_lines(dump))) {
    ++result.statements_read;
    const Facts facts = classify(statement.text);
    if (!facts.schema.empty()) result.schemas.insert(facts.schema);
    const bool is_wanted =
        !facts.type || std::find(wanted.begin(), wanted.end(), *facts.type) != wanted.end();
    if (facts.role == StatementRole::session_setting || !is_wanted) {
      ++result.left_out;
    } else if (facts.type) {
      result.statements[*facts.type].push_back(std::move(statement.text));
    } else {
      result.uncategorized.push_back(std::move(statement.text));
    }
  }
  return result;
}

std::string as_file(const std::vector<std::string>& statements) {
  std::string text;
  for (const std::string& statement : statements) text += statement + ";\n\n";
  return text;
}

}  // namespace voyager::schema
