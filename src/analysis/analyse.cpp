// SPDX-License-Identifier: Apache-2.0
#include "analysis/detector.hpp"
#include "analysis/detectors/detectors.hpp"

namespace voyager::analysis {

const std::vector<DetectorEntry>& detectors() {
  static const std::vector<DetectorEntry> entries{
      {"storage",
       detect_storage,
       {"STORAGE_PARAMETERS", "UNLOGGED_TABLES", "COMPRESSION_CLAUSE_IN_TABLE", "WITH_OIDS"}},
      {"indexes",
       detect_indexes,
       {"UNSUPPORTED_GIST_INDEX_METHOD", "UNSUPPORTED_BRIN_INDEX_METHOD",
        "UNSUPPORTED_SPGIST_INDEX_METHOD", "MULTI_COLUMN_GIN_INDEX", "ORDERED_GIN_INDEX"}},
      {"constraints",
       detect_constraints,
       {"EXCLUSION_CONSTRAINTS", "DEFERRABLE_CONSTRAINTS", "UNIQUE_NULLS_NOT_DISTINCT",
        "FOREIGN_KEY_REFERENCED_PARTITIONED_TABLE"}},
      {"tables",
       detect_tables,
       {"STORED_GENERATED_COLUMNS", "INHERITANCE", "LIKE_IN_CREATE_TABLE", "FOREIGN_TABLE",
        "FOREIGN_TABLE_KEY"}},
      {"alter_table",
       detect_alter_table,
       {"ALTER_TABLE_SET_COLUMN_ATTRIBUTE", "ALTER_TABLE_CLUSTER_ON", "ALTER_TABLE_DISABLE_RULE",
        "ALTER_TABLE_OF_TYPE", "ALTER_TABLE_SET_SCHEMA", "ALTER_TABLE_SET_STATISTICS",
        "ALTER_TABLE_SET_STORAGE", "ALTER_TABLE_RESET", "ALTER_TABLE_ALTER_CONSTRAINT",
        "ALTER_TABLE_SET_WITHOUT_CLUSTER", "ALTER_TABLE_SET_PARAMETERS", "ALTER_TABLE_OPTIONS",
        "ALTER_TABLE_INHERIT", "ALTER_TABLE_VALIDATE_CONSTRAINT", "ALTER_INDEX_SET",
        "ALTER_TYPE_ATTRIBUTE", "ALTER_VIEW"}},
      {"partitions",
       detect_partitions,
       {"ALTER_TABLE_ADD_PK_ON_PARTITIONED_TABLE", "EXPRESSION_PARTITION_WITH_PK_UK",
        "MULTI_COLUMN_LIST_PARTITION", "INSUFFICIENT_COLUMNS_IN_PK_FOR_PARTITION"}},
      {"triggers",
       detect_triggers,
       {"CONSTRAINT_TRIGGER", "REFERENCING_CLAUSE_IN_TRIGGER",
        "BEFORE_ROW_TRIGGER_ON_PARTITIONED_TABLE", "POLICY_WITH_ROLES"}},
      {"datatypes", detect_datatypes, datatype_column_issues()},
      {"key_types", detect_key_types, key_type_issues()},
      {"objects",
       detect_objects,
       {"SECURITY_INVOKER_VIEWS", "VIEW_CHECK_OPTION", "DETERMINISTIC_OPTION_WITH_COLLATION",
        "NON_DETERMINISTIC_COLLATION", "SQL_BODY_IN_FUNCTION", "LANGUAGE_C_FUNCTION",
        "DATABASE_OPTIONS_PG15", "DATABASE_OPTIONS_PG17", "UNSUPPORTED_EXTENSION"}},
      {"statements",
       detect_statements,
       {"ALTER_TABLESPACE", "ALTER_CONVERSION", "ALTER_AGGREGATE", "CREATE_ACCESS_METHOD",
        "CREATE_CONVERSION", "CREATE_SCHEMA_WITH_ELEMENTS", "REINDEX", "DROP_MULTIPLE_OBJECTS",
        "DROP_INDEX_CONCURRENTLY"}},
      {"cursors",
       detect_cursors,
       {"WHERE_CURRENT_OF", "CURSOR_FETCH_FORM", "WINDOW_RANGE_WITH_FLOAT_OFFSET", "BULK_COLLECT"}},
      {"refused",
       detect_refused,
       {"COMPOUND_TRIGGER", "WITH_OIDS", "ALTER_TABLE_SET_WITH_OIDS", "DROP_TEMPORARY_TABLE",
        "BULK_COLLECT"},
       true},
      {"functions",
       detect_functions,
       {"ADVISORY_LOCKS", "XML_FUNCTIONS", "REGEX_FUNCTIONS", "ANY_VALUE_AGGREGATE_FUNCTION",
        "RANGE_AGGREGATE_FUNCTION", "JSON_CONSTRUCTOR_FUNCTION", "JSON_QUERY_FUNCTION",
        "LARGE_OBJECT_FUNCTIONS", "LISTEN_NOTIFY"}},
      {"system_columns",
       detect_system_columns,
       {"SYSTEM_COLUMN_XMIN", "SYSTEM_COLUMN_XMAX", "SYSTEM_COLUMN_CMIN", "SYSTEM_COLUMN_CMAX",
        "SYSTEM_COLUMN_CTID"}},
      {"jsonb_subscripts", detect_jsonb_subscripts, {"JSONB_SUBSCRIPTING"}},
      {"query_clauses",
       detect_query_clauses,
       {"COPY FROM ... WHERE", "COPY ... ON_ERROR", "FETCH_WITH_TIES",
        "CTE_WITH_MATERIALIZED_CLAUSE", "MERGE_STATEMENT"}},
      {"newer_syntax", detect_newer_syntax, newer_syntax_issues()},
      {"newer_syntax", detect_newer_syntax, newer_syntax_issues(), true},
      {"sessions", detect_sessions, {"LISTEN_NOTIFY", "TWO_PHASE_COMMIT", "SAVEPOINT_USAGE"}},
      {"hotspots",
       detect_hotspots,
       {"HOTSPOTS_ON_DATE_INDEX", "HOTSPOTS_ON_TIMESTAMP_INDEX", "HOTSPOTS_ON_DATE_PK_UK",
        "HOTSPOTS_ON_TIMESTAMP_PK_UK"}},
      {"redundant_indexes", detect_redundant_indexes, {"REDUNDANT_INDEXES"}},
      {"foreign_keys",
       detect_foreign_keys,
       {"FOREIGN_KEY_DATATYPE_MISMATCH", "MISSING_FOREIGN_KEY_INDEX"}},
      {"missing_keys", detect_missing_keys, {"MISSING_PRIMARY_KEY_WHEN_UNIQUE_NOT_NULL"}},
      {"skewed_indexes",
       detect_skewed_indexes,
       {"INDEX_ON_LOW_CARDINALITY_COLUMN", "INDEX_ON_COLUMN_WITH_HIGH_PERCENTAGE_OF_NULL_VALUES",
        "INDEX_ON_COLUMN_WITH_HIGH_PERCENTAGE_OF_PARTICULAR_VALUE"}},
  };
  return entries;
}

namespace {

void run(const std::vector<DetectorEntry>& entries, const ParsedStatement& statement,
         const SchemaFacts& facts, FindingSink& sink) {
  for (const DetectorEntry& entry : entries)
    if (entry.of_refused == statement.error.has_value()) entry.detect(statement, facts, sink);
}

}  // namespace

std::vector<Finding> analyse(const std::vector<ParsedStatement>& statements,
                             const SchemaFacts& facts) {
  FindingSink sink;
  for (const ParsedStatement& statement : statements) {
    const std::size_t before = sink.findings().size();
    run(detectors(), statement, facts, sink);
    if (statement.error && sink.findings().size() == before)
      sink.report_at(syntax_issue, statement, statement.error->line, statement.error->message);
  }
  return sink.take();
}

}  // namespace voyager::analysis
