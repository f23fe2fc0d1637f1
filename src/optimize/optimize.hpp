// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/name.hpp"
#include "schema/object_files.hpp"

/// Writes a schema's DDL anew so that YugabyteDB is fast with it. Pure functions from statements to
/// statements; each change is a value that says what was changed and why.
namespace voyager::optimize {

/// What may be done. Each can be switched off alone.
struct Switches {
  /// PRIMARY KEY, UNIQUE and CHECK of ALTER TABLE ADD CONSTRAINT move into CREATE TABLE: on
  /// YugabyteDB a key that is added later writes the table anew. Off by
  /// YB_VOYAGER_SKIP_MERGE_CONSTRAINTS_TRANSFORMATIONS.
  bool merge_constraints = true;
  /// Indexes that another one does the work of are left out. Off, with the next, by
  /// --skip-performance-recommendations.
  bool remove_redundant_indexes = true;
  /// Keys and indexes that a date or time leads are sharded by range, not by hash: rows of a
  /// period stay together.
  bool range_sharding = true;
  /// Tables that the assessment wants sharded say so (COLOCATION = false). Off by
  /// --skip-colocation-recommendations.
  bool colocation = true;
};

enum class ChangeKind : std::uint8_t {
  constraint_merged,
  redundant_index_removed,
  index_by_range,
  key_by_range,
  table_sharded,
};
inline constexpr std::array change_kinds{
    ChangeKind::constraint_merged, ChangeKind::redundant_index_removed, ChangeKind::index_by_range,
    ChangeKind::key_by_range, ChangeKind::table_sharded};
/// For people: "Constraints merged into CREATE TABLE".
std::string_view title(ChangeKind kind);
bool is_on(ChangeKind kind, const Switches& switches);

/// One change of one object.
struct Change {
  ChangeKind kind = ChangeKind::constraint_merged;
  schema::ObjectType file = schema::ObjectType::table;
  std::string object;  ///< "public.orders", "orders_at_idx ON public.orders"
  std::string reason;  ///< one sentence
  std::string before;  ///< the statements that it concerns, before it
  std::string after;   ///< empty: left out
  int statements = 0;  ///< how many more there are after it; fewer: negative
};

/// Statements by file, in their order. As schema::Categorized has them.
using Files = std::map<schema::ObjectType, std::vector<std::string>>;

struct Optimized {
  Files files;
  std::vector<Change> changes;     ///< kind by kind, in the order of the files
  std::vector<std::string> notes;  ///< what could have been done, and why it was not
};

/// Statements that the files have less than before: the sum of what the changes say.
int fewer_statements(const Optimized& optimized);

/// `sharded`: tables that shall not be colocated; none: no recommendation is known. What can't be
/// parsed stays as it is. Constraints of tables whose CREATE TABLE stands in the files are moved
/// whatever their partitions, so that a partitioned table and its parts agree.
Optimized optimize(const Files& files, const Switches& switches,
                   const std::optional<std::vector<QualifiedName>>& sharded);

/// What the page says beside the changes.
struct ReportContext {
  std::string voyager_version;
  std::string database;
  Switches switches;
};

/// reports/schema_optimization_report.html: one self-contained page.
std::string to_html(const Optimized& optimized, const ReportContext& context);

}  // namespace voyager::optimize
