// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "engine/endpoint.hpp"
#include "model/change.hpp"
#include "model/chunk_format.hpp"
#include "model/durable_position.hpp"
#include "model/stall.hpp"
#include "model/table.hpp"

namespace voyager::engine {

/// What a database says about its tables.
class CatalogReader {
 public:
  virtual ~CatalogReader() = default;
  virtual std::string server_version() = 0;
  /// Every table that can migrate in the given schemas (empty: all user schemas), partition trees
  /// as one table, ordered by name. Fills every field of Table.
  virtual std::vector<Table> tables(const std::vector<std::string>& schemas) = 0;
  /// All sequences with their present values (identity and serial ones too).
  virtual std::vector<Sequence> sequences(const std::vector<std::string>& schemas) = 0;
};

/// A part of a table's rows that is exported, loaded and retried alone: whole rows, one snapshot.
struct ChunkPlan {
  QualifiedName leaf;  ///< where the rows are read from
  /// Engine's own text for the range ("ctid between..."); empty: all rows of the leaf.
  std::string range;
  std::int64_t estimated_bytes = 0;
};

/// What one table's rows are cut into.
struct TablePlan {
  std::vector<ChunkPlan> chunks;
  std::optional<Error> rewritten;  ///< E3210: see SnapshotReader
};

/// Keeps a consistent snapshot alive; workers share it by its id. Ends with the object.
class SnapshotHolder {
 public:
  virtual ~SnapshotHolder() = default;
  virtual const std::string& id() const = 0;
  /// Every transaction with a smaller commit position is in the snapshot, no other.
  virtual const Position& position() const = 0;
};

/// A chunk to read, and what takes its bytes.
struct ChunkRead {
  const Table* table = nullptr;
  ChunkPlan chunk;
  ChunkFormat format = ChunkFormat::csv;
  std::function<void(std::string_view)> sink;  ///< pieces of any size
};

/// Reads rows in one shared snapshot. Threads: one object for each worker.
/// A table that was emptied or written anew since the snapshot can't be read as it was then: E3210
/// (give_up) in its place.
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  /// Cuts each table's rows into chunks of about aim_bytes; at least one chunk for each leaf with
  /// rows. Asked for many small tables at once it takes little longer than for one.
  virtual std::vector<TablePlan> plan(const std::vector<const Table*>& tables,
                                      std::int64_t aim_bytes) = 0;
  struct Copied {
    std::uint64_t rows = 0;
    std::optional<Error> rewritten;  ///< E3210: what came of the chunk is worth nothing
  };
  /// Hands the chunks over one after the other, encoded by their formats, stored columns in catalog
  /// order. Many small ones at once take much less time than each alone.
  virtual std::vector<Copied> read(const std::vector<ChunkRead>& chunks) = 0;
};

/// The source's changes in commit order.
class ChangeStream {
 public:
  virtual ~ChangeStream() = default;
  /// The next event, or nothing when none came within `wait`, or when the descriptor given by
  /// wake_on() became readable. Whole transactions: after Begin, events follow until its Commit.
  /// Throws: Error with action reconnect when the connection broke; E3201 (give_up) when the slot
  /// is gone or invalidated; E3202 when a relation changed in a way that can't be followed.
  virtual std::optional<ChangeEvent> next(std::chrono::milliseconds wait) = 0;
  /// Also end a wait in next() when this descriptor is readable (-1: none).
  virtual void wake_on(int descriptor) = 0;
  /// Lets the source forget everything up to here. Sent on the stream's own timer, even while
  /// next() is not called.
  virtual void acknowledge(const DurablePosition& position) = 0;
  /// Called with each position right before the source is told that it may forget everything up to
  /// there, from any thread and one at a time. When it throws, the source is not told.
  virtual void before_confirming(std::function<void(const Position&)> record) = 0;
  /// Nothing is pending up to here (from keep-alives): an idle source is told so too, and cutover
  /// can prove that no later commit exists. Empty when unknown.
  virtual Position caught_up_to() const = 0;
  /// Bytes of log that the source still has to send, if it can tell.
  virtual std::optional<std::int64_t> bytes_behind() = 0;
  /// The history that its positions are of, as the engine's own text; empty when it can't tell.
  virtual std::string history() const { return {}; }
  /// Whether this history has what a stream of the history `earlier` brought up to `position`.
  virtual bool continues(const std::string& /*earlier*/, const Position& /*position*/) const {
    return true;
  }
};

/// What change capture leaves on the source.
struct CaptureNames {
  std::string slot;
  std::string publication;
};

/// A setting of the source that was changed for the migration, to be put back at its end.
struct SourceChange {
  QualifiedName table;
  std::string original;  ///< the engine's own text for the way back (PostgreSQL: relreplident)
};

