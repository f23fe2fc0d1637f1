// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/endpoint.hpp"
#include "model/name.hpp"

namespace voyager::engine {

enum class RelationKind : std::uint8_t {
  table,
  partitioned_table,
  materialized_view,
  primary_key,  ///< the index behind it
  index,
  partitioned_index,
};

/// A table or index as the database's own statistics describe it. Nothing here is counted by
/// reading rows.
struct RelationStatistics {
  QualifiedName name;
  RelationKind kind = RelationKind::table;
  std::optional<QualifiedName> table;         ///< whose index it is
  std::optional<QualifiedName> partition_of;  ///< its direct parent
  /// Estimated by the server; none: never analysed, or a partitioned table, whose leaves have them.
  std::optional<std::int64_t> rows;
  std::int64_t bytes = 0;    ///< on disk, a table with its TOAST but without its indexes
  std::int64_t columns = 0;  ///< of a table; of an index the key columns
  friend bool operator==(const RelationStatistics&, const RelationStatistics&) = default;
};

/// How much was done with a table since the counters were reset. A partitioned table has 0: its
/// leaves are counted.
struct RelationActivity {
  QualifiedName name;
  RelationKind kind = RelationKind::table;
  std::int64_t reads = 0;   ///< scans, sequential and by index; 0 for an index
  std::int64_t writes = 0;  ///< rows inserted, updated and deleted; 0 for an index
  friend bool operator==(const RelationActivity&, const RelationActivity&) = default;
};

/// What a table or index was used for since the counters were reset.
struct RelationUsage {
  QualifiedName name;
  RelationKind kind = RelationKind::table;
  std::int64_t scans = 0;                              ///< of a table also those by its indexes
  std::int64_t inserts = 0, updates = 0, deletes = 0;  ///< rows of a table
  friend bool operator==(const RelationUsage&, const RelationUsage&) = default;
};

/// How a column's values are spread. Source: the view pg_stats.
struct ColumnSpread {
  QualifiedName table;
  std::string column;
  double null_fraction = 0;          ///< 0 to 1
  double distinct_values = 0;        ///< as the server estimates them, above 0; 0: not known
  double most_common_frequency = 0;  ///< of the most frequent value, 0 to 1
  /// The most frequent value itself is row data: it is never read.
  friend bool operator==(const ColumnSpread&, const ColumnSpread&) = default;
};

/// A kind of statement that ran, as the server counts them. Constants are placeholders in `text`.
/// Source: PostgreSQL 15 documentation, F.32 pg_stat_statements.
struct QueryStatistics {
  std::int64_t id = 0;
  std::string text;
  std::int64_t calls = 0;
  std::int64_t rows = 0;
  double total_ms = 0, mean_ms = 0, min_ms = 0, max_ms = 0, stddev_ms = 0;
  friend bool operator==(const QueryStatistics&, const QueryStatistics&) = default;
};

/// One entry for each text, sorted by it: servers count the same statement apart for each user and
/// node. The id is that of the entry with the most calls.
std::vector<QueryStatistics> merged_by_text(const std::vector<QueryStatistics>& queries);

/// The text of a SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES or TABLE statement, without the
/// constants that the server has left in it. None for every other statement (SELECT INTO too):
/// servers keep their constants, so they may quote rows and passwords.
std::optional<std::string> data_statement(std::string_view text);

/// A server that follows this one.
struct ReplicaAddress {
  std::string application;  ///< what it calls itself; empty: not known
  std::string host;         ///< empty: the server can't tell, or may not tell this user
};

/// Reads the statistics that a database keeps of itself. Threads: one. Throws: the errors of a
/// connection; E4302 when the user may not read something that is needed. Relations are those of
/// the given schemas that extensions don't own, sorted by name.
class StatisticsReader {
 public:
  virtual ~StatisticsReader() = default;
  virtual std::string server_version() = 0;
  /// The same for a server and its physical replicas; for no other pair.
  virtual std::string system_identifier() = 0;
  virtual bool is_replica() = 0;
  /// Schemas that hold users' objects, sorted.
  virtual std::vector<std::string> user_schemas() = 0;
  virtual std::vector<ReplicaAddress> replicas() = 0;
  /// What will make the statistics incomplete (counters off, never analysed, no
  /// pg_stat_statements), as lines that say what to do.
  virtual std::vector<std::string> cautions(const std::vector<std::string>& schemas) = 0;
  virtual std::vector<RelationStatistics> relations(const std::vector<std::string>& schemas) = 0;
  virtual std::vector<RelationActivity> activity(const std::vector<std::string>& schemas) = 0;
  virtual std::vector<RelationUsage> usage(const std::vector<std::string>& schemas) = 0;
  virtual std::vector<ColumnSpread> columns(const std::vector<std::string>& schemas) = 0;
  /// Data statements of this database, merged by text, on all nodes of a cluster together, without
  /// this program's own. None: the database does not count statements, or this user may not read
  /// them.
  virtual std::optional<std::vector<QueryStatistics>> queries() = 0;
};

/// A database that keeps statistics of itself. Each call opens a connection of its own.
class StatisticsSource {
 public:
  virtual ~StatisticsSource() = default;
  virtual std::unique_ptr<StatisticsReader> statistics() = 0;
};

}  // namespace voyager::engine
