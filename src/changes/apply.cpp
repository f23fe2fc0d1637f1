// SPDX-License-Identifier: Apache-2.0
#include "changes/apply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/backoff.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "model/roles.hpp"

namespace voyager::changes {
namespace {

using exportdir::ChangeLogReader;

constexpr ErrorCode diverged{6001};
constexpr ErrorCode broken_log{6011};
constexpr std::string_view unique_violation = "23505";
constexpr std::chrono::seconds publish_interval{1};

/// Net effects may pass through states that the single steps do not, so these deserve a replay.
bool worth_a_replay(const Error& error) {
  return error.code() == diverged || error.sqlstate().starts_with("23");
}

std::string time_to_catch_up(std::int64_t events, std::int64_t per_second) {
  if (events == 0) return "0s";
  return per_second > 0 ? short_duration(events / per_second) : "unknown";
}

}  // namespace

Apply::Apply(const exportdir::Layout& layout, exportdir::MetaDb& meta, engine::TargetEngine& target,
             ApplyOptions options, Status& status)
    : layout_(layout),
      meta_(meta),
      target_(target),
      options_(std::move(options)),
      status_(status),
      rate_(RateMeter::Clock::now()),
      started_(RateMeter::Clock::now()) {
  for (const exportdir::TableRecord& record : meta_.tables()) {
    tables_.push_back(record.table);
    snapshot_positions_[record.table.name] = record.snapshot_position;
  }
}

void Apply::connect() {
  applier_.reset();
  reader_.reset();
  piece_.clear();
  applier_ = target_.change_applier(tables_);
  applied_vsn_ = std::max(applier_->applied_through(), options_.start_after_vsn);
  reader_ = std::make_unique<ChangeLogReader>(layout_, meta_, applied_vsn_);
  meta_.put_consumer({options_.role, applied_vsn_, applied_source_micros_, unix_micros_now()});
  if (in_this_run_ == 0) total_before_ = applied_vsn_ - options_.start_after_vsn;
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
      attempts = 0;
      backoff.reset();
    } catch (const Error& error) {
      if (!recover(error, start, attempts, stop)) throw;
      meta_.put_figures(options_.role, {{"waiting_for", error.line()}});
      status_.warning(fmt::format("waiting to apply: {}", error.line()));
      backoff.wait(stop);
    }
  }
  return false;
}

Apply::Step Apply::step(const EndAt& end_at, const std::stop_token& stop) {
  const bool applied = apply_available(stop);
  publish(!applied);
  if (applied) return Step::go_on;
  const std::optional<std::int64_t> end = end_at();
  if (end && applied_vsn_ >= *end) return Step::finished;
  reader_->wait(publish_interval, stop);
  return Step::go_on;
}

/// True: the same work can be tried again. Leaves reader and applier ready, or closed for
/// connect().
bool Apply::recover(const Error& error, const exportdir::ReadPosition& start, int& attempts,
                    const std::stop_token& stop) {
  log::warn("apply: {}", error.line());
  piece_.clear();
  if (applier_) applier_->rollback();
  if (error.action() == Action::give_up || stop.stop_requested()) return false;
  const bool connectivity = error.action() != Action::retry;
  if (!connectivity && ++attempts > options_.max_retries) return false;
  if (connectivity || !reader_) {
    applier_.reset();
  } else {
    reader_->seek(start);
  }
  return true;
}

bool Apply::apply_available(const std::stop_token& stop) {
  if (stop.stop_requested()) return false;
  const exportdir::ReadPosition start = reader_->position();
  const std::int64_t before = applied_vsn_;
  while (true) {
    const std::size_t remembered = rewritten_.size() + stepwise_.size();
    try {
      apply_batch(false);
      break;
    } catch (const Error& error) {
      if (!worth_a_replay(error)) throw;
      back_to(start);
      if (rewritten_.size() + stepwise_.size() > remembered) continue;
      log::warn("apply: {}; replaying change by change", error.line());
      apply_batch(true);
      break;
    }
  }
  return applied_vsn_ != before;
}

void Apply::back_to(const exportdir::ReadPosition& start) {
  applier_->rollback();
  piece_.clear();
  reader_->seek(start);
}

void Apply::apply_batch(bool one_by_one) {
  Batch batch;
  batch.through_vsn = applied_vsn_;
  while (batch.changes < limits_.batch_changes) {
    const auto event = reader_->next();
    if (!event) break;
    const auto* begin = std::get_if<Begin>(&event->change);
    if (begin == nullptr) continue;  // relations between transactions: the reader keeps them
    if (!batch.open) applier_->begin();
    batch.open = true;
    read_transaction(batch, {*begin, event->exporter_role == roles::source_db_exporter},
                     one_by_one);
  }
  if (batch.open) commit(batch);
}

