// SPDX-License-Identifier: Apache-2.0
#include "analysis/catalogue/parts.hpp"

namespace voyager::analysis {
namespace {

Issue performance(std::string type, std::string name, std::string description,
                  std::string suggestion, std::string_view anchor) {
  return {.type = std::move(type),
          .name = std::move(name),
          .category = Category::performance_optimizations,
          .description = std::move(description),
          .suggestion = std::move(suggestion),
          .github = "",
          .docs = postgresql_page(anchor)};
}

Issue hotspot(std::string type, std::string name, bool index) {
  Issue issue = performance(
      std::move(type), std::move(name),
      "Rows with rising times land next to each other: in a range-sharded index one tablet, and "
      "so one node, takes all inserts.",
      "Lead with a column that spreads the rows (a hash of the key modulo some buckets), or shard "
      "by hash when no query asks for a range of times.",
      "hotspots-with-range-sharded-timestamp-date-indexes");
  if (index) {
    issue.tp = from_releases({"2025.2.1.0"});
    issue.ea = from_releases({"2025.2.2.0", "2026.1.0.0"});
    issue.flags = {"yb_enable_derived_saops=true", "yb_max_saop_merge_streams=64"};
  }
  return issue;
}

}  // namespace

std::vector<Issue> performance_issues() {
  return {
      hotspot("HOTSPOTS_ON_DATE_INDEX", "Hotspots with indexes on date as first column", true),
      hotspot("HOTSPOTS_ON_TIMESTAMP_INDEX", "Hotspots with indexes on timestamp as first column",
              true),
      hotspot("HOTSPOTS_ON_DATE_PK_UK",
              "Hotspots with primary/unique key constraint on date as first column", false),
      hotspot("HOTSPOTS_ON_TIMESTAMP_PK_UK",
              "Hotspots with primary/unique key constraint on timestamp as first column", false),
      performance("REDUNDANT_INDEXES", "Redundant index",
                  "Another index begins with the same columns and serves the same queries; each "
                  "index makes every write dearer.",
                  "Remove the index.", "redundant-indexes"),
      performance("INDEX_ON_LOW_CARDINALITY_COLUMN", "Index on low-cardinality column",
                  "The index's first column has at most 10 different values, so the rows of a "
                  "value fill one tablet.",
                  "Put a column with more values first, or remove the index.",
                  "index-on-low-cardinality-column"),
      performance("INDEX_ON_COLUMN_WITH_HIGH_PERCENTAGE_OF_NULL_VALUES",
                  "Index on column with a high percentage of NULL values",
                  "40 % or more of the index's first column are NULL; they fill one tablet.",
                  "Make it a partial index: WHERE column IS NOT NULL.",
                  "index-on-column-with-a-high-percentage-of-null-values"),
      performance("INDEX_ON_COLUMN_WITH_HIGH_PERCENTAGE_OF_PARTICULAR_VALUE",
                  "Index on column with high percentage of a particular value",
                  "60 % or more of the index's first column are one value; they fill one tablet.",
                  "Make it a partial index without that value, or put another column first.",
                  "index-on-column-with-high-percentage-of-a-particular-value"),
      performance("FOREIGN_KEY_DATATYPE_MISMATCH", "Foreign key datatype mismatch",
                  "The column and the one that it references have different types, so each check "
                  "casts and can't be done in batches.",
                  "Give both columns the same type.", "foreign-key-datatype-mismatch"),
      performance("MISSING_FOREIGN_KEY_INDEX", "Missing index on foreign key columns",
                  "No index begins with the foreign key's columns, so deleting or changing a "
                  "referenced row reads the whole table on all nodes.",
                  "Create an index on the columns.", "missing-foreign-key-indexes"),
      performance("MISSING_PRIMARY_KEY_WHEN_UNIQUE_NOT_NULL",
                  "Missing primary key for table when unique and not null columns exist",
                  "The table has no primary key, though unique columns that are never NULL could "
                  "be one; without a key rows are found through a second lookup.",
                  "Make the columns the primary key.",
                  "missing-primary-key-for-table-when-unique-and-not-null-columns-exist"),
  };
}

}  // namespace voyager::analysis
