// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/parallelism.hpp"
#include "engine/source.hpp"

namespace voyager::engine {

/// Names one chunk in the target's ledger. The same chunk of a later generation is another batch.
struct BatchId {
  QualifiedName table;
  std::string file;  ///< name of the chunk file, unique in the migration
  std::int64_t number = 0;
  friend auto operator<=>(const BatchId&, const BatchId&) = default;
};

/// A chunk to load, and where its bytes come from.
struct ChunkLoad {
  BatchId batch;
  const Table* source_table = nullptr;
  ChunkFormat format = ChunkFormat::csv;
  /// Fills its argument with the next piece and returns false at the end.
  std::function<bool(std::string&)> read;
};

/// Loads chunks. Threads: one object for each worker.
class BulkLoader {
 public:
  virtual ~BulkLoader() = default;
  /// Rows and ledger row of a chunk are in one transaction, as a rule in that of all chunks: many
  /// small ones at once take much less time than each alone. Returns the rows loaded of each, also
  /// those of an earlier call, of which nothing is read. When the answer to COMMIT is lost the
  /// error's action is ask_target: call it again.
  virtual std::vector<std::uint64_t> load(const std::vector<ChunkLoad>& chunks) = 0;
  /// Empties a table whose earlier chunks must not count, and forgets their ledger rows, in one
  /// transaction.
  virtual void discard(const QualifiedName& table) = 0;
};

/// A piece of a transaction batch after compaction: what to do to one table. Views are owned by the
/// caller and live until write() returns.
struct RowSet {
  const Relation* relation = nullptr;
  /// Columns of the relation that `rows` carry, by index. For removes: the key columns; of a table
  /// without a key all columns, where rows that stand there several times in a row go as often.
  std::vector<std::uint16_t> columns;
  /// rows.size() is a multiple of columns.size().
  std::vector<Value> rows;
  /// For updates: key values to find each row by (relation key columns, in order), same count of
  /// rows.
  std::vector<Value> keys;
  Operation operation = Operation::insert;
  std::size_t count() const { return columns.empty() ? 0 : rows.size() / columns.size(); }
};

/// What a batch did, for the ledger. Counts are the source's own (before compaction).
struct TableCounts {
  QualifiedName table;
  std::int64_t inserts = 0, updates = 0, deletes = 0;
};

/// Applies change batches. One batch is one transaction of the target: begin, writes, commit.
///
/// Statements go out without waiting for the answers of those before, so what the target objects to
/// comes out of any later call, at the latest of settle() or commit().
///
/// Divergence (a row that is missing or already there, a violated constraint) is an Error with code
/// E6001 and action give_up; the caller rolls back and replays row by row to name the row.
/// Threads: one object for each worker.
class ChangeApplier {
 public:
  virtual ~ChangeApplier() = default;
  /// The vsn up to which this target has everything; 0 when nothing. Creates the ledger rows if
  /// needed.
  virtual std::int64_t applied_through() = 0;
  virtual void begin() = 0;
  /// The shortest time that a statement took there and back; 0: not known.
  virtual std::chrono::microseconds round_trip() const { return {}; }
  /// Whether the statements of an open transaction see what others committed since its begin().
  virtual bool sees_later_commits() const = 0;
  /// All rows in one or a few statements; it is checked that exactly count() rows were affected.
  virtual void write(const RowSet& rows) = 0;
  /// One change alone: in a replay, or where its whole new row is not known.
  virtual void write_one(const Relation& relation, const RowChange& change) = 0;
  virtual void truncate(const Relation& relation) = 0;
  /// Waits until everything so far is written and checked.
  virtual void settle() = 0;
  /// Ledger and COMMIT; the latter is sent once everything before it is checked. After ask_target,
  /// applied_through() tells whether it happened.
  virtual void commit(std::int64_t through_vsn, std::span<const TableCounts> counts) = 0;
  /// Where the server may still lose in a crash what was committed, ledger and rows together,
  /// returns when it can't any more: for everything that any session committed before the call.
  /// Outside of a transaction.
  virtual void make_durable() {}
  virtual void rollback() noexcept = 0;
};

/// Something on the target that would disturb the apply and was switched off for it.
struct SuspendedObject {
  std::string kind;  ///< "identity always", "trigger", "foreign key"
  QualifiedName table;
  std::string name;
  std::string restore_sql;  ///< the engine's own way back, made when it was suspended
};

/// Triggers, identity columns and sequences of a database that changes are applied to.
class SessionControl {
 public:
  virtual ~SessionControl() = default;
  /// Everything that would make an import into these tables fail, as lines that say what to do;
  /// empty: fine. Touches nothing.
  virtual std::vector<std::string> obstacles(const std::vector<Table>& tables) = 0;
  /// What the import itself does not need, but its end will: rights to set the sequences of these
  /// tables' schemas.
  virtual std::vector<std::string> cautions(const std::vector<Table>& tables) = 0;
  /// What has to be suspended for these tables, without touching anything (replica role covers
  /// triggers and foreign keys where the user may set it).
  virtual std::vector<SuspendedObject> to_suspend(const std::vector<Table>& tables) = 0;
  virtual void suspend(const SuspendedObject& object) = 0;
  virtual void restore(const SuspendedObject& object) = 0;
  /// Which sessions of this process's name wait for locks of others, and of whom.
  virtual Stall blocked_sessions() { return {}; }
  /// Sets sequences that exist here so that the next value is the one the source would have given.
  /// Returns the names that do not exist on this side.
  virtual std::vector<QualifiedName> set_sequences(const std::vector<Sequence>& sequences) = 0;
};

/// What the ledger in the target says (schema ybvoyager_metadata).
class Ledger {
 public:
  virtual ~Ledger() = default;
  struct SnapshotRows {
    QualifiedName table;
    std::int64_t rows = 0;
    std::int64_t batches = 0;
  };
  virtual std::vector<SnapshotRows> snapshot_rows() = 0;
  virtual std::vector<BatchId> loaded_batches() = 0;
  virtual std::vector<TableCounts> change_counts() = 0;
  virtual std::int64_t applied_through() = 0;
  /// Rows truly in the table now (a scan).
  virtual std::int64_t count_rows(const QualifiedName& table) = 0;
  /// Removes this migration's rows, and the schema when no other migration is left in it.
  virtual void remove() = 0;
};

/// Creates schema objects.
class SchemaWriter {
 public:
  virtual ~SchemaWriter() = default;
  /// Runs one statement on its own (DDL of YugabyteDB is not transactional). The thrown Error
  /// carries the SQLSTATE; action retry for catalog conflicts. Returns false when IF NOT EXISTS
  /// made it do nothing.
  virtual bool execute(const std::string& statement) = 0;
  /// Drops these schemas with everything in them; "public" is emptied and kept.
  virtual void drop_schemas(const std::vector<std::string>& schemas) = 0;
  /// Objects (tables, views, functions, types...) that exist in the schemas, to warn about them.
  virtual std::int64_t object_count(const std::vector<std::string>& schemas) = 0;
  virtual std::vector<QualifiedName> materialized_views(
      const std::vector<std::string>& schemas) = 0;
  /// Drops this index when it is INVALID, as a build that failed or was killed leaves it; whether
  /// there was one. A partitioned index is left alone: it is INVALID until its parts are attached.
  virtual bool drop_invalid_index(const QualifiedName& index) = 0;
  /// Whether tables share one tablet unless they say otherwise; none: a database without tablets.
  virtual std::optional<bool> colocated() = 0;
};

/// Row hashes for verify data, computed in the database.
class RowHasher {
 public:
  virtual ~RowHasher() = default;
  struct Bucket {
    std::uint32_t number = 0;
    std::int64_t rows = 0;
    std::string hash;  ///< order-free: the same rows give the same text in any order
    friend bool operator==(const Bucket&, const Bucket&) = default;
  };
  /// The table's rows spread over `buckets` key ranges (ranges of the hash of the key, so that they
  /// are the same under every collation). Only non-empty ones are returned, by number.
  virtual std::vector<Bucket> buckets(const Table& table, std::uint32_t buckets) = 0;
  struct Row {
    std::string key;  ///< for people; for a table without key: the row's hash
    std::string hash;
    std::int64_t copies = 1;
  };
  /// The rows of some buckets, ordered by key text, at most `limit`.
  virtual std::vector<Row> rows(const Table& table, std::uint32_t buckets,
                                const std::vector<std::uint32_t>& chosen, std::int64_t limit) = 0;
};

/// What the servers of a target are doing, as they say it themselves.
class LoadMeter {
 public:
  virtual ~LoadMeter() = default;
  /// Servers that give no figures are left out.
  virtual std::vector<ServerLoad> read() = 0;
};

/// A database that rows and changes are brought to. Each call opens its own connection.
/// Threads: any; the objects returned belong to one thread each.
class TargetEngine {
 public:
  virtual ~TargetEngine() = default;
  virtual std::unique_ptr<CatalogReader> catalog() = 0;
  virtual std::unique_ptr<SchemaWriter> schema_writer() = 0;
  virtual std::unique_ptr<BulkLoader> bulk_loader() = 0;
  virtual std::unique_ptr<ChangeApplier> change_applier(
      const std::vector<Table>& source_tables) = 0;
  virtual std::unique_ptr<SessionControl> session_control() = 0;
  virtual std::unique_ptr<Ledger> ledger() = 0;
  virtual std::unique_ptr<RowHasher> row_hasher() = 0;
  /// Connections that use the database's servers well, at least 1.
  virtual int default_parallel_jobs() = 0;
  /// Null: this database does not say what its servers are doing.
  virtual std::unique_ptr<LoadMeter> load_meter() { return nullptr; }
  /// Creates schema ybvoyager_metadata and its tables when they are missing.
  virtual void prepare_ledger() = 0;
};

}  // namespace voyager::engine
