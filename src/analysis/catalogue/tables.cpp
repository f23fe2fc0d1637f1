// SPDX-License-Identifier: Apache-2.0
#include "analysis/catalogue/parts.hpp"

namespace voyager::analysis {
namespace {

constexpr std::string_view alter_forms = "unsupported-alter-table-ddl-variants-in-source-schema";
constexpr std::string_view index_methods = "gist-brin-and-spgist-index-types-are-not-supported";

Issue index_method(std::string type, const std::string& method) {
  return {.type = std::move(type),
          .name = "Index with " + method + " access method",
          .description = "YugabyteDB has no " + method + " indexes.",
          .suggestion = method == "BRIN"
                            ? "Use a range index on the same columns (CREATE INDEX ... (c ASC)); "
                              "it serves the same queries and is larger."
                            : "Remove the index; use a range index or a GIN index where the "
                              "column's type has one, and look at the queries that needed it.",
          .github = yugabytedb_issue(1337),
          .docs = postgresql_page(index_methods)};
}

std::vector<Issue> table_and_constraint_issues() {
  return {
      {.type = "STORED_GENERATED_COLUMNS",
       .name = "Stored Generated Columns",
       .description = "The release can't create columns that are GENERATED ALWAYS AS ... STORED.",
       .suggestion = "Make it a plain column that a BEFORE INSERT OR UPDATE trigger fills, or "
                     "choose a release that has them.",
       .github = yugabytedb_issue(10695),
       .docs = postgresql_page("generated-always-as-stored-type-column-is-not-supported"),
       .ga = since_postgresql_15()},
      {.type = "UNLOGGED_TABLES",
       .name = "UNLOGGED tables",
       .description = "The release refuses UNLOGGED; later ones accept the word and ignore it, "
                      "because all tables are replicated.",
       .suggestion = "Remove UNLOGGED.",
       .github = yugabytedb_issue(1129),
       .docs = postgresql_page("unlogged-table-is-not-supported"),
       .ga = from_releases({"2024.2.0.0", "2.25.0.0", "2025.1.0.0", "2025.2.0.0", "2026.1.0.0"})},
      {.type = "STORAGE_PARAMETERS",
       .name = "Storage Parameters",
       .description = "Storage parameters such as fillfactor are about PostgreSQL's pages; "
                      "YugabyteDB stores rows another way and refuses them.",
       .suggestion = "Remove the parameters.",
       .github = yugabytedb_issue(23467),
       .docs = postgresql_page(
           "storage-parameters-on-indexes-or-constraints-in-the-source-postgresql")},
      {.type = "EXCLUSION_CONSTRAINTS",
       .name = "Exclusion Constraints",
       .description = "YugabyteDB has no EXCLUDE constraints.",
       .suggestion = "Check the rule in a trigger that locks what it compares, or in the "
                     "application.",
       .github = yugabytedb_issue(3944),
       .docs = postgresql_page("exclusion-constraints-is-not-supported")},
      {.type = "DEFERRABLE_CONSTRAINTS",
       .name = "Deferrable Constraints",
       .impact = Impact::level_3,
       .description = "Only foreign keys can be deferred to the end of a transaction.",
       .suggestion = "Remove DEFERRABLE and order the transaction's statements so that the "
                     "constraint holds after each of them.",
       .github = yugabytedb_issue(1709),
       .docs = postgresql_page(
           "deferrable-constraint-on-constraints-other-than-foreign-keys-is-not-supported")},
      {.type = "FOREIGN_KEY_REFERENCED_PARTITIONED_TABLE",
       .name = "Foreign key constraint references partitioned table",
       .description = "In this release a foreign key can't point to a partitioned table.",
       .suggestion = "Check the reference in a trigger, or choose a release that has it.",
       .github = yugabytedb_issue(25575),
       .docs = postgresql_page("postgresql-12-and-later-features"),
       .ga = since_postgresql_15()},
      {.type = "UNIQUE_NULLS_NOT_DISTINCT",
       .name = "Unique Nulls Not Distinct",
       .description = "In this release NULLs are always distinct in a unique constraint.",
       .suggestion = "Add a partial unique index for the rows with NULL, or choose a release that "
                     "has it.",
       .github = yugabytedb_issue(25575),
       .docs = postgresql_page("postgresql-12-and-later-features"),
       .ga = since_postgresql_15()},
      {.type = "COMPRESSION_CLAUSE_IN_TABLE",
       .name = "COMPRESSION clause in table for TOASTing",
       .description = "COMPRESSION chooses how PostgreSQL packs long values; YugabyteDB packs "
                      "them itself and refuses the word.",
       .suggestion = "Remove COMPRESSION.",
       .github = yugabytedb_issue(25575),
       .docs = postgresql_page("postgresql-12-and-later-features")},
      {.type = "INHERITANCE",
       .name = "Table Inheritance",
       .impact = Impact::level_3,
       .description = "Tables that inherit from others are not supported.",
       .suggestion = "Use partitions where the children share the parent's columns; otherwise give "
                     "each child its own columns, and join the tables in a view.",
       // The Go program names #1129, which is about UNLOGGED tables; this one is the
       // documentation's.
       .github = yugabytedb_issue(5956),
       .docs = postgresql_page("table-inheritance-is-not-supported"),
       .tp = from_releases({"2025.1.0.0", "2025.2.0.0", "2026.1.0.0"}),
       .flags = {"ysql_enable_inheritance"}},
  };
}

std::vector<Issue> alter_table_issues() {
  return {
      {.type = "ALTER_TABLE_SET_COLUMN_ATTRIBUTE",
       .name = "ALTER TABLE .. ALTER COLUMN .. SET ( attribute = value )",
       .description = "Attributes of columns (n_distinct) can't be set.",
       .suggestion = "Remove the statement.",
       .github = yugabytedb_issue(1124),
       .docs = postgresql_page(alter_forms)},
      {.type = "ALTER_TABLE_CLUSTER_ON",
       .name = "ALTER TABLE CLUSTER ON",
       .description =
           "Rows are always stored in the order of the primary key; there is no CLUSTER.",
       .suggestion = "Remove the statement.",
       .github = yugabytedb_issue(1124),
       .docs = postgresql_page(alter_forms)},
      {.type = "ALTER_TABLE_DISABLE_RULE",
       .name = "ALTER TABLE .. DISABLE RULE",
       .description = "Rules can't be switched off.",
       .suggestion = "Remove the statement, and the rule that it switches off.",
       .github = yugabytedb_issue(1124),
       .docs = postgresql_page(alter_forms)},
      {.type = "ALTER_TABLE_ADD_PK_ON_PARTITIONED_TABLE",
       .name = "Adding Primary Key to a partitioned table",
       .category = Category::migration_caveats,
       .description = "In this release a partitioned table gets its primary key when it is "
                      "created, not later.",
       .suggestion = "Move the primary key into CREATE TABLE.",
       .github = yugabytedb_issue(10074),
       .docs = postgresql_page("adding-primary-key-to-a-partitioned-table-results-in-an-error"),
       .ga = from_releases({"2.23.0.0", "2.25.0.0", "2024.1.0.0", "2024.2.0.0", "2025.1.0.0",
                            "2025.2.0.0", "2026.1.0.0"})},
  };
}

std::vector<Issue> index_issues() {
  return {
      index_method("UNSUPPORTED_GIST_INDEX_METHOD", "GIST"),
      index_method("UNSUPPORTED_BRIN_INDEX_METHOD", "BRIN"),
      index_method("UNSUPPORTED_SPGIST_INDEX_METHOD", "SPGIST"),
      {.type = "MULTI_COLUMN_GIN_INDEX",
       .name = "Multi Column GIN Index",
       .description = "A GIN index has one column only.",
       .suggestion = "Make one index for each column.",
       .github = yugabytedb_issue(10652),
       .docs = postgresql_page("gin-indexes-on-multiple-columns-are-not-supported")},
      {.type = "ORDERED_GIN_INDEX",
       .name = "Ordered GIN Index",
       .description = "A column of a GIN index can't be ASC, DESC or HASH.",
       .suggestion = "Remove the order.",
       .github = yugabytedb_issue(10653),
       .docs = oracle_page("issue-in-some-unsupported-cases-of-gin-indexes")},
  };
}

std::vector<Issue> partition_issues() {
  return {
      {.type = "EXPRESSION_PARTITION_WITH_PK_UK",
       .name = "Tables partitioned using expressions containing primary or unique keys",
       .description = "A table that is partitioned by an expression has no primary key and no "
                      "unique constraint.",
       .suggestion = "Partition by columns, or remove the constraint.",
       .github = voyager_issue(698),
       .docs =
           mysql_page("tables-partitioned-with-expressions-cannot-contain-primary-unique-keys")},
      {.type = "MULTI_COLUMN_LIST_PARTITION",
       .name = "Multi-column partition by list",
       .description = "PARTITION BY LIST takes one column.",
       .suggestion = "Partition by one column, or by range or hash.",
       .github = voyager_issue(699),
       .docs = mysql_page("multi-column-partition-by-list-is-not-supported")},
      {.type = "INSUFFICIENT_COLUMNS_IN_PK_FOR_PARTITION",
       .name = "Partition key columns not part of Primary Key",
       .description = "All columns that a table is partitioned by must be in its primary key.",
       .suggestion = "Add the columns to the primary key.",
       .github = voyager_issue(578),
       .docs = oracle_page("partition-key-column-not-part-of-primary-key-columns")},
  };
}

std::vector<Issue> trigger_issues() {
  return {
      {.type = "CONSTRAINT_TRIGGER",
       .name = "Constraint Trigger",
       .description = "YugabyteDB has no CONSTRAINT TRIGGER.",
       .suggestion = "Use an AFTER trigger; it can't be deferred.",
       // The documentation's; the Go program names #1709, which is about deferrable constraints.
       .github = yugabytedb_issue(4700),
       .docs = postgresql_page("constraint-trigger-is-not-supported")},
      {.type = "REFERENCING_CLAUSE_IN_TRIGGER",
       .name = "Referencing Clause in Triggers",
       .description = "Triggers have no transition tables (REFERENCING OLD/NEW TABLE).",
       .suggestion = "Use a trigger FOR EACH ROW.",
       .github = yugabytedb_issue(1668),
       .docs = postgresql_page("referencing-clause-for-triggers")},
      {.type = "BEFORE_ROW_TRIGGER_ON_PARTITIONED_TABLE",
       .name = "BEFORE ROW triggers on partitioned tables",
       .description = "In this release a partitioned table can't have a BEFORE trigger FOR EACH "
                      "ROW.",
       .suggestion = "Create the trigger on each partition.",
       .github = yugabytedb_issue(24830),
       .docs = postgresql_page("before-row-triggers-on-partitioned-tables"),
       .ga = since_postgresql_15()},
  };
}

}  // namespace

std::vector<Issue> table_issues() {
  std::vector<Issue> issues;
  for (const auto part : {table_and_constraint_issues, alter_table_issues, index_issues,
                          partition_issues, trigger_issues})
    for (Issue& issue : part()) issues.push_back(std::move(issue));
  return issues;
}

}  // namespace voyager::analysis
