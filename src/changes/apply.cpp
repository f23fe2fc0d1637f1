// SPDX-License-Identifier: Apache-2.0
#include "changes/apply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "base/backoff.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "changes/lag.hpp"

namespace voyager::changes {
namespace {

using exportdir::ChangeLogReader;

constexpr ErrorCode diverged{6001};
constexpr ErrorCode place_taken{6003};
constexpr std::string_view unique_violation = "23505";
constexpr std::chrono::seconds publish_interval{1};
/// Preparing costs as much as one alone each time, so what fails again and again is left alone for
/// longer.
constexpr int longest_alone = 64;
/// Prepared and not yet written, over all sessions; what the sessions make of it for the wire comes
/// on top, about as much again.
constexpr std::size_t prepared_bytes = 32ULL << 20;

/// Each session has a piece at work, and one more is ready; small pieces cost round trips.
BatchLimits shared_out(BatchLimits limits, int sessions) {
  const std::size_t share = prepared_bytes / static_cast<std::size_t>(sessions + 1);
  limits.piece_bytes = std::max<std::size_t>(1ULL << 20, std::min(limits.piece_bytes, share));
  return limits;
}

/// Net effects may pass through states that the single steps do not, so these deserve a replay; and
/// so does what ends the import, because only the replay knows which change it is.
bool worth_a_replay(const Error& error) {
  return error.action() == Action::give_up || error.code() == diverged ||
         error.sqlstate().starts_with("23");
}

std::string time_to_catch_up(std::int64_t events, std::int64_t per_second) {
  if (events == 0) return "0s";
  return per_second > 0 ? short_duration(events / per_second) : "unknown";
}

}  // namespace

/// Work that goes to the writers.
class Apply::ToWriters final : public BatchSink {
 public:
  ToWriters(Apply& apply, const std::stop_token& stop) : apply_(apply), stop_(stop) {}

  void begin() override {
    const std::optional<std::uint64_t> batch = apply_.writers_->begin(stop_);
    wanted_ = batch.has_value();
    if (batch) apply_.schedule_.begin(*batch);
    apply_.schedule_.committed(apply_.writers_->progress().committed);
  }
  void piece(Compactor& merged) override {
    add(merged.take(apply_.rewritten_, apply_.with_unique_keys_, apply_.schedule_));
  }
  void single(const Relation& relation, const RowChange& change) override {
    apply_.schedule_.whole(relation.table);
    add(SingleChange(relation, change));
  }
  void empty(const Relation& relation) override {
    apply_.schedule_.whole(relation.table);
    add(Emptying{relation});
  }
  bool wanted() const override { return wanted_; }
  bool stands() override { return !apply_.writers_->failed(); }
  void give_up() override { apply_.writers_->give_up(); }

 private:
  void add(Work work) {
    wanted_ = wanted_ && apply_.writers_->add(std::move(work), stop_);
    apply_.take_note();  // a batch may be large
  }

  Apply& apply_;
  const std::stop_token& stop_;
  bool wanted_ = true;
};

/// Work that is written by this thread at once. Each set is checked before the next, so that an
/// objection is known by its table.
class Apply::Alone final : public BatchSink {
 public:
  explicit Alone(Apply& apply) : apply_(apply) {}

  void begin() override { apply_.applier_->begin(); }
  void piece(Compactor& merged) override {
    merged.drain([this](const engine::RowSet& rows) { apply_.write_set(rows); }, apply_.rewritten_);
    VOYAGER_FAILPOINT("apply.after_piece");
  }
  void single(const Relation& relation, const RowChange& change) override {
    write_located(relation, [&] { apply_.applier_->write_one(relation, change); });
  }
  void empty(const Relation& relation) override {
    write_located(relation, [&] { apply_.applier_->truncate(relation); });
  }
  void give_up() override { apply_.applier_->rollback(); }

 private:
  /// What the database objects to is known by its table and its place in the change log; a
  /// difference between the databases says by itself what it is about.
  void write_located(const Relation& relation, const std::function<void()>& write) {
    try {
      write();
      apply_.applier_->settle();
    } catch (const Error& error) {
      if (error.code() == diverged) throw;
      throw error.within(
          fmt::format("{}, change with vsn {}", relation.table.display(), apply_.batches_->vsn()));
    }
  }

