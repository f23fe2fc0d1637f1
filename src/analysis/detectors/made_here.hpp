// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "analysis/schema_facts.hpp"

namespace voyager::analysis {

/// The table that CREATE TABLE, ALTER TABLE or CREATE INDEX is about; null when it is not known.
const Table* table_of(const ParsedStatement& statement, const SchemaFacts& facts);

/// Those of a table's keys, foreign keys or indexes that this statement makes.
template <typename Thing>
bool is_made_here(const Thing& thing, const ParsedStatement& statement) {
  return thing.line == statement.line && thing.file == statement.file &&
         thing.statement == statement.text;
}

/// The index that CREATE INDEX makes; null for other statements.
const Index* index_made_here(const ParsedStatement& statement, const SchemaFacts& facts);

}  // namespace voyager::analysis
