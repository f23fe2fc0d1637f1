// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/status.hpp"
#include "changes/compaction.hpp"
#include "changes/rate.hpp"
#include "engine/target.hpp"
#include "exportdir/change_log.hpp"
#include "exportdir/meta_db.hpp"
#include "model/change_counts.hpp"

namespace voyager::changes {

struct ApplyOptions {
  std::string role;      ///< the consumer's name in meta.db
  int max_retries = 15;  ///< of one batch, for errors that are not connectivity
  /// Nothing up to this vsn concerns this consumer: it was made by itself, or before it began.
  std::int64_t start_after_vsn = 0;
};

/// Limits of one target transaction and of one piece inside it. A source transaction is never split
/// over target transactions, so a larger one makes a larger batch, written in several pieces.
struct BatchLimits {
  std::size_t batch_changes = 20'000;  ///< the next source transaction starts a new batch
  std::size_t piece_changes = 20'000;  ///< rows merged in memory before they are written
  std::size_t piece_bytes = 32ULL << 20;
};

/// Applies the change log to one database: whole source transactions, in commit order, merged to
/// their net effect, with the position in the same target transaction. The target is a consistent
/// prefix of the source after every commit.
///
/// A batch that the target objects to (a constraint, a row that is missing or already there) is
/// rolled back. Rows that exchange unique values can't be updated in any order, so first the table
/// is remembered as one whose updates go out as remove and insert. If that does not help, the batch
/// is replayed change by change, which either succeeds or names the table: divergence is an error,
/// never a log line. Connectivity is retried without limit with back-off; a lost answer to COMMIT
/// is resolved by the ledger. Threads: one.
class Apply {
 public:
  Apply(const exportdir::Layout& layout, exportdir::MetaDb& meta, engine::TargetEngine& target,
        ApplyOptions options, Status& status);

  /// Called about once a second and when the log ends: the vsn up to which to apply, once that is
  /// known (the captured barrier).
  using EndAt = std::function<std::optional<std::int64_t>()>;
  /// Returns true when everything through end_at() is applied, false when stopped.
  bool run(const EndAt& end_at, const std::stop_token& stop);

 private:
  struct Batch {
    bool open = false;  ///< the target transaction has begun
    std::int64_t through_vsn = 0;
    std::int64_t source_micros = 0;
    std::size_t changes = 0;
    std::map<QualifiedName, ChangeCounts> counts;
  };

  struct Transaction {
    Begin begin;
    bool from_source = false;  ///< captured where the snapshot was taken
  };

  enum class Step : std::uint8_t { go_on, finished };
  Step step(const EndAt& end_at, const std::stop_token& stop);
  void connect();
  bool apply_available(const std::stop_token& stop);
  void write_set(const engine::RowSet& rows);
  void remember_exchange(const QualifiedName& table);
  void apply_batch(bool one_by_one);
  void read_transaction(Batch& batch, const Transaction& transaction, bool one_by_one);
  void take(Batch& batch, const exportdir::ChangeLogReader::Event& event,
            const Transaction& transaction, bool one_by_one);
  void take_row(Batch& batch, const RowChange& change, const Transaction& transaction,
                bool one_by_one);
  void add_to_piece(const Relation& relation, const RowChange& change);
  void drain_piece();
  void commit(Batch& batch);
  void back_to(const exportdir::ReadPosition& start);
  bool recover(const Error& error, const exportdir::ReadPosition& start, int& attempts,
               const std::stop_token& stop);
  bool in_snapshot(const QualifiedName& table, const Transaction& transaction) const;
  void publish(bool force);

  const exportdir::Layout& layout_;
  exportdir::MetaDb& meta_;
  engine::TargetEngine& target_;
  ApplyOptions options_;
  BatchLimits limits_;
  Status& status_;

  std::vector<Table> tables_;
  std::map<QualifiedName, Position> snapshot_positions_;
  std::unique_ptr<engine::ChangeApplier> applier_;
  std::unique_ptr<exportdir::ChangeLogReader> reader_;
  Compactor piece_;
  std::set<QualifiedName> rewritten_;  ///< tables whose updates met a unique value still in use
  /// Those of them whose updates don't carry the whole row, so that rewriting them did not help:
  /// their changes are written singly.
  std::set<QualifiedName> stepwise_;

  std::int64_t applied_vsn_ = 0;
  std::int64_t applied_source_micros_ = 0;
  std::int64_t total_before_ = 0;  ///< events applied in earlier runs
  std::int64_t in_this_run_ = 0;
  RateMeter rate_;
  RateMeter::Clock::time_point started_;
  RateMeter::Clock::time_point published_{};
};

}  // namespace voyager::changes