void Apply::read_transaction(Batch& batch, const Transaction& transaction, bool one_by_one) {
  while (const auto event = reader_->next()) {
    take(batch, *event, transaction, one_by_one);
    if (std::holds_alternative<Commit>(event->change)) {
      batch.source_micros = transaction.begin.commit_unix_micros;
      batch.through_vsn = event->vsn;
      return;
    }
  }
  fail(broken_log, "the change log ends inside a transaction that it calls committed",
       "Check the disk; then run the command again");
}

void Apply::take(Batch& batch, const ChangeLogReader::Event& event, const Transaction& transaction,
                 bool one_by_one) {
  if (const auto* change = std::get_if<RowChange>(&event.change)) {
    take_row(batch, *change, transaction, one_by_one);
  } else if (const auto* truncate = std::get_if<Truncate>(&event.change)) {
    drain_piece();
    for (const std::uint32_t id : truncate->relations) {
      const Relation* relation = reader_->relation(id);
      if (!in_snapshot(relation->table, transaction)) applier_->truncate(*relation);
    }
    ++batch.changes;
  }
}

void Apply::take_row(Batch& batch, const RowChange& change, const Transaction& transaction,
                     bool one_by_one) {
  const Relation& relation = *reader_->relation(change.relation);
  ++batch.changes;
  batch.counts[relation.table].count(change.operation);
  if (in_snapshot(relation.table, transaction)) return;
  if (one_by_one || stepwise_.contains(relation.table)) {
    applier_->write_one(relation, change);
  } else {
    add_to_piece(relation, change);
  }
}

void Apply::add_to_piece(const Relation& relation, const RowChange& change) {
  if (piece_.changes() >= limits_.piece_changes || piece_.bytes() >= limits_.piece_bytes)
    drain_piece();
  Compactor::Added added = piece_.add(relation, change);
  if (added == Compactor::Added::yes) return;
  drain_piece();
  if (added == Compactor::Added::drain_first) added = piece_.add(relation, change);
  if (added == Compactor::Added::alone) applier_->write_one(relation, change);
}

void Apply::drain_piece() {
  if (piece_.empty()) return;
  piece_.drain([this](const engine::RowSet& rows) { write_set(rows); }, rewritten_);
  VOYAGER_FAILPOINT("apply.after_piece");
}

void Apply::write_set(const engine::RowSet& rows) {
  try {
    applier_->write(rows);
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

void Apply::commit(Batch& batch) {
  drain_piece();
  std::vector<engine::TableCounts> counts;
  for (const auto& [table, rows] : batch.counts)
    counts.push_back({table, rows.inserts, rows.updates, rows.deletes});
  VOYAGER_FAILPOINT("apply.before_commit");
  applier_->commit(batch.through_vsn, counts);
  VOYAGER_FAILPOINT("apply.after_commit");
  in_this_run_ += batch.through_vsn - applied_vsn_;
  applied_vsn_ = batch.through_vsn;
  applied_source_micros_ = batch.source_micros;
}

bool Apply::in_snapshot(const QualifiedName& table, const Transaction& transaction) const {
  if (!transaction.from_source) return false;  // positions of another database
  const auto found = snapshot_positions_.find(table);
  return found != snapshot_positions_.end() && transaction.begin.position < found->second;
}

void Apply::publish(bool force) {
  const auto now = RateMeter::Clock::now();
  if (now - published_ < (force ? publish_interval / 2 : publish_interval)) return;
  published_ = now;
  meta_.put_consumer({options_.role, applied_vsn_, applied_source_micros_, unix_micros_now()});
  rate_.sample(now, in_this_run_);
  const std::int64_t remaining = std::max<std::int64_t>(0, reader_->newest_vsn() - applied_vsn_);
  const std::int64_t rate = rate_.per_second(std::chrono::minutes(3));
  const std::int64_t lag_millis =
      remaining == 0 || applied_source_micros_ == 0
          ? 0
          : std::max<std::int64_t>(0, (unix_micros_now() - applied_source_micros_) / 1000);
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
      {"Lag behind the source", fmt::format("{:.1f}s", static_cast<double>(lag_millis) / 1000)},
  });
  meta_.put_figures(options_.role, {{"remaining_events", std::to_string(remaining)},
                                    {"events_per_second", std::to_string(rate)},
                                    {"lag_millis", std::to_string(lag_millis)},
                                    {"waiting_for", ""}});
}

}  // namespace voyager::changes
