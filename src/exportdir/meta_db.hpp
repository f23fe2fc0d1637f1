// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exportdir/layout.hpp"
#include "model/change.hpp"
#include "model/change_counts.hpp"
#include "model/chunk_format.hpp"
#include "model/table.hpp"

namespace voyager::exportdir {

enum class TableState : std::uint8_t { pending, exporting, exported };

/// A table of the migration as frozen at the first run of export data.
struct TableRecord {
  std::int64_t id = 0;
  Table table;  ///< the source's catalog entry at that time
  ChunkFormat format = ChunkFormat::csv;
  TableState state = TableState::pending;
  /// Grows when the table has to be copied again; chunks of an older generation do not count.
  std::int64_t generation = 1;
  /// Changes of this table with a smaller commit position are in its snapshot already.
  Position snapshot_position;
};

enum class ChunkState : std::uint8_t { planned, exported };

struct ChunkRecord {
  std::int64_t id = 0;
  std::int64_t table_id = 0;
  std::int64_t generation = 1;
  QualifiedName leaf;
  std::string range;
  std::string file;  ///< name in data/, empty until planned() gave it one
  ChunkState state = ChunkState::planned;
  std::int64_t estimated_bytes = 0;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  /// CRC-32C of the file's bytes; none in a chunk that a version without checksums exported.
  std::optional<std::uint32_t> checksum;
};

struct SegmentRecord {
  std::int64_t number = 0;
  std::string exporter_role;
  std::int64_t first_vsn = 0;  ///< vsn before its first event, plus one
  std::int64_t last_vsn = 0;
  std::int64_t committed_bytes = 0;
  bool sealed = false;  ///< a later segment exists
  bool archived = false;
  bool deleted = false;
  std::string archive_location;
};

/// A process that reads the change log, and how far its database's own ledger is.
struct ConsumerRecord {
  std::string role;
  std::int64_t applied_vsn = 0;
  std::int64_t applied_source_micros = 0;  ///< commit time of the last applied transaction
  std::int64_t updated_micros = 0;
};

/// One fact in the append-only journal of the migration (cutover and its steps, errors that stopped
/// it).
struct JournalEntry {
  std::int64_t id = 0;
  std::int64_t unix_micros = 0;
  std::string fact;    ///< a word of the cutover machine or of another journal user
  std::string detail;  ///< JSON or text; never row data
};

/// metainfo/meta.db: all that processes tell each other besides chunks and the change log.
///
/// SQLite in WAL mode, busy timeout 30 s, short transactions, synchronous=FULL; its schema and the
/// migrations of the schema live in meta_db_schema.cpp alone. See docs/formats/meta-db.md.
/// Opening it checks the file's structure, the checksum of each row, and that it is of the
/// migration that the directory belongs to.
/// Every change but put_figures() rings the bell of the export directory.
/// Durability: a change is on the device when its call returns, but for put_consumer(),
/// put_figures() and begin_table(), which a power failure (not a killed process) may take back
/// until the next change is there.
/// Threads: any (one mutex). Throws: E2201 when it can't be opened or is of a newer format,
/// E2202 when it is damaged or gone, E2206 when it is another migration's; E2203 (action retry)
/// when it stays locked or the file system is full; E2205 when a table or chunk that is to change
/// is not recorded.
class MetaDb {
 public:
  /// Creates the file and the migration's UUID when `create` is set; else E2204 when there is none
  /// ("no migration in this export directory").
  static MetaDb open(const Layout& layout, bool create);
  MetaDb(MetaDb&&) noexcept;
  MetaDb(const MetaDb&) = delete;
  MetaDb& operator=(const MetaDb&) = delete;
  MetaDb& operator=(MetaDb&&) = delete;
  ~MetaDb();

  const std::string& migration_uuid() const;

  // Settings: small named facts (JSON or text). Names stand in docs/formats/meta-db.md.
  std::optional<std::string> setting(const std::string& name) const;
  void set_setting(const std::string& name, const std::string& value);
  /// Names and values, all of them or none.
  void set_settings(const std::vector<std::pair<std::string, std::string>>& settings);
  void remove_setting(const std::string& name);

