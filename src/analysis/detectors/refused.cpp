// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "analysis/detectors/detectors.hpp"
#include "analysis/words.hpp"

namespace voyager::analysis {
namespace {

using Words = std::vector<std::string>;

bool has(const Words& words, std::initializer_list<std::string_view> wanted) {
  return std::search(words.begin(), words.end(), wanted.begin(), wanted.end()) != words.end();
}

bool begins(const Words& words, std::initializer_list<std::string_view> wanted) {
  return words.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), words.begin());
}

}  // namespace

void detect_refused(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  const Words words = words_of(statement.text);
  const auto report = [&](std::string_view issue) {
    sink.report_at(issue, statement, statement.error->line);
  };
  if (begins(words, {"create"}) && has(words, {"compound", "trigger"})) report("COMPOUND_TRIGGER");
  if (begins(words, {"create"}) && has(words, {"with", "oids"})) report("WITH_OIDS");
  if (begins(words, {"alter", "table"}) && has(words, {"set", "with", "oids"}))
    report("ALTER_TABLE_SET_WITH_OIDS");
  if (begins(words, {"drop", "temporary", "table"}) || begins(words, {"drop", "temp", "table"}))
    report("DROP_TEMPORARY_TABLE");
  if (has(words, {"bulk", "collect"})) report("BULK_COLLECT");
}

}  // namespace voyager::analysis
