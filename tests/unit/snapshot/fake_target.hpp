// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "engine/target.hpp"

namespace voyager::snapshot {

/// What a load runs into.
struct LoadTrouble {
  Error error;
  bool committed = false;  ///< the rows are there nevertheless (the answer to COMMIT was lost)
};

/// A target that keeps rows and ledger in memory; remembers what was asked of it. Threads: any.
class FakeTarget : public engine::TargetEngine {
 public:
  std::vector<Table> tables_in_catalog;
  /// What the next loads run into; nothing: that load succeeds.
  std::deque<std::optional<LoadTrouble>> troubles;
  std::int64_t swallowed_rows = 0;  ///< of each chunk, as a rule on the table would

  std::string rows(const std::string& table) {
    const MutexLock lock(mutex_);
    return rows_[table];
  }
  void set_rows(const std::string& table, const std::string& rows) {
    const MutexLock lock(mutex_);
    rows_[table] = rows;
  }
  void put_in_ledger(const QualifiedName& table, const std::string& file) {
    const MutexLock lock(mutex_);
    ledger_[file] = {table, 1};
  }
  std::vector<std::string> discarded() { return copy(discarded_); }
  std::vector<std::string> loads() { return copy(loads_); }  ///< files, also of failed loads
  std::vector<std::size_t> chunks_of_loads() {               ///< of each call that came to its end
    const MutexLock lock(mutex_);
    return together_;
  }
  std::size_t loaders_opened() {
    const MutexLock lock(mutex_);
    return loaders_;
  }

  std::unique_ptr<engine::BulkLoader> bulk_loader() override {
    const MutexLock lock(mutex_);
    ++loaders_;
    return std::make_unique<Loader>(*this);
  }
  std::unique_ptr<engine::CatalogReader> catalog() override {
    return std::make_unique<Catalog>(*this);
  }
  std::unique_ptr<engine::Ledger> ledger() override { return std::make_unique<Books>(*this); }
  void prepare_ledger() override {}
  int default_parallel_jobs() override { return 1; }

  std::unique_ptr<engine::SchemaWriter> schema_writer() override { throw unused(); }
  std::unique_ptr<engine::ChangeApplier> change_applier(const std::vector<Table>&) override {
    throw unused();
  }
  std::unique_ptr<engine::SessionControl> session_control() override { throw unused(); }
  std::unique_ptr<engine::RowHasher> row_hasher() override { throw unused(); }

 private:
  static std::logic_error unused() { return std::logic_error("a snapshot does not need this"); }

  struct LedgerRow {
    QualifiedName table;
    std::int64_t number = 0;
    std::int64_t rows = 0;
  };

  class Loader : public engine::BulkLoader {
   public:
    explicit Loader(FakeTarget& target) : target_(target) {}
    std::vector<std::uint64_t> load(const std::vector<engine::ChunkLoad>& chunks) override {
      return target_.load(chunks);
    }
    void discard(const QualifiedName& table) override { target_.discard(table); }

   private:
    FakeTarget& target_;
  };

  class Catalog : public engine::CatalogReader {
   public:
    explicit Catalog(FakeTarget& target) : target_(target) {}
    std::string server_version() override { return "15"; }
    std::vector<Table> tables(const std::vector<std::string>&) override {
      return target_.tables_in_catalog;
    }
    std::vector<Sequence> sequences(const std::vector<std::string>&) override { return {}; }

   private:
    FakeTarget& target_;
  };

