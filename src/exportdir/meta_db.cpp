// SPDX-License-Identifier: Apache-2.0
#include "exportdir/meta_db.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/bell.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/text.hpp"
#include "exportdir/meta_db_rows.hpp"
#include "exportdir/meta_db_schema.hpp"

namespace voyager::exportdir {
namespace {

constexpr ErrorCode cannot_open{2201};
constexpr ErrorCode damaged{2202};
constexpr ErrorCode stays_locked{2203};
constexpr ErrorCode no_migration{2204};
constexpr ErrorCode other_migration{2206};
constexpr const char* from_a_copy =
    "Restore the whole export directory from its newest copy; if there is none, the migration must "
    "start anew in another directory";
constexpr int busy_timeout_millis = 30'000;

using Counts = std::map<QualifiedName, ChangeCounts>;
using rows::run;
using rows::run_on_row;

[[noreturn]] void translate(const SQLite::Exception& error, const std::filesystem::path& file) {
  const std::string message = fmt::format("{}: {}", file.string(), error.what());
  switch (error.getErrorCode()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(stays_locked, Action::retry, message, "Another process holds it for too long");
    case SQLITE_FULL:
      throw Error(stays_locked, Action::retry, message, "Make room in the file system");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      fail(damaged, message, from_a_copy);
    default:
      fail(cannot_open, message, "Check the file's owner, mode and file system");
  }
}

/// A random UUID (RFC 4122, version 4).
std::string make_uuid() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    fail(cannot_open, "the system gives no random bytes");
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

/// Holds back other processes that open the same directory while the schema is made or migrated.
class OpeningLock {
 public:
  explicit OpeningLock(const Layout& layout)
      : file_(File::open(layout.bell(), File::Mode::append)) {
    while (::flock(file_.fd(), LOCK_EX) != 0) {
      if (errno != EINTR) fail(cannot_open, "cannot lock " + layout.bell().string());
    }
  }

 private:
  File file_;  // closing it ends the lock
};

}  // namespace

enum class Durability { power_failure, killed_process };

struct MetaDb::State {
  explicit State(const Layout& place)
      : layout(place), db(place.meta_db().string(), SQLite::OPEN_READWRITE, busy_timeout_millis) {
    add_checksum_function(db);
  }

  template <typename Work>
  auto read(Work work) {
    const MutexLock lock(mutex);
    try {
      return work(db);
    } catch (const SQLite::Exception& error) {
      translate(error, layout.meta_db());
    }
  }

  template <typename Work>
  void change(Work work) {
    write(work, Durability::power_failure);
    ring_bell(layout.bell());
  }

  template <typename Work>
  void write(Work work, Durability durability) {
    read([&](SQLite::Database& database) {
      database.exec(durability == Durability::power_failure ? "PRAGMA synchronous = FULL"
                                                            : "PRAGMA synchronous = NORMAL");
      SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
      work(database);
      transaction.commit();
    });
  }

  template <typename Record>
  std::vector<Record> list(const char* sql, Record (*record_of)(SQLite::Statement&)) {
    return read([&](SQLite::Database& database) {
      std::vector<Record> records;
      SQLite::Statement statement(database, sql);
      while (statement.executeStep()) records.push_back(record_of(statement));
      return records;
    });
  }

