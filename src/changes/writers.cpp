// SPDX-License-Identifier: Apache-2.0
#include "changes/writers.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"

namespace voyager::changes {
namespace {

/// One more than there are sessions is made ready, so that none of them waits for it.
std::size_t most_batches(std::size_t sessions) {
  return sessions + 1;
}

void write_sets(engine::ChangeApplier& applier, const std::vector<engine::RowSet>& sets) {
  for (const engine::RowSet& set : sets) applier.write(set);
}

void write_other(engine::ChangeApplier& applier, const Work& work) {
  if (const auto* single = std::get_if<SingleChange>(&work)) {
    applier.write_one(single->relation(), single->change());
  } else if (const auto* emptying = std::get_if<Emptying>(&work)) {
    applier.truncate(emptying->relation);
  }
}

}  // namespace

void write_all(engine::ChangeApplier& applier, const Work& work) {
  if (const auto* piece = std::get_if<Piece>(&work)) {
    write_sets(applier, piece->free);
    write_sets(applier, piece->held);
  } else {
    write_other(applier, work);
  }
  VOYAGER_FAILPOINT("apply.after_piece");
}

Writers::Writers(Open open, Options options)
    : open_(std::move(open)), options_(options), allowed_(options.sessions) {
  threads_.start(options_.sessions,
                 [this](std::size_t session, const std::stop_token& stop) { run(session, stop); });
}

Writers::~Writers() = default;

template <typename Pred>
void Writers::wait(const std::stop_token& stop, Pred pred) {
  changed_.wait(mutex_, stop, pred);
}

bool Writers::given_up(std::uint64_t number) const {
  return failed_from_ != 0 && number >= failed_from_;
}

void Writers::allow(std::size_t sessions) {
  const MutexLock lock(mutex_);
  allowed_ = std::clamp<std::size_t>(sessions, 1, options_.sessions);
  changed_.notify_all();
}

std::optional<std::uint64_t> Writers::begin(const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  wait(stop, [this]() VOYAGER_TSA(no_thread_safety_analysis) {
    return failed_from_ != 0 || flights_.size() < most_batches(allowed_);
  });
  if (failed_from_ != 0 || stop.stop_requested()) return std::nullopt;
  flights_.push_back(std::make_shared<Batch>());
  flights_.back()->number = ++last_number_;
  return last_number_;
}

bool Writers::add(Work work, const std::stop_token& stop) {
  const std::size_t bytes = bytes_of(work);
  const MutexLock lock(mutex_);
  wait(stop, [this, bytes]() VOYAGER_TSA(no_thread_safety_analysis) {
    return failed_from_ != 0 || bytes_ == 0 || bytes_ + bytes <= options_.bytes;
  });
  if (stop.stop_requested()) give_up_last();
  if (given_up(last_number_)) return false;
  bytes_ += bytes;
  flights_.back()->work.push_back(std::move(work));
  changed_.notify_all();
  return true;
}

void Writers::finish(BatchEnd end) {
  const MutexLock lock(mutex_);
  if (given_up(last_number_)) return;
  flights_.back()->end = std::move(end);
  changed_.notify_all();
}

void Writers::give_up() {
  const MutexLock lock(mutex_);
  give_up_last();
}

void Writers::give_up_last() {
  if (failed_from_ == 0) failed_from_ = last_number_;
  changed_.notify_all();
}

bool Writers::failed() {
  const MutexLock lock(mutex_);
  return failed_from_ != 0;
}

Writers::Progress Writers::progress() {
  const MutexLock lock(mutex_);
  return progress_;
}

Writers::Outcome Writers::settle() {
  const MutexLock lock(mutex_);
  wait({}, [this]() VOYAGER_TSA(no_thread_safety_analysis) {
    // Of what is given up, only sessions that are at it have to end.
    std::erase_if(flights_, [this](const Flight& batch) VOYAGER_TSA(no_thread_safety_analysis) {
      return !batch->taken && given_up(batch->number);
    });
    return flights_.empty();
  });
  Outcome outcome{progress_, failed_from_ != 0, std::exchange(error_, nullptr)};
  failed_from_ = 0;
  last_number_ = progress_.committed;
  bytes_ = 0;
  return outcome;
}

void Writers::run(std::size_t session, const std::stop_token& stop) {
  std::unique_ptr<engine::ChangeApplier> applier;
  while (const Flight batch = next(session, stop)) {
    try {
      if (!applier) applier = open_();
      if (!write(*applier, *batch, stop)) applier->rollback();
    } catch (const std::exception& error) {
      log::warn("apply: batch {}: {}", batch->number, error.what());
      if (applier) applier->rollback();
      fail_from(batch->number, std::current_exception());
    }
    leave(batch);
  }
}

/// The next batch that nobody writes; none at a stop.
Writers::Flight Writers::next(std::size_t session, const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  Flight found;
  wait(stop, [this, &found, session]() VOYAGER_TSA(no_thread_safety_analysis) {
    if (session >= allowed_) return false;
    const auto batch = std::find_if(
        flights_.begin(), flights_.end(),
        [this](const Flight& one) VOYAGER_TSA(no_thread_safety_analysis) {
          return !one->taken && !given_up(one->number) && (!one->work.empty() || one->end);
        });
    found = batch == flights_.end() ? nullptr : *batch;
    return found != nullptr;
  });
  if (stop.stop_requested()) return nullptr;
  found->taken = true;
  return found;
}

void Writers::leave(const Flight& batch) {
  const MutexLock lock(mutex_);
  std::erase(flights_, batch);
  changed_.notify_all();
}

void Writers::fail_from(std::uint64_t number, const std::exception_ptr& error) {
  const MutexLock lock(mutex_);
  const std::uint64_t from = std::max(number, progress_.committed + 1);
  if (given_up(from)) return;
  failed_from_ = from;
  error_ = error;
  changed_.notify_all();
}

bool Writers::in_turn(const Batch& batch) {
  const MutexLock lock(mutex_);
  return batch.number == progress_.committed + 1;
}

bool Writers::may_go(const Batch& batch, const std::stop_token& stop) const {
  return batch.number == progress_.committed + 1 && !given_up(batch.number) &&
         !stop.stop_requested();
}

/// False when the batch is given up.
bool Writers::await_turn(const Batch& batch, const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  wait(stop, [this, &batch]() VOYAGER_TSA(no_thread_safety_analysis) {
    return batch.number == progress_.committed + 1 || given_up(batch.number);
  });
  return may_go(batch, stop);
}

/// With its transaction open.
bool Writers::await_turn_for_a_while(const Batch& batch, const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  while (!may_go(batch, stop) && !given_up(batch.number) && !stop.stop_requested()) {
    const std::pair seen(progress_.committed, parts_written_);
    const bool news = changed_.wait_for(
        mutex_, stop, options_.patience, [&]() VOYAGER_TSA(no_thread_safety_analysis) {
          return std::pair(progress_.committed, parts_written_) != seen || given_up(batch.number);
        });
    if (news || stop.stop_requested()) continue;
    log::info("apply: batch {} waited too long for the ones before it; it is written again",
              batch.number);
    failed_from_ = batch.number;
    error_ = nullptr;
    changed_.notify_all();
  }
  return may_go(batch, stop);
}

bool Writers::ready(const Batch& batch) {
  const MutexLock lock(mutex_);
  return !batch.work.empty() || batch.end || given_up(batch.number);
}

std::optional<Work> Writers::next_work(Batch& batch, const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  wait(stop, [this, &batch]() VOYAGER_TSA(no_thread_safety_analysis) {
    return !batch.work.empty() || batch.end || given_up(batch.number);
  });
  if (batch.work.empty() || given_up(batch.number) || stop.stop_requested()) return std::nullopt;
  std::optional<Work> work(std::move(batch.work.front()));
  batch.work.pop_front();
  return work;
}

void Writers::release(const Work& work) {
  const MutexLock lock(mutex_);
  bytes_ -= bytes_of(work);
  ++parts_written_;
  changed_.notify_all();
}

/// False: the batch is given up, to be rolled back.
bool Writers::write(engine::ChangeApplier& applier, Batch& batch, const std::stop_token& stop) {
  if (!write_first(applier, batch, stop)) return false;
  while (true) {
    // The target works while this session waits for more.
    if (!ready(batch)) applier.settle();
    const std::optional<Work> work = next_work(batch, stop);
    if (!work) break;
    write_all(applier, *work);
    release(*work);
  }
  {
    const MutexLock lock(mutex_);
    if (!batch.end || given_up(batch.number) || stop.stop_requested()) return false;
  }
  commit(applier, batch);
  return true;
}

/// Returns in the batch's turn, or false.
bool Writers::write_first(engine::ChangeApplier& applier, Batch& batch,
                          const std::stop_token& stop) {
  const std::optional<Work> work = next_work(batch, stop);
  const auto* piece = work ? std::get_if<Piece>(&*work) : nullptr;
  const bool ahead = piece != nullptr && !piece->free.empty() && applier.sees_later_commits();
  if (!ahead && !await_turn(batch, stop)) return false;
  applier.begin();
  if (!work) return true;
  if (in_turn(batch)) {
    write_all(applier, *work);
  } else {
    write_sets(applier, piece->free);
    applier.settle();
    VOYAGER_FAILPOINT("writers.before_turn");
    if (!await_turn_for_a_while(batch, stop)) return false;
    write_sets(applier, piece->held);
    VOYAGER_FAILPOINT("apply.after_piece");
  }
  release(*work);
  return true;
}

void Writers::commit(engine::ChangeApplier& applier, const Batch& batch) {
  VOYAGER_FAILPOINT("apply.before_commit");
  applier.commit(batch.end->through_vsn, batch.end->counts);
  {
    const MutexLock lock(mutex_);
    progress_ = {batch.number, *batch.end};
    changed_.notify_all();
  }
  VOYAGER_FAILPOINT("apply.after_commit");
}

}  // namespace voyager::changes
