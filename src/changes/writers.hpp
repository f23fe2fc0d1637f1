// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "base/mutex.hpp"
#include "base/worker_group.hpp"
#include "changes/batch.hpp"
#include "engine/target.hpp"

namespace voyager::changes {

/// Writes batches over several sessions of the target, and commits them in their order.
///
/// One thread hands batches over in their order: begin(), add() for each part as it is ready,
/// finish(). The free rows of a batch's first part are written while earlier batches are in flight;
/// everything else once they are committed. So the target is a prefix of the history after every
/// commit, with its position in the same transaction.
///
/// When a batch fails, the earlier ones go on to their commit, and it and all later ones are rolled
/// back: settle() tells. Their work must be prepared anew, from the end of the last that was
/// committed.
///
/// A session must not wait long with its transaction open: it keeps the target's server from
/// cleaning up old row versions, and an earlier batch may wait for a row of it, unseen by
/// Schedule. So a batch with an open transaction gives its place up when the batch whose turn it is
/// gets nowhere for `patience`, which counts as a failure without an error.
///
/// Memory: `bytes` of prepared parts, or one part if that is larger. Threads: all members from one.
class Writers {
 public:
  struct Options {
    std::size_t sessions = 1;  ///< at most; see allow()
    std::size_t bytes = 48ULL << 20;
    std::chrono::milliseconds patience{2000};
  };
  /// Opens a session; called by the threads that write, when they are first needed.
  using Open = std::function<std::unique_ptr<engine::ChangeApplier>()>;

  Writers(Open open, Options options);
  ~Writers();  ///< rolls back what is not committed
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  /// So many sessions may begin another batch from now on; at first, all.
  void allow(std::size_t sessions);

  /// Waits for room; the number of the batch, or nothing after a failure or a stop.
  std::optional<std::uint64_t> begin(const std::stop_token& stop);
  /// Waits for room; false after a failure or a stop: the batch is given up.
  bool add(Work work, const std::stop_token& stop);
  void finish(BatchEnd end);
  /// Of the batch that was begun last and is not finished: a failure without an error.
  void give_up();

  /// A batch failed, so nothing more is taken until settle().
  bool failed();

  struct Progress {
    std::uint64_t committed = 0;  ///< number of the last batch that is in the target
    BatchEnd end;                 ///< of that batch
  };
  Progress progress();
  struct Outcome {
    Progress progress;
    bool failed = false;
    std::exception_ptr error;  ///< of the first batch that failed; none: it gave its place up
  };
  /// Waits until nothing is in flight, and makes ready for new batches.
  Outcome settle();

 private:
  struct Batch {
    std::uint64_t number = 0;
    std::deque<Work> work;
    std::optional<BatchEnd> end;  ///< once it is complete
    bool taken = false;           ///< by a session
  };
  using Flight = std::shared_ptr<Batch>;

  void run(std::size_t session, const std::stop_token& stop);
  Flight next(std::size_t session, const std::stop_token& stop);
  bool write(engine::ChangeApplier& applier, Batch& batch, const std::stop_token& stop);
  bool write_first(engine::ChangeApplier& applier, Batch& batch, const std::stop_token& stop);
  std::optional<Work> next_work(Batch& batch, const std::stop_token& stop);
  bool ready(const Batch& batch);
  bool in_turn(const Batch& batch);
  bool await_turn(const Batch& batch, const std::stop_token& stop);
  bool await_turn_for_a_while(const Batch& batch, const std::stop_token& stop);
  bool may_go(const Batch& batch, const std::stop_token& stop) const
      VOYAGER_TSA(requires_capability(mutex_));
  void release(const Work& work);
  void commit(engine::ChangeApplier& applier, const Batch& batch);
  void fail_from(std::uint64_t number, const std::exception_ptr& error);
  void leave(const Flight& batch);
  void give_up_last() VOYAGER_TSA(requires_capability(mutex_));
  bool given_up(std::uint64_t number) const VOYAGER_TSA(requires_capability(mutex_));
  template <typename Pred>
  void wait(const std::stop_token& stop, Pred pred) VOYAGER_TSA(requires_capability(mutex_));

  const Open open_;
  const Options options_;

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t allowed_ GUARDED_BY(mutex_);         ///< sessions
  std::deque<Flight> flights_ GUARDED_BY(mutex_);  ///< not committed, in their order
  std::uint64_t last_number_ GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t parts_written_ GUARDED_BY(mutex_) = 0;  ///< by batches in their turn
  Progress progress_ GUARDED_BY(mutex_);
  std::uint64_t failed_from_ GUARDED_BY(mutex_) = 0;  ///< 0: none
  std::exception_ptr error_ GUARDED_BY(mutex_);

  WorkerGroup threads_;  ///< last: joined first
};

/// Writes all of it, in order.
void write_all(engine::ChangeApplier& applier, const Work& work);

}  // namespace voyager::changes
