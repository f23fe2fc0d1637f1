// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stop_token>

#include "changes/batch.hpp"
#include "changes/compaction.hpp"
#include "exportdir/change_log.hpp"
#include "model/change_counts.hpp"

namespace voyager::changes {

/// Where the work of a batch goes, in the order in which it must be written.
class BatchSink {
 public:
  virtual ~BatchSink() = default;
  /// The batch has a transaction.
  virtual void begin() = 0;
  /// Takes everything out of `merged`.
  virtual void piece(Compactor& merged) = 0;
  virtual void single(const Relation& relation, const RowChange& change) = 0;
  virtual void empty(const Relation& relation) = 0;
  /// False: the rest of the batch need not be read.
  virtual bool wanted() const { return true; }
  /// Asked while the rest of the batch is awaited: whether what there is of it still stands.
  virtual bool stands() { return true; }
  /// The rest of the batch does not come, because its transaction was taken back, or gets nowhere.
  virtual void give_up() = 0;
};

/// Makes batches of whole source transactions from the change log, leaving out what the snapshot
/// holds. A transaction that is large enough to be in the log before its end is makes a batch of
/// its own, whose pieces go to the sink as they come. Threads: one.
class BatchReader {
 public:
  using SnapshotPositions = std::map<QualifiedName, Position>;
  /// The reader outlives the object. When a transaction's rest does not come for `patience`, all of
  /// it is awaited before it is begun again: the target must not be kept waiting with a transaction
  /// open.
  BatchReader(exportdir::ChangeLogReader& reader, SnapshotPositions snapshot_positions,
              BatchLimits limits, std::chrono::milliseconds patience)
      : reader_(reader),
        snapshot_positions_(std::move(snapshot_positions)),
        limits_(limits),
        patience_(patience) {}

  /// From the next batch on.
  void set_limits(BatchLimits limits) { limits_ = limits; }

  struct Singly {
    bool all = false;                ///< every change
    std::set<QualifiedName> tables;  ///< or those of these tables
  };
  /// The next batch, of what the log has now. Empty when that is nothing, when the sink did not
  /// want the rest, or when it was told to give up (also at a stop, if the rest is not there).
  std::optional<BatchEnd> read(BatchSink& sink, const Singly& singly, const std::stop_token& stop);
  /// Of the event that was read last.
  std::int64_t vsn() const { return vsn_; }

 private:
  struct Batch {
    std::size_t changes = 0;
    std::map<QualifiedName, ChangeCounts> counts;
    BatchEnd end;
  };
  struct Transaction {
    Begin begin;
    bool from_source = false;  ///< captured where the snapshot was taken
  };
  struct Target {
    BatchSink& sink;
    const Singly& singly;
    const std::stop_token& stop;
  };
  bool read_transaction(Batch& batch, const Transaction& transaction, const Target& target);
  bool await_rest(const Target& target);
  void take(Batch& batch, const ChangeEvent& event, const Transaction& transaction,
            const Target& target);
  void take_row(Batch& batch, const RowChange& change, const Transaction& transaction,
                const Target& target);
  void add_to_piece(const Relation& relation, const RowChange& change, BatchSink& sink);
  void drain_piece(BatchSink& sink);
  bool in_snapshot(const QualifiedName& table, const Transaction& transaction) const;

  exportdir::ChangeLogReader& reader_;
  SnapshotPositions snapshot_positions_;
  BatchLimits limits_;
  std::chrono::milliseconds patience_;
  Compactor merged_;
  std::int64_t vsn_ = 0;
};

}  // namespace voyager::changes