  Apply& apply_;
};

Apply::Apply(const exportdir::Layout& layout, exportdir::MetaDb& meta, engine::TargetEngine& target,
             ApplyOptions options, Status& status)
    : layout_(layout),
      meta_(meta),
      target_(target),
      options_(std::move(options)),
      status_(status),
      notice_(meta, options_.role, status),
      rate_(RateMeter::Clock::now()),
      started_(RateMeter::Clock::now()) {
  for (const exportdir::TableRecord& record : meta_.tables()) {
    tables_.push_back(record.table);
    snapshot_positions_[record.table.name] = record.snapshot_position;
    if (!record.table.unique_keys.empty()) with_unique_keys_.insert(record.table.name);
  }
}

void Apply::connect() {
  writers_.reset();
  applier_.reset();
  batches_.reset();
  reader_.reset();
  applier_ = target_.change_applier(tables_);
  applied_vsn_ = std::max(applier_->applied_through(), options_.start_after_vsn);
  durable_vsn_ = 0;  // another process may have committed it a moment ago
  make_durable();
  reader_ = std::make_unique<ChangeLogReader>(layout_, meta_, applied_vsn_,
                                              ChangeLogReader::Reach::open_transactions);
  limits_ = at_distance(options_.limits, applier_->round_trip());
  batches_ =
      std::make_unique<BatchReader>(*reader_, snapshot_positions_, limits_, options_.patience);
  in_target_ = reader_->position();
  schedule_ = {};
  alone_ = 0;
  const auto sessions = static_cast<std::size_t>(options_.parallel_jobs.most());
  writers_ =
      std::make_unique<Writers>([this] { return target_.change_applier(tables_); },
                                Writers::Options{sessions, prepared_bytes, options_.patience});
  jobs_ = 0;
  heed_job_limit();
  meta_.put_consumer({options_.role, applied_vsn_, applied_source_micros_, unix_micros_now()});
  const std::int64_t total = applied_vsn_ - options_.start_after_vsn;
  if (in_this_run_ == 0 || total < total_before_) total_before_ = total;
  in_this_run_ = total - total_before_;
}

bool Apply::run(const EndAt& end_at, const std::stop_token& stop) {
  Backoff backoff;
  int attempts = 0;
  while (!stop.stop_requested()) {
    exportdir::ReadPosition start;
    try {
      if (!applier_) connect();
      start = reader_->position();
      if (step(end_at, stop) == Step::finished) return true;
      notice_.over();
      attempts = 0;
      backoff.reset();
    } catch (const Error& error) {
      if (!recover(error, start, attempts, stop)) throw;
      const auto pause = backoff.next();
      notice_.waiting("apply", error.line(), pause);
      wait_unless_stopped(pause, stop);
    }
  }
  return false;
}

Apply::Step Apply::step(const EndAt& end_at, const std::stop_token& stop) {
  const bool applied = apply_available(stop);
  publish(!applied);
  if (applied) return Step::go_on;
  const std::optional<std::int64_t> end = end_at();
  if (end && applied_vsn_ >= *end) {
    make_durable();
    return Step::finished;
  }
  reader_->wait(publish_interval, stop);
  return Step::go_on;
}

/// True: the same work can be tried again. Leaves reader and applier ready, or closed for
/// connect().
bool Apply::recover(const Error& error, const exportdir::ReadPosition& start, int& attempts,
                    const std::stop_token& stop) {
  log::warn("apply: {}", error.line());
  if (applier_) applier_->rollback();
  if (error.code() == diverged && alone_ > 0) require_own_place();
  if (error.action() == Action::give_up || stop.stop_requested()) return false;
  const bool connectivity = error.action() != Action::retry;
  if (!connectivity && ++attempts > options_.max_retries) return false;
  if (connectivity || !reader_ || alone_ == 0) {
    writers_.reset();
    applier_.reset();
  } else {
    reader_->seek(start);
  }
  return true;
}

/// Changes do not fit either when somebody else has applied them already.
void Apply::require_own_place() {
  if (!applier_ || applier_->applied_through() <= applied_vsn_) return;
  fail(place_taken,
       fmt::format("the bookkeeping of {} is beyond {}, where this process left it: another "
                   "importer of this migration has applied changes",
                   options_.role, applied_vsn_),
       "Stop the other importer; then run the command again");
}

bool Apply::apply_available(const std::stop_token& stop) {
  if (stop.stop_requested()) return false;
  const std::int64_t before = applied_vsn_;
  if (alone_ > 0) {
    if (apply_alone(stop)) --alone_;
  } else {
    apply_side_by_side(stop);
  }
  return applied_vsn_ != before;
}

/// All that the log has now.
void Apply::apply_side_by_side(const std::stop_token& stop) {
  while (prepare(stop)) take_note();
  take_in(writers_->settle());
}

/// Of what the writers have committed.
void Apply::take_note() {
  applied(writers_->progress().end);
  publish(false);
}

/// One batch; false when there is none, or it is not wanted.
bool Apply::prepare(const std::stop_token& stop) {
  if (stop.stop_requested()) return false;
  ToWriters sink(*this, stop);
  std::optional<BatchEnd> end = batches_->read(sink, {false, stepwise_}, stop);
  if (end) writers_->finish(std::move(*end));
  return end.has_value();
}

/// Throws what only a new connection can mend; anything else is left to apply_alone().
void Apply::take_in(const Writers::Outcome& outcome) {
  applied(outcome.progress.end);
  if (!outcome.failed) {
    alone_next_time_ = std::max(1, alone_next_time_ / 2);
    return;
  }
  reader_->seek(in_target_);
  schedule_ = {};
  schedule_.committed(outcome.progress.committed);
  alone_ = alone_next_time_;
  alone_next_time_ = std::min(2 * alone_next_time_, longest_alone);
  try {
    if (outcome.error) std::rethrow_exception(outcome.error);
  } catch (const Error& error) {
    if (error.action() == Action::reconnect || error.action() == Action::ask_target) throw;
  }
}

/// One batch; false when there is none, or its rest does not come.
bool Apply::apply_alone(const std::stop_token& stop) {
  const exportdir::ReadPosition start = reader_->position();
  while (true) {
    const std::size_t remembered = rewritten_.size() + stepwise_.size();
    try {
      return apply_one(false, start, stop);
    } catch (const Error& error) {
      if (!worth_a_replay(error)) throw;
      back_to(start);
      if (rewritten_.size() + stepwise_.size() > remembered) continue;
      log::warn("apply: {}; replaying change by change", error.line());
      return apply_one(true, start, stop);
    }
  }
}

void Apply::back_to(const exportdir::ReadPosition& start) {
  applier_->rollback();
  reader_->seek(start);
}

bool Apply::apply_one(bool one_by_one, const exportdir::ReadPosition& start,
                      const std::stop_token& stop) {
  Alone sink(*this);
  const std::optional<BatchEnd> end = batches_->read(sink, {one_by_one, stepwise_}, stop);
  if (!end) {
    reader_->seek(start);
    return false;
  }
  VOYAGER_FAILPOINT("apply.before_commit");
  applier_->commit(end->through_vsn, end->counts);
  VOYAGER_FAILPOINT("apply.after_commit");
  applied(*end);
  return true;
}

void Apply::write_set(const engine::RowSet& rows) {
  try {
    applier_->write(rows);
    applier_->settle();
  } catch (const Error& error) {
    if (rows.operation == Operation::update && error.sqlstate() == unique_violation)
      remember_exchange(rows.relation->table);
    throw;
  }
}

void Apply::remember_exchange(const QualifiedName& table) {
  if (rewritten_.insert(table).second) {
    log::info(
        "apply: {} exchanges unique values between rows; its updates are rewritten from now on",
        table.display());
  } else if (stepwise_.insert(table).second) {
    log::info(
        "apply: {} exchanges unique values in updates that do not carry the whole row; its "
        "changes are written singly from now on",
        table.display());
  }
}

void Apply::applied(const BatchEnd& end) {
  if (end.through_vsn <= applied_vsn_) return;
  in_this_run_ += end.through_vsn - applied_vsn_;
  applied_vsn_ = end.through_vsn;
  applied_source_micros_ = end.source_micros;
  in_target_ = end.position;
}

void Apply::make_durable() {
  if (durable_vsn_ == applied_vsn_) return;
  applier_->make_durable();
  durable_vsn_ = applied_vsn_;
}

void Apply::heed_job_limit() {
  const int jobs = options_.parallel_jobs.now();
  if (jobs == jobs_) return;
  jobs_ = jobs;
  writers_->allow(static_cast<std::size_t>(jobs));
  batches_->set_limits(shared_out(limits_, jobs));
}

void Apply::publish(bool force) {
  const auto now = RateMeter::Clock::now();
  if (now - published_ < (force ? publish_interval / 2 : publish_interval)) return;
  published_ = now;
  heed_job_limit();
  make_durable();
  meta_.put_consumer({options_.role, applied_vsn_, applied_source_micros_, unix_micros_now()});
  rate_.sample(now, in_this_run_);
  const std::int64_t remaining = std::max<std::int64_t>(0, reader_->newest_vsn() - applied_vsn_);
  const std::int64_t rate = rate_.per_second(std::chrono::minutes(3));
  const auto lag = remaining == 0 || applied_source_micros_ == 0
                       ? std::optional<std::int64_t>(0)
                       : lag_millis(applied_source_micros_, unix_micros_now());
  const double minutes = std::chrono::duration<double, std::ratio<60>>(now - started_).count();
  const std::string catch_up = time_to_catch_up(remaining, rate);
  status_.panel({
      {"Total Imported events", std::to_string(total_before_ + in_this_run_)},
      {"Events Imported in this Run", std::to_string(in_this_run_)},
      {"Ingestion Rate (last 3 mins)", fmt::format("{} events/sec", rate)},
      {"Ingestion Rate (last 10 mins)",
       fmt::format("{} events/sec", rate_.per_second(std::chrono::minutes(10)))},
      {"Time taken in this Run", fmt::format("{:.2f} mins", minutes)},
      {"Remaining Events", std::to_string(remaining)},
      {"Estimated Time to catch up", catch_up},
      {"Connections that write", std::to_string(jobs_)},
      {"Lag behind the source", lag_text(lag)},
  });
  meta_.put_figures(options_.role, {{"remaining_events", std::to_string(remaining)},
                                    {"events_per_second", std::to_string(rate)},
                                    {"lag_millis", lag_figure(lag)}});
}

}  // namespace voyager::changes
