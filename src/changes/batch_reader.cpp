// SPDX-License-Identifier: Apache-2.0
#include "changes/batch_reader.hpp"

#include <utility>
#include <variant>

#include "base/log.hpp"
#include "model/roles.hpp"

namespace voyager::changes {
namespace {

/// While the log is waited for, so often it is asked whether the sink can go on.
constexpr std::chrono::milliseconds look_around{100};

std::vector<engine::TableCounts> counts_of(const std::map<QualifiedName, ChangeCounts>& counts) {
  std::vector<engine::TableCounts> result;
  result.reserve(counts.size());
  for (const auto& [table, rows] : counts)
    result.push_back({table, rows.inserts, rows.updates, rows.deletes});
  return result;
}

}  // namespace

std::optional<BatchEnd> BatchReader::read(BatchSink& sink, const Singly& singly,
                                          const std::stop_token& stop) {
  merged_.clear();
  Batch batch;
  bool begun = false;
  // Only what is in a batch's first piece can be written ahead of its turn.
  while (batch.changes < limits_.batch_changes && merged_.bytes() < limits_.piece_bytes) {
    // What is whole does not wait for it.
    if (begun && reader_.next_is_open()) break;
    const auto event = reader_.next();
    if (!event) break;
    const auto* begin = std::get_if<Begin>(&event->change);
    if (begin == nullptr) continue;  // relations between transactions: the reader keeps them
    if (!begun) sink.begin();
    begun = true;
    const Transaction transaction{*begin, event->exporter_role == roles::source_db_exporter};
    if (!read_transaction(batch, transaction, {sink, singly, stop})) return std::nullopt;
  }
  if (!begun) return std::nullopt;
  drain_piece(sink);
  batch.end.counts = counts_of(batch.counts);
  batch.end.position = reader_.position();
  return batch.end;
}

bool BatchReader::read_transaction(Batch& batch, const Transaction& transaction,
                                   const Target& target) {
  while (true) {
    const auto event = reader_.next();
    if (!event && await_rest(target)) continue;
    if (!event) {
      target.sink.give_up();
      return false;
    }
    vsn_ = event->vsn;
    take(batch, event->change, transaction, target);
    if (!target.sink.wanted()) return false;
    if (std::holds_alternative<Commit>(event->change)) {
      batch.end.source_micros = transaction.begin.commit_unix_micros;
      batch.end.through_vsn = event->vsn;
      return true;
    }
  }
}

/// False when it does not come now.
bool BatchReader::await_rest(const Target& target) {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  while (!reader_.taken_back() && !target.stop.stop_requested() && target.sink.stands()) {
    if (std::chrono::steady_clock::now() >= deadline) {
      log::info("apply: the rest of a large transaction does not come; it is awaited whole");
      reader_.await_commit();
      return false;
    }
    if (reader_.wait(look_around, target.stop) && !reader_.taken_back()) return true;
  }
  if (reader_.taken_back())
    log::info("apply: a large transaction was taken back by its exporter; it will come again");
  return false;
}

void BatchReader::take(Batch& batch, const ChangeEvent& event, const Transaction& transaction,
                       const Target& target) {
  if (const auto* change = std::get_if<RowChange>(&event)) {
    take_row(batch, *change, transaction, target);
  } else if (const auto* truncate = std::get_if<Truncate>(&event)) {
    drain_piece(target.sink);
    for (const std::uint32_t id : truncate->relations) {
      const Relation* relation = reader_.relation(id);
      if (!in_snapshot(relation->table, transaction)) target.sink.empty(*relation);
    }
    ++batch.changes;
  }
}

void BatchReader::take_row(Batch& batch, const RowChange& change, const Transaction& transaction,
                           const Target& target) {
  const Relation& relation = *reader_.relation(change.relation);
  ++batch.changes;
  batch.counts[relation.table].count(change.operation);
  if (in_snapshot(relation.table, transaction)) return;
  if (target.singly.all || target.singly.tables.contains(relation.table)) {
    target.sink.single(relation, change);
  } else {
    add_to_piece(relation, change, target.sink);
  }
}

void BatchReader::add_to_piece(const Relation& relation, const RowChange& change, BatchSink& sink) {
  if (merged_.changes() >= limits_.piece_changes || merged_.bytes() >= limits_.piece_bytes)
    drain_piece(sink);
  Compactor::Added added = merged_.add(relation, change);
  if (added == Compactor::Added::yes) return;
  drain_piece(sink);
  if (added == Compactor::Added::drain_first) added = merged_.add(relation, change);
  if (added == Compactor::Added::alone) sink.single(relation, change);
}

void BatchReader::drain_piece(BatchSink& sink) {
  if (!merged_.empty()) sink.piece(merged_);
}

bool BatchReader::in_snapshot(const QualifiedName& table, const Transaction& transaction) const {
  if (!transaction.from_source) return false;  // positions of another database
  const auto found = snapshot_positions_.find(table);
  return found != snapshot_positions_.end() && transaction.begin.position < found->second;
}

}  // namespace voyager::changes
