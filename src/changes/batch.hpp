// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "changes/compaction.hpp"
#include "engine/target.hpp"
#include "exportdir/change_log.hpp"
#include "model/change.hpp"

namespace voyager::changes {

/// Limits of one target transaction and of one piece inside it. A source transaction is never split
/// over target transactions, so a larger one makes a larger batch, written in several pieces.
struct BatchLimits {
  std::size_t batch_changes = 20'000;  ///< the next source transaction starts a new batch
  std::size_t piece_changes = 20'000;  ///< rows merged in memory before they are written
  std::size_t piece_bytes = 8ULL << 20;
};

/// MAX_EVENTS_PER_BATCH of the environment is heeded: it makes batches smaller, for tests and for
/// targets that like short transactions.
BatchLimits limits_from_environment();

/// Where a statement takes long there and back, commits one after the other are what it takes:
/// batches are larger, unless smaller ones are wished for.
BatchLimits at_distance(BatchLimits limits, std::chrono::microseconds round_trip);

/// What a batch was, once its last transaction is known.
struct BatchEnd {
  std::int64_t through_vsn = 0;
  std::int64_t source_micros = 0;  ///< commit time of its last transaction
  std::vector<engine::TableCounts> counts;
  exportdir::ReadPosition position;  ///< where the next batch begins
};

/// A change that has to be written on its own, with all the memory that it needs.
class SingleChange {
 public:
  SingleChange(Relation relation, const RowChange& change);
  const Relation& relation() const { return relation_; }
  RowChange change() const { return {relation_.id, operation_, before_, after_}; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<Value> keep(std::span<const Value> values);

  Relation relation_;
  Operation operation_;
  std::unique_ptr<Arena> memory_ = std::make_unique<Arena>();
  std::vector<Value> before_;
  std::vector<Value> after_;
  std::size_t bytes_ = 0;
};

/// All rows of a table or leaf go.
struct Emptying {
  Relation relation;
};

/// A part of a batch, on its way from the thread that prepares it to the one that writes it.
using Work = std::variant<Piece, SingleChange, Emptying>;

std::size_t bytes_of(const Work& work);

}  // namespace voyager::changes
