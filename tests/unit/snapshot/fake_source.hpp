// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "engine/source.hpp"

namespace voyager::snapshot {

class FakeHolder : public engine::SnapshotHolder {
 public:
  explicit FakeHolder(std::string position) : position_{std::move(position)} {}
  const std::string& id() const override { return id_; }
  const Position& position() const override { return position_; }

 private:
  std::string id_ = "snapshot-1";
  Position position_;
};

/// A source whose tables are lists of chunks, given as text; remembers what was asked of it.
/// Threads: any.
class FakeSource : public engine::SourceEngine {
 public:
  /// The rows of each chunk, one for each line, by table name.
  std::map<std::string, std::vector<std::string>> chunks;
  /// What the next reads throw in the middle of the chunk; nothing: that read succeeds.
  std::deque<std::optional<Error>> read_errors;

  /// Tables that were rewritten before they are planned, and "table range" that were before they
  /// are read.
  std::set<std::string> rewritten;
  std::set<std::string> rewritten_late;
  /// What a plan estimates for each chunk; from 1 MiB on they are read one by one.
  std::int64_t chunk_bytes = 2 << 20;

  int plans() {  ///< how often a plan was asked for
    const MutexLock lock(mutex_);
    return plans_;
  }
  int reads() {  ///< how often chunks were asked for
    const MutexLock lock(mutex_);
    return reads_;
  }
  std::vector<std::string> opened() { return copy(opened_); }    ///< snapshot ids
  std::vector<std::string> planned() { return copy(planned_); }  ///< table names
  std::vector<std::string> read() { return copy(read_); }        ///< "table range"

  std::unique_ptr<engine::SnapshotReader> snapshot_reader(const std::string& id) override {
    const MutexLock lock(mutex_);
    opened_.push_back(id);
    return std::make_unique<Reader>(*this);
  }

  std::unique_ptr<engine::CatalogReader> catalog() override { throw unused(); }
  std::unique_ptr<engine::CaptureControl> capture_control() override { throw unused(); }
  std::unique_ptr<engine::SnapshotHolder> create_capture(const engine::CaptureNames&,
                                                         const std::vector<Table>&,
                                                         const engine::Waiting&) override {
    throw unused();
  }
  std::unique_ptr<engine::SnapshotHolder> renew_snapshot() override { throw unused(); }
  std::unique_ptr<engine::SnapshotHolder> hold_snapshot() override { throw unused(); }
  std::unique_ptr<engine::BarrierWriter> barrier_writer(const engine::CaptureNames&) override {
    throw unused();
  }
  std::unique_ptr<engine::ChangeStream> change_stream(const engine::CaptureNames&,
                                                      const std::vector<Table>&,
                                                      const Position&) override {
    throw unused();
  }

 private:
  static std::logic_error unused() { return std::logic_error("a snapshot does not need this"); }

  class Reader : public engine::SnapshotReader {
   public:
    explicit Reader(FakeSource& source) : source_(source) {}

    std::vector<engine::TablePlan> plan(const std::vector<const Table*>& tables,
                                        std::int64_t) override {
      const MutexLock lock(source_.mutex_);
      std::vector<engine::TablePlan> plans;
      for (const Table* table : tables) plans.push_back(source_.plan_of(*table));
      ++source_.plans_;
      return plans;
    }

    std::vector<Copied> read(const std::vector<engine::ChunkRead>& reads) override {
      source_.count_read();
      std::vector<Copied> copied;
      for (const engine::ChunkRead& one : reads) copied.push_back(read_one(one));
      return copied;
    }

   private:
    Copied read_one(const engine::ChunkRead& read) {
      const std::string rows = source_.begin_read(*read.table, read.chunk);
      const std::string_view text(rows);
      read.sink(text.substr(0, text.size() / 2));
      source_.throw_if_told();
      read.sink(text.substr(text.size() / 2));
      return {static_cast<std::uint64_t>(std::count(rows.begin(), rows.end(), '\n')),
              source_.rewritten_meanwhile(read)};
    }

    FakeSource& source_;
  };

  static Error was_rewritten() { return Error({3210}, Action::give_up, "rewritten"); }

  static std::string name_of(const Table& table, const engine::ChunkPlan& chunk) {
    return table.name.name + " " + chunk.range;
  }

  std::optional<Error> rewritten_meanwhile(const engine::ChunkRead& read) const {
    if (!rewritten_late.contains(name_of(*read.table, read.chunk))) return std::nullopt;
    return was_rewritten();
  }

  void count_read() {
    const MutexLock lock(mutex_);
    ++reads_;
  }

  engine::TablePlan plan_of(const Table& table) {
    planned_.push_back(table.name.name);
    engine::TablePlan plan;
    if (rewritten.contains(table.name.name)) {
      plan.rewritten = was_rewritten();
      return plan;
    }
    while (plan.chunks.size() < chunks[table.name.name].size()) {
      plan.chunks.push_back({table.name, std::to_string(plan.chunks.size()), chunk_bytes});
    }
    return plan;
  }

  std::string begin_read(const Table& table, const engine::ChunkPlan& chunk) {
    const MutexLock lock(mutex_);
    read_.push_back(name_of(table, chunk));
    return chunks.at(table.name.name).at(std::stoul(chunk.range));
  }

  void throw_if_told() {
    const MutexLock lock(mutex_);
    if (read_errors.empty()) return;
    const std::optional<Error> error = read_errors.front();
    read_errors.pop_front();
    if (error) throw *error;
  }

  std::vector<std::string> copy(const std::vector<std::string>& list) {
    const MutexLock lock(mutex_);
    return list;
  }

  Mutex mutex_;
  int plans_ = 0;
  int reads_ = 0;
  std::vector<std::string> opened_;
  std::vector<std::string> planned_;
  std::vector<std::string> read_;
};

}  // namespace voyager::snapshot
