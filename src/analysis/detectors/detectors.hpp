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
void detect_functions(const ParsedStatement& statement, const SchemaFacts& facts,
                      FindingSink& sink);
void detect_system_columns(const ParsedStatement& statement, const SchemaFacts& facts,
                           FindingSink& sink);
void detect_jsonb_subscripts(const ParsedStatement& statement, const SchemaFacts& facts,
                             FindingSink& sink);
void detect_query_clauses(const ParsedStatement& statement, const SchemaFacts& facts,
                          FindingSink& sink);
void detect_sessions(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink);
void detect_hotspots(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink);
void detect_redundant_indexes(const ParsedStatement& statement, const SchemaFacts& facts,
                              FindingSink& sink);
void detect_foreign_keys(const ParsedStatement& statement, const SchemaFacts& facts,
                         FindingSink& sink);
void detect_missing_keys(const ParsedStatement& statement, const SchemaFacts& facts,
                         FindingSink& sink);
/// For statements with and without a tree, and the parts of bodies.
void detect_newer_syntax(const ParsedStatement& statement, const SchemaFacts& facts,
                         FindingSink& sink);
/// Needs statistics in the facts; without them it reports nothing.
void detect_skewed_indexes(const ParsedStatement& statement, const SchemaFacts& facts,
                           FindingSink& sink);

/// All that detect_newer_syntax() can report.
std::vector<std::string> newer_syntax_issues();
/// All that detect_datatypes() can report.
std::vector<std::string> datatype_column_issues();
/// All that detect_key_types() can report: an issue for each type.
std::vector<std::string> key_type_issues();

}  // namespace voyager::analysis