  const Layout layout;
  std::string uuid;  // set once, before the object is shared
  Mutex mutex;
  SQLite::Database db GUARDED_BY(mutex);
};

MetaDb::MetaDb(std::unique_ptr<State> state) : state_(std::move(state)) {}
MetaDb::MetaDb(MetaDb&&) noexcept = default;
MetaDb::~MetaDb() = default;

namespace {

[[noreturn]] void throw_no_migration(const Layout& layout) {
  fail(no_migration,
       fmt::format("there is no migration in this export directory ({})", layout.root().string()),
       "Check --export-dir, or begin with export schema");
}

/// The migration that the directory was made for; empty before its first meta.db was complete.
std::string identity_of(const Layout& layout) {
  if (!std::filesystem::exists(layout.identity())) return {};
  return std::string(trim(read_file(layout.identity())));
}

/// A meta.db that is gone must not look like a migration that has not begun.
void refuse_lost_file(const Layout& layout, const std::string& identity) {
  std::error_code not_there;
  const auto size = std::filesystem::file_size(layout.meta_db(), not_there);
  if (identity.empty() || (!not_there && size > 0)) return;
  fail(damaged,
       fmt::format("{} is {}, but the directory holds migration {}", layout.meta_db().string(),
                   not_there ? "gone" : "empty", identity),
       from_a_copy);
}

/// Reports and figures of one migration with the rows of another one would be worse than none.
void check_identity(const Layout& layout, const std::string& identity, const std::string& uuid) {
  if (identity.empty()) {
    write_file_atomically(layout.identity(), uuid + "\n");
  } else if (identity != uuid) {
    fail(other_migration,
         fmt::format("{} is of migration {}, but the directory holds migration {}",
                     layout.meta_db().string(), uuid, identity),
         "Put the meta.db of this directory back");
  }
}

/// The file itself, so that SQLite doesn't make one that others can read.
void ensure_file(const Layout& layout, bool create) {
  if (std::filesystem::exists(layout.meta_db())) return;
  if (!create) throw_no_migration(layout);
  File::open(layout.meta_db(), File::Mode::read_write).close();
}

std::string prepare(SQLite::Database& db, const Layout& layout, bool create) {
  const int version = schema_version_of(db);
  if (version > meta_db_version)
    fail(cannot_open,
         fmt::format("{} has format {}, this program knows up to {}", layout.meta_db().string(),
                     version, meta_db_version),
         "Use the newer yb-voyager that wrote it");
  if (version == 0 && !create) throw_no_migration(layout);
  db.exec("PRAGMA journal_mode = WAL");
  migrate_schema(db);
  db.exec("PRAGMA foreign_keys = ON");
  if (const auto damage = find_damage(db))
    fail(damaged, fmt::format("{} is damaged: {}", layout.meta_db().string(), *damage),
         from_a_copy);
  run(db, "INSERT OR IGNORE INTO migration (id, uuid, created_micros) VALUES (1, ?, ?)",
      {make_uuid(), unix_micros_now()});
  return db.execAndGet("SELECT uuid FROM migration").getString();
}

}  // namespace

MetaDb MetaDb::open(const Layout& layout, bool create) {
  const std::string identity = identity_of(layout);
  refuse_lost_file(layout, identity);
  if (create) make_directory(layout.metainfo());
  if (!std::filesystem::is_directory(layout.metainfo())) throw_no_migration(layout);
  ensure_file(layout, create);
  const OpeningLock opening(layout);
  try {
    auto state = std::make_unique<State>(layout);
    state->uuid = state->read([&](SQLite::Database& db) { return prepare(db, layout, create); });
    VOYAGER_FAILPOINT("meta_db.before_identity");
    check_identity(layout, identity_of(layout), state->uuid);
    return MetaDb(std::move(state));
  } catch (const SQLite::Exception& error) {
    translate(error, layout.meta_db());
  }
}

const std::string& MetaDb::migration_uuid() const {
  return state_->uuid;
}

std::optional<std::string> MetaDb::setting(const std::string& name) const {
  return state_->read([&](SQLite::Database& db) -> std::optional<std::string> {
    SQLite::Statement statement(db, "SELECT json_text FROM json_objects WHERE key = ?");
    statement.bind(1, name);
    if (!statement.executeStep()) return std::nullopt;
    return statement.getColumn(0).getString();
  });
}

namespace {

void put_setting(SQLite::Database& db, const std::string& name, const std::string& value) {
  run(db, "INSERT OR REPLACE INTO json_objects (key, json_text) VALUES (?, ?)", {name, value});
}

}  // namespace

void MetaDb::set_setting(const std::string& name, const std::string& value) {
  state_->change([&](SQLite::Database& db) { put_setting(db, name, value); });
}

void MetaDb::set_settings(const std::vector<std::pair<std::string, std::string>>& settings) {
  state_->change([&](SQLite::Database& db) {
    for (const auto& [name, value] : settings) put_setting(db, name, value);
  });
}

void MetaDb::remove_setting(const std::string& name) {
  state_->change(
      [&](SQLite::Database& db) { run(db, "DELETE FROM json_objects WHERE key = ?", {name}); });
}

void MetaDb::add_tables(const std::vector<TableRecord>& tables) {
  state_->change([&](SQLite::Database& db) {
    for (const TableRecord& record : tables) rows::add_table(db, record);
  });
}

std::vector<TableRecord> MetaDb::tables() const {
  return state_->list<TableRecord>("SELECT * FROM tables ORDER BY id", rows::table_record);
}

void MetaDb::refresh(std::vector<TableRecord>& tables) const {
  const bool same_tables = state_->read([&](SQLite::Database& db) {
    SQLite::Statement row(
        db, "SELECT id, state, generation, snapshot_position FROM tables ORDER BY id");
    auto record = tables.begin();
    for (; row.executeStep(); ++record) {
      if (record == tables.end() || record->id != row.getColumn("id").getInt64()) return false;
      rows::read_progress(row, *record);
    }
    return record == tables.end();
  });
  if (!same_tables) tables = this->tables();
}

void MetaDb::set_table_state(std::int64_t table_id, TableState state) {
  state_->change([&](SQLite::Database& db) {
    run_on_row(db, "UPDATE tables SET state = ? WHERE id = ?", {rows::word_of(state), table_id});
  });
}

void MetaDb::set_tables_exported(const std::vector<std::int64_t>& table_ids) {
  state_->change([&](SQLite::Database& db) {
    for (const std::int64_t id : table_ids)
      run_on_row(db, "UPDATE tables SET state = 'exported' WHERE id = ?", {id});
  });
}

void MetaDb::restart_table(std::int64_t table_id, const Position& snapshot_position) {
  restart_tables({table_id}, snapshot_position);
}

void MetaDb::restart_tables(const std::vector<std::int64_t>& table_ids,
                            const Position& snapshot_position) {
  state_->change([&](SQLite::Database& db) {
    for (const std::int64_t table_id : table_ids) {
      run_on_row(db,
                 "UPDATE tables SET state = 'pending', generation = generation + 1,"
                 " snapshot_position = ? WHERE id = ? AND state <> 'exported'",
                 {snapshot_position.text, table_id});
      run(db, "DELETE FROM chunks WHERE table_id = ?", {table_id});
    }
  });
}

/// Rows come later, and with them a change that takes this one to the device: thousands of small
/// tables needn't wait for it.
void MetaDb::begin_tables(const std::map<std::int64_t, std::vector<ChunkRecord>>& chunks_of_tables,
                          const Position& snapshot_position) {
  const auto begin_one = [&](SQLite::Database& db, std::int64_t table_id,
                             const std::vector<ChunkRecord>& chunks) {
    const TableState state = chunks.empty() ? TableState::exported : TableState::exporting;
    const TableRecord table = rows::table_by_id(db, table_id);
    for (const ChunkRecord& chunk : chunks) rows::add_chunk(db, state_->layout, table, chunk);
    run_on_row(db, "UPDATE tables SET snapshot_position = ?, state = ? WHERE id = ?",
               {snapshot_position.text, rows::word_of(state), table_id});
  };
  state_->write(
      [&](SQLite::Database& db) {
        for (const auto& [table_id, chunks] : chunks_of_tables) begin_one(db, table_id, chunks);
      },
      Durability::killed_process);
  ring_bell(state_->layout.bell());
}

void MetaDb::begin_table(std::int64_t table_id, const Position& snapshot_position,
                         const std::vector<ChunkRecord>& chunks) {
  begin_tables({{table_id, chunks}}, snapshot_position);
}

void MetaDb::set_chunks_exported(const std::map<std::int64_t, ChunkContent>& chunks) {
  state_->change([&](SQLite::Database& db) {
    for (const auto& [id, content] : chunks)
      run_on_row(db,
                 "UPDATE chunks SET state = 'exported', rows = ?, bytes = ?, checksum = ? "
                 "WHERE id = ?",
                 {content.rows, content.bytes, std::int64_t{content.checksum}, id});
  });
}

std::vector<ChunkRecord> MetaDb::chunks() const {
  return state_->list<ChunkRecord>("SELECT * FROM chunks ORDER BY id", rows::chunk_record);
}

std::vector<ChunkRecord> MetaDb::chunks_of(std::int64_t table_id) const {
  return state_->read([&](SQLite::Database& db) {
    std::vector<ChunkRecord> records;
    SQLite::Statement statement(db, "SELECT * FROM chunks WHERE table_id = ? ORDER BY id");
    statement.bind(1, table_id);
    while (statement.executeStep()) records.push_back(rows::chunk_record(statement));
    return records;
  });
}

void MetaDb::put_segment(const SegmentRecord& segment) {
  state_->change([&](SQLite::Database& db) { rows::upsert_segment(db, state_->layout, segment); });
}

void MetaDb::begin_segment(const SegmentRecord& sealed, const SegmentRecord& next) {
  state_->change([&](SQLite::Database& db) {
    rows::upsert_segment(db, state_->layout, sealed);
    rows::upsert_segment(db, state_->layout, next);
  });
}

std::vector<SegmentRecord> MetaDb::segments() const {
  return state_->list<SegmentRecord>("SELECT * FROM queue_segment_meta ORDER BY segment_no",
                                     rows::segment_record);
}

void MetaDb::add_exported_counts(const std::string& exporter_role, const Counts& counts,
                                 std::int64_t through_vsn) {
  state_->change(
      [&](SQLite::Database& db) { rows::add_counts(db, exporter_role, counts, through_vsn); });
}

void MetaDb::record_progress(const SegmentRecord& segment, const Counts& counts) {
  state_->change([&](SQLite::Database& db) {
    rows::upsert_segment(db, state_->layout, segment);
    rows::add_counts(db, segment.exporter_role, counts, segment.last_vsn);
  });
}

std::int64_t MetaDb::counted_through() const {
  return state_->read([](SQLite::Database& db) -> std::int64_t {
    SQLite::Statement statement(db, "SELECT through_vsn FROM exported_events_counted");
    return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
  });
}

std::map<QualifiedName, ChangeCounts> MetaDb::exported_counts(
    const std::string& exporter_role) const {
  return state_->read([&](SQLite::Database& db) {
    Counts counts;
    SQLite::Statement row(db,
                          "SELECT schema_name, table_name, num_inserts, num_updates, num_deletes,"
                          " num_truncates FROM exported_events_stats_per_table"
                          " WHERE exporter_role = ?");
    row.bind(1, exporter_role);
    while (row.executeStep()) {
      counts[{row.getColumn(0).getString(), row.getColumn(1).getString()}] = {
          row.getColumn(2).getInt64(), row.getColumn(3).getInt64(), row.getColumn(4).getInt64(),
          row.getColumn(5).getInt64()};
    }
    return counts;
  });
}

void MetaDb::put_confirmed(const std::string& slot, const Position& position) {
  state_->write(
      [&](SQLite::Database& db) {
        run(db, "INSERT OR REPLACE INTO confirmed_positions (slot, position) VALUES (?, ?)",
            {slot, position.text});
      },
      Durability::power_failure);
}

std::optional<Position> MetaDb::confirmed(const std::string& slot) const {
  return state_->read([&](SQLite::Database& db) -> std::optional<Position> {
    SQLite::Statement row(db, "SELECT position FROM confirmed_positions WHERE slot = ?");
    row.bind(1, slot);
    if (!row.executeStep()) return std::nullopt;
    return Position{row.getColumn(0).getString()};
  });
}

void MetaDb::forget_confirmed(const std::string& slot) {
  state_->write(
      [&](SQLite::Database& db) {
        run(db, "DELETE FROM confirmed_positions WHERE slot = ?", {slot});
      },
      Durability::power_failure);
}

void MetaDb::put_consumer(const ConsumerRecord& consumer) {
  // The consumer's own database knows better; an older figure only keeps segments a little longer.
  state_->write(
      [&](SQLite::Database& db) {
        run(db,
            "INSERT OR REPLACE INTO consumers (role, applied_vsn, applied_source_micros,"
            " updated_micros) VALUES (?, ?, ?, ?)",
            {consumer.role, consumer.applied_vsn, consumer.applied_source_micros,
             consumer.updated_micros});
      },
      Durability::killed_process);
  ring_bell(state_->layout.bell());
}

std::vector<ConsumerRecord> MetaDb::consumers() const {
  return state_->list<ConsumerRecord>(
      "SELECT role, applied_vsn, applied_source_micros, updated_micros FROM consumers ORDER BY "
      "role",
      [](SQLite::Statement& row) {
        return ConsumerRecord{row.getColumn(0).getString(), row.getColumn(1).getInt64(),
                              row.getColumn(2).getInt64(), row.getColumn(3).getInt64()};
      });
}

void MetaDb::append_journal(const std::string& fact, const std::string& detail) {
  state_->change([&](SQLite::Database& db) {
    run(db, "INSERT INTO journal (unix_micros, fact, detail) VALUES (?, ?, ?)",
        {unix_micros_now(), fact, detail});
  });
}

std::vector<JournalEntry> MetaDb::journal() const {
  return state_->list<JournalEntry>(
      "SELECT id, unix_micros, fact, detail FROM journal ORDER BY id", [](SQLite::Statement& row) {
        return JournalEntry{row.getColumn(0).getInt64(), row.getColumn(1).getInt64(),
                            row.getColumn(2).getString(), row.getColumn(3).getString()};
      });
}

void MetaDb::put_figures(const std::string& role,
                         const std::map<std::string, std::string>& figures) {
  try {
    state_->write(
        [&](SQLite::Database& db) {
          for (const auto& [name, value] : figures)
            run(db, "INSERT OR REPLACE INTO figures (role, name, value) VALUES (?, ?, ?)",
                {role, name, value});
        },
        Durability::killed_process);
  } catch (const Error& error) {
    if (error.action() != Action::retry) throw;
    log::debug("figures of {} stay as they were: {}", role, error.line());
  }
}

std::map<std::string, std::string> MetaDb::figures(const std::string& role) const {
  return state_->read([&](SQLite::Database& db) {
    std::map<std::string, std::string> figures;
    SQLite::Statement row(db, "SELECT name, value FROM figures WHERE role = ?");
    row.bind(1, role);
    while (row.executeStep()) figures[row.getColumn(0).getString()] = row.getColumn(1).getString();
    return figures;
  });
}

void MetaDb::clear_data() {
  state_->change([](SQLite::Database& db) {
    for (const char* table :
         {"chunks", "tables", "queue_segment_meta", "exported_events_stats_per_table",
          "exported_events_counted", "consumers", "journal", "figures", "confirmed_positions"})
      db.exec(fmt::format("DELETE FROM {}", table));
  });
}

}  // namespace voyager::exportdir
