// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/job_limit.hpp"
#include "base/status.hpp"
#include "changes/batch_reader.hpp"
#include "changes/rate.hpp"
#include "changes/schedule.hpp"
#include "changes/writers.hpp"
#include "engine/target.hpp"
#include "exportdir/change_log.hpp"
#include "exportdir/meta_db.hpp"
#include "exportdir/wait_notice.hpp"

namespace voyager::changes {

struct ApplyOptions {
  std::string role;      ///< the consumer's name in meta.db
  int max_retries = 15;  ///< of one batch, for errors that are not connectivity
  /// Nothing up to this vsn concerns this consumer: it was made by itself, or before it began.
  std::int64_t start_after_vsn = 0;
  JobLimit parallel_jobs = 1;  ///< sessions that write
  BatchLimits limits = limits_from_environment();
  /// See Writers and BatchReader.
  std::chrono::milliseconds patience{2000};
};

/// Applies the change log to one database: whole source transactions, in commit order, merged to
/// their net effect, with the position in the same target transaction. The target is a consistent
/// prefix of the source after every commit.
///
/// This thread reads the log and prepares batches, which sessions of the target write side by side
/// (see Writers, Schedule). When one fails, all that is not committed is prepared anew, and the
/// next batches are written one at a time by a session of this thread: `alone`.
///
/// A batch that the target objects to even then (a constraint, a row that is missing or already
/// there) is rolled back. Rows that exchange unique values can't be updated in any order, so first
/// the table is remembered as one whose updates go out as remove and insert. If that does not help,
/// the batch is replayed change by change, which either succeeds or names the table: divergence is
/// an error, never a log line. Connectivity is retried without limit with back-off; a lost answer
/// to COMMIT is resolved by the ledger. Durability: a target that crashes may lose its last
/// commits, and is given them again; what meta.db and the end of run() say about it is flushed
/// there. Threads: run() from one.
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
  class ToWriters;
  class Alone;

  enum class Step : std::uint8_t { go_on, finished };
  Step step(const EndAt& end_at, const std::stop_token& stop);
  void connect();
  void require_own_place();
  bool apply_available(const std::stop_token& stop);
  void apply_side_by_side(const std::stop_token& stop);
  bool prepare(const std::stop_token& stop);
  void take_in(const Writers::Outcome& outcome);
  void take_note();
  bool apply_alone(const std::stop_token& stop);
  bool apply_one(bool one_by_one, const exportdir::ReadPosition& start,
                 const std::stop_token& stop);
  void write_set(const engine::RowSet& rows);
  void remember_exchange(const QualifiedName& table);
  void applied(const BatchEnd& end);
  void heed_job_limit();
  void make_durable();
  void back_to(const exportdir::ReadPosition& start);
  bool recover(const Error& error, const exportdir::ReadPosition& start, int& attempts,
               const std::stop_token& stop);
  void publish(bool force);

  const exportdir::Layout& layout_;
  exportdir::MetaDb& meta_;
  engine::TargetEngine& target_;
  ApplyOptions options_;
  BatchLimits limits_;  ///< the options', at the distance of the target
  Status& status_;
  exportdir::WaitNotice notice_;

  std::vector<Table> tables_;
  BatchReader::SnapshotPositions snapshot_positions_;
  std::set<QualifiedName> with_unique_keys_;  ///< beside the key that identifies their rows
  std::unique_ptr<engine::ChangeApplier> applier_;
  std::unique_ptr<exportdir::ChangeLogReader> reader_;
  std::unique_ptr<BatchReader> batches_;
  std::unique_ptr<Writers> writers_;
  Schedule schedule_;
  int jobs_ = 0;                       ///< what the writers were told last
  int alone_ = 0;                      ///< so many batches are to be written one at a time
  int alone_next_time_ = 1;            ///< grows while failures go on
  std::set<QualifiedName> rewritten_;  ///< tables whose updates met a unique value still in use
  /// Those of them whose updates don't carry the whole row, so that rewriting them did not help:
  /// their changes are written singly.
  std::set<QualifiedName> stepwise_;

  exportdir::ReadPosition in_target_;  ///< the log's events up to here are
  std::int64_t applied_vsn_ = 0;
  std::int64_t durable_vsn_ = 0;  ///< up to here a crash of the target loses nothing
  std::int64_t applied_source_micros_ = 0;
  std::int64_t total_before_ = 0;  ///< events applied in earlier runs
  std::int64_t in_this_run_ = 0;
  RateMeter rate_;
  RateMeter::Clock::time_point started_;
  RateMeter::Clock::time_point published_{};
};

}  // namespace voyager::changes