/// How the database keeps the log that its stream has not acknowledged yet.
struct SlotHealth {
  enum class State : std::uint8_t {
    safe,        ///< as far as the server knows
    extended,    ///< more is kept than the server's settings call for without the slot
    endangered,  ///< the server has begun to remove it, and may do so at any moment
    lost,        ///< removed, or the slot is gone: what was not captured is lost
  };
  State state = State::safe;
  std::optional<std::int64_t> retained_bytes;  ///< of log that is kept for the slot
  /// How much more log the database may write before the slot is endangered; empty when nothing
  /// bounds what is kept but the disk, of which a server tells nothing.
  std::optional<std::int64_t> left_bytes;
};

/// Told about once a second why the server makes us wait.
using Waiting = std::function<void(const std::string& reason)>;

/// Creates, checks and removes what change capture needs in the database.
class CaptureControl {
 public:
  virtual ~CaptureControl() = default;
  /// Everything that would make capture fail, as lines that say what to do; empty: fine.
  virtual std::vector<std::string> preflight(const std::vector<Table>& tables) = 0;
  /// What works but needs a person's attention, because of the server's version or its settings.
  virtual std::vector<std::string> cautions() = 0;
  /// Makes rows of these tables identifiable; says what it changed before it changes it, through
  /// `record`, so that end migration can undo it after a crash too.
  virtual void prepare_identities(const std::vector<Table>& tables,
                                  const std::function<void(const SourceChange&)>& record) = 0;
  virtual void restore_identity(const SourceChange& change) = 0;
  /// Publication first, then the slot, for changes alone. Remakes half-made objects of the same
  /// names. Every transaction that begins after the return comes out of the stream.
  virtual void create(const CaptureNames& names, const std::vector<Table>& tables,
                      const Waiting& waiting) = 0;
  /// Whether the slot exists and can still deliver everything after `from`. Throws: E3209
  /// (reconnect) from a standby, which may become the primary yet.
  virtual bool usable(const CaptureNames& names, const Position& from) = 0;
  /// How the slot is now; nothing when the database can't tell. Safe to ask at any time.
  virtual std::optional<SlotHealth> health(const CaptureNames& /*names*/) { return std::nullopt; }
  /// Why the server sends nothing of the log that it has for the slot's reader, if it looks so now;
  /// signs of life are no progress. Safe to ask at any time.
  virtual Stall sender_stall(const CaptureNames& /*names*/) { return {}; }
  /// Up to where the slot's consumer has let the database forget its log; empty when there is no
  /// slot, or when the database can't tell.
  virtual Position confirmed(const CaptureNames& names) = 0;
  /// Slot, then publication; missing ones are fine. Waits for its own stale consumer to end.
  virtual void drop(const CaptureNames& names, const Waiting& waiting) = 0;
};

/// Writes a marker into the database's own log.
class BarrierWriter {
 public:
  virtual ~BarrierWriter() = default;
  /// The marker will come out of the stream, in commit order, as a Barrier with this id. The same
  /// id may be written again.
  virtual void write(const std::string& id) = 0;
};

/// A database whose changes are captured. Each call opens its own connection.
/// Threads: any; the objects returned belong to one thread each.
class ChangeSource {
 public:
  virtual ~ChangeSource() = default;
  virtual std::unique_ptr<CatalogReader> catalog() = 0;
  virtual std::unique_ptr<CaptureControl> capture_control() = 0;
  /// Streams every transaction after `after` (empty: from the slot's start), each once, however
  /// often the server sends it. `tables` are the migrating tables as they were when the capture was
  /// created.
  virtual std::unique_ptr<ChangeStream> change_stream(const CaptureNames& names,
                                                      const std::vector<Table>& tables,
                                                      const Position& after) = 0;
  virtual std::unique_ptr<BarrierWriter> barrier_writer(const CaptureNames& names) = 0;
};

/// A database that can also give its rows as they are at one point of its history.
class SourceEngine : public ChangeSource {
 public:
  /// As CaptureControl::create(), with a snapshot that fits: it holds exactly what the stream does
  /// not bring.
  virtual std::unique_ptr<SnapshotHolder> create_capture(const CaptureNames& names,
                                                         const std::vector<Table>& tables,
                                                         const Waiting& waiting) = 0;
  /// A later consistent snapshot, for tables that must be copied again after a crash.
  virtual std::unique_ptr<SnapshotHolder> renew_snapshot() = 0;
  /// A snapshot for a migration without changes (--export-type snapshot-only).
  virtual std::unique_ptr<SnapshotHolder> hold_snapshot() = 0;
  virtual std::unique_ptr<SnapshotReader> snapshot_reader(const std::string& snapshot_id) = 0;
};

}  // namespace voyager::engine
