// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "analysis/detector.hpp"

namespace voyager::analysis {

// One function for each file of this folder; the table of detectors() says what they report.

void detect_alter_table(const ParsedStatement& statement, const SchemaFacts& facts,
                        FindingSink& sink);
void detect_constraints(const ParsedStatement& statement, const SchemaFacts& facts,
                        FindingSink& sink);
void detect_cursors(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink);
void detect_datatypes(const ParsedStatement& statement, const SchemaFacts& facts,
                      FindingSink& sink);
void detect_indexes(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink);
void detect_key_types(const ParsedStatement& statement, const SchemaFacts& facts,
                      FindingSink& sink);
void detect_objects(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink);
void detect_partitions(const ParsedStatement& statement, const SchemaFacts& facts,
                       FindingSink& sink);
/// For statements that PostgreSQL's grammar refuses.
void detect_refused(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink);
void detect_statements(const ParsedStatement& statement, const SchemaFacts& facts,
                       FindingSink& sink);
void detect_storage(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink);
void detect_tables(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink);
void detect_triggers(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink);

/// All that detect_datatypes() can report.
std::vector<std::string> datatype_column_issues();
/// All that detect_key_types() can report: an issue for each type.
std::vector<std::string> key_type_issues();

}  // namespace voyager::analysis
