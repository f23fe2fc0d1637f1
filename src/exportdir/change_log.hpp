// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "base/bell.hpp"
#include "exportdir/layout.hpp"
#include "model/change.hpp"
#include "model/durable_position.hpp"

namespace voyager::exportdir {

class MetaDb;

struct ChangeLogLimits {
  /// A segment is closed at the first commit after this size. A transaction is never split over
  /// segments, so one that is larger makes a larger segment. Environment: QUEUE_SEGMENT_MAX_BYTES.
  std::uint64_t segment_bytes = 256ULL << 20;
  /// Batches of records are packed with zstd. Environment: QUEUE_COMPRESSION, packed without it.
  bool packs = false;
};

/// Appends whole transactions to the change log: data/queue/segment.N.
///
/// Give it the stream's events in order with append(); nothing reaches a reader before flush()
/// returns, but for the parts of a transaction that takes more than half a MiB of the file: who
/// wants to may read them before its commit (see ChangeLogReader::Reach). A crash at any point
/// leaves segments that open() cuts back to the last commit. Every RowChange, Truncate and Barrier
/// gets the next vsn (from 1, over the whole migration).
///
/// A writer of another role than the newest segment's starts a segment of its own, at no position.
///
/// Format: docs/formats/change-log.md, version 2: batches of records with a checksum. A segment of
/// an older version is ended, and the next one goes on. Units: bytes of the records before they are
/// packed. Memory: a buffer of 1 MiB (5 with packing), whatever a transaction's size.
/// Durability: append() promises nothing, flush() all. Counts of exported events go to meta.db
/// about once
///         a second and at the end, and are exact after any crash (the log itself is counted
///         again).
/// Threads: one writer for a directory (its role's lock is held, and a second one is refused with
/// E2105);
///         readers may follow in other processes.
/// Throws: E2101 when the file system is full or refuses (action retry: the same append() or
/// flush()
///         can be called again, nothing is lost), E2102 when a segment is damaged before its last
///         commit, E2104 (give up) when a sync failed, E2106 for an event that is out of place,
///         E2110 when meta.db knows less than the log: it is of an earlier time.
class ChangeLogWriter : private ChangeLogFlush {
 public:
  /// Opens the newest segment and cuts its torn tail off, or starts the first one.
  ChangeLogWriter(const Layout& layout, MetaDb& meta, std::string exporter_role,
                  ChangeLogLimits limits);
  ~ChangeLogWriter();
  ChangeLogWriter(const ChangeLogWriter&) = delete;
  ChangeLogWriter& operator=(const ChangeLogWriter&) = delete;

  /// The last commit that is in the log; empty in a new one. The stream goes on after it.
  const Position& last_position() const;
  std::int64_t last_vsn() const;

  void append(const ChangeEvent& event);
  /// Drops what came since the last Commit (the stream will send that transaction again).
  void discard_open_transaction();
  /// Makes every committed transaction durable and visible to readers. One fdatasync.
  DurablePosition flush();
  /// Bytes appended since the last flush.
  std::uint64_t unflushed_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Where a reader stands: always between two transactions.
struct ReadPosition {
  std::int64_t segment = 0;
  std::uint64_t offset = 0;  ///< of a block in the segment
  std::uint64_t inner = 0;   ///< in that block's records
  std::int64_t vsn = 0;      ///< of the last event before it
};

/// Reads committed transactions in order, also while they are being written.
///
/// next() hands out events; views in them live until the next call. A reader may begin at any
/// segment: relations that it met while it skipped events come out as Relation events after the
/// next Begin, so that a caller has always seen the relation of a row before the row. Memory: one
/// buffer that holds the largest record (a row), never a transaction. Threads: one. May be made
/// before the first segment exists. Throws: E2102 for a damaged record (with segment and offset),
/// E2103 when a segment that is needed has been removed, E2107 for a segment of a newer format,
/// E2109 when the log ends before `after_vsn`: it is of an earlier time than who asks.
///
/// One that reaches into open transactions gets the events of a large one while it is still being
/// written, and its Commit once that is durable. Until then all of it may be taken back: because
/// the writer lost the source, or was killed.
class ChangeLogReader {
 public:
  enum class Reach : std::uint8_t { committed, open_transactions };
  /// Starts before the first event with a vsn above `after_vsn`; whole transactions at or below it
  /// are skipped.
  ChangeLogReader(const Layout& layout, MetaDb& meta, std::int64_t after_vsn,
                  Reach reach = Reach::committed);
  ~ChangeLogReader();
  ChangeLogReader(const ChangeLogReader&) = delete;
  ChangeLogReader& operator=(const ChangeLogReader&) = delete;

  struct Event {
    ChangeEvent change;
    std::int64_t vsn = 0;  ///< of this event; for Begin and Relation, of the event before it
    std::string_view exporter_role;
  };
  /// The next event, or nothing when all that is committed (and may be reached) has been read.
  std::optional<Event> next();
  /// The next Begin is one of a transaction that has no end yet. Between transactions only.
  bool next_is_open();
  /// The transaction that is being read was taken back: next() gives nothing, only seek() helps.
  bool taken_back() const;
  /// Leaves the transaction that is being read, or its next writing, alone until it is committed.
  /// Only seek() helps then.
  void await_commit();
  /// Waits until there is more to read (true); false when the time is over, at a stop, or when
  /// somebody rang the bell of Layout::committed() without more to read (the barrier's place was
  /// recorded). True as well when what is being read was taken back.
  bool wait(std::chrono::milliseconds timeout, const std::stop_token& stop);
  /// Between transactions only: the place after the last Commit that next() returned.
  ReadPosition position() const;
  /// Goes back to a position obtained before.
  void seek(const ReadPosition& position);
  /// Vsn of the newest committed event in the log.
  std::int64_t newest_vsn();
  /// The relation that an id in the last events means.
  const Relation* relation(std::uint32_t id) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace voyager::exportdir