  class Books : public engine::Ledger {
   public:
    explicit Books(FakeTarget& target) : target_(target) {}
    std::vector<SnapshotRows> snapshot_rows() override {
      const MutexLock lock(target_.mutex_);
      std::map<QualifiedName, SnapshotRows> sums;
      for (const auto& [file, row] : target_.ledger_) {
        SnapshotRows& sum = sums[row.table];
        sum = {row.table, sum.rows + row.rows, sum.batches + 1};
      }
      std::vector<SnapshotRows> all;
      for (const auto& [table, sum] : sums) all.push_back(sum);
      return all;
    }
    std::vector<engine::BatchId> loaded_batches() override {
      const MutexLock lock(target_.mutex_);
      std::vector<engine::BatchId> all;
      for (const auto& [file, row] : target_.ledger_) all.push_back({row.table, file, row.number});
      return all;
    }
    std::vector<engine::TableCounts> change_counts() override { return {}; }
    std::int64_t applied_through() override { return 0; }
    std::int64_t count_rows(const QualifiedName& table) override {
      const std::string rows = target_.rows(table.name);
      return std::count(rows.begin(), rows.end(), '\n');
    }
    void remove() override {
      const MutexLock lock(target_.mutex_);
      target_.ledger_.clear();
    }

   private:
    FakeTarget& target_;
  };

  std::optional<std::uint64_t> loaded_rows(const engine::BatchId& batch) {
    const MutexLock lock(mutex_);
    const auto row = ledger_.find(batch.file);
    if (row == ledger_.end()) return std::nullopt;
    return static_cast<std::uint64_t>(row->second.rows);
  }

  /// All of them or none.
  std::vector<std::uint64_t> load(const std::vector<engine::ChunkLoad>& chunks) {
    std::vector<std::uint64_t> counts;
    std::vector<std::pair<const engine::ChunkLoad*, std::string>> missing;
    std::optional<Error> lost_answer;
    for (const engine::ChunkLoad& chunk : chunks) {
      const auto before = loaded_rows(chunk.batch);
      std::string rows;
      for (std::string piece; !before && chunk.read(piece);) rows += piece;
      counts.push_back(before.value_or(count_of(rows)));
      if (before) continue;
      if (const auto error = run_into_trouble(chunk.batch)) lost_answer = error;
      missing.emplace_back(&chunk, rows);
    }
    const MutexLock lock(mutex_);
    together_.push_back(chunks.size());
    for (const auto& [chunk, rows] : missing) store(*chunk, rows);
    if (lost_answer) throw *lost_answer;
    return counts;
  }

  std::uint64_t count_of(const std::string& rows) const {
    return static_cast<std::uint64_t>(std::count(rows.begin(), rows.end(), '\n') - swallowed_rows);
  }

  /// Throws an error that leaves nothing; returns one that comes after the COMMIT.
  std::optional<Error> run_into_trouble(const engine::BatchId& batch) {
    const MutexLock lock(mutex_);
    loads_.push_back(batch.file);
    if (troubles.empty()) return std::nullopt;
    const std::optional<LoadTrouble> trouble = troubles.front();
    troubles.pop_front();
    if (!trouble) return std::nullopt;
    if (!trouble->committed) throw trouble->error;
    return trouble->error;
  }

  void store(const engine::ChunkLoad& chunk, const std::string& rows)
      VOYAGER_TSA(requires_capability(mutex_)) {
    rows_[chunk.source_table->name.name] += rows;
    const auto count = static_cast<std::int64_t>(count_of(rows));
    if (!ledger_.insert({chunk.batch.file, {chunk.batch.table, chunk.batch.number, count}}).second)
      throw std::logic_error("the ledger has " + chunk.batch.file + " already");
  }

  void discard(const QualifiedName& table) {
    const MutexLock lock(mutex_);
    discarded_.push_back(table.name);
    rows_.erase(table.name);
    for (auto row = ledger_.begin(); row != ledger_.end();)
      row = row->second.table == table ? ledger_.erase(row) : std::next(row);
  }

  std::vector<std::string> copy(const std::vector<std::string>& list) {
    const MutexLock lock(mutex_);
    return list;
  }

  Mutex mutex_;
  std::map<std::string, std::string> rows_;
  std::map<std::string, LedgerRow> ledger_;
  std::vector<std::string> discarded_;
  std::vector<std::string> loads_;
  std::vector<std::size_t> together_;
  std::size_t loaders_ = 0;
};

}  // namespace voyager::snapshot