  // Tables and chunks of the snapshot.
  void add_tables(const std::vector<TableRecord>& tables);  ///< all at once, ids are given here
  std::vector<TableRecord> tables() const;
  /// Makes of an earlier list what tables() would give now, much faster for thousands: what a table
  /// is does not change.
  void refresh(std::vector<TableRecord>& tables) const;
  void set_table_state(std::int64_t table_id, TableState state);
  void set_tables_exported(const std::vector<std::int64_t>& table_ids);  ///< all or none
  /// Drops the chunks of a table that is not exported completely and starts its next generation.
  /// Throws: E2205 when the table is exported already.
  void restart_table(std::int64_t table_id, const Position& snapshot_position);
  /// The same for several at once, all of them or none.
  void restart_tables(const std::vector<std::int64_t>& table_ids,
                      const Position& snapshot_position);
  /// Stores in one transaction where a table's snapshot stands, its plan, to which it gives ids and
  /// file names, and that it is being exported; without any chunk, that it is exported.
  void begin_table(std::int64_t table_id, const Position& snapshot_position,
                   const std::vector<ChunkRecord>& chunks);
  /// The same for several at once, by their ids, all of them or none.
  void begin_tables(const std::map<std::int64_t, std::vector<ChunkRecord>>& chunks_of_tables,
                    const Position& snapshot_position);
  struct ChunkContent {
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    std::uint32_t checksum = 0;  ///< as ChunkRecord::checksum
  };
  /// By their ids, all of them or none.
  void set_chunks_exported(const std::map<std::int64_t, ChunkContent>& chunks);
  std::vector<ChunkRecord> chunks() const;  ///< of the present generations
  std::vector<ChunkRecord> chunks_of(std::int64_t table_id) const;

  // The change log.
  void put_segment(const SegmentRecord& segment);
  /// Records the next segment and that the one before it is sealed, in one transaction.
  void begin_segment(const SegmentRecord& sealed, const SegmentRecord& next);
  std::vector<SegmentRecord> segments() const;
  /// Adds to the counts of exported events, by exporter role and table. `through_vsn` is the last
  /// event that is counted now: kept in the same transaction, so that nothing is counted twice or
  /// forgotten.
  void add_exported_counts(const std::string& exporter_role,
                           const std::map<QualifiedName, ChangeCounts>& counts,
                           std::int64_t through_vsn);
  /// Both at once: how far a segment is, and the counts of the events since the last call.
  void record_progress(const SegmentRecord& segment,
                       const std::map<QualifiedName, ChangeCounts>& counts);
  /// All events up to this vsn are in the counts.
  std::int64_t counted_through() const;
  std::map<QualifiedName, ChangeCounts> exported_counts(const std::string& exporter_role) const;
  /// Up to where a database is about to be told that it may forget its log, by replication slot.
  /// Durable before the database hears of it: so a slot that is further belongs to a later state of
  /// this directory. Does not ring the bell.
  void put_confirmed(const std::string& slot, const Position& position);
  std::optional<Position> confirmed(const std::string& slot) const;
  /// For a slot that is made anew.
  void forget_confirmed(const std::string& slot);
  void put_consumer(const ConsumerRecord& consumer);
  std::vector<ConsumerRecord> consumers() const;

  // Journal.
  void append_journal(const std::string& fact, const std::string& detail);
  std::vector<JournalEntry> journal() const;

  // Live figures for status: free text by role and name, e.g. "lag_seconds"; not durable facts, so
  // that a full disk (E2203) only leaves them as they were: nobody must fail for them.
  void put_figures(const std::string& role, const std::map<std::string, std::string>& figures);
  std::map<std::string, std::string> figures(const std::string& role) const;

  /// Forgets tables, chunks, segments, counts, consumers, figures and the journal (--start-clean of
  /// export data). Settings and the UUID stay.
  void clear_data();

 private:
  struct State;
  explicit MetaDb(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace voyager::exportdir
