// SPDX-License-Identifier: Apache-2.0
// The parts of the way of a change that cost processor time, each alone, without a database.
// Items are changes, bytes are those of the values.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <functional>
#include <set>

#include "changes/compaction.hpp"
#include "changes/schedule.hpp"
#include "engines/postgres/pgoutput.hpp"
#include "exportdir/change_log.hpp"
#include "exportdir/meta_db.hpp"
#include "pgoutput_text.hpp"
#include "sample_log.hpp"
#include "support/temp_directory.hpp"

namespace voyager::bench {
namespace {

const SampleLog& small_transactions() {
  static const SampleLog log = SampleLog::small_transactions(10'000);
  return log;
}

const SampleLog& wide_rows() {
  static const SampleLog log = SampleLog::wide_rows(100);
  return log;
}

using Log = const SampleLog& (*)();

void count(benchmark::State& state, const SampleLog& log) {
  const auto runs = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(runs * static_cast<std::int64_t>(log.changes()));
  state.SetBytesProcessed(runs * static_cast<std::int64_t>(log.bytes()));
}

/// An export directory with nothing in it.
struct Directory {
  testing::TempDirectory directory;
  exportdir::Layout layout = created(directory.path());
  exportdir::MetaDb meta = exportdir::MetaDb::open(layout, true);

  static exportdir::Layout created(const std::filesystem::path& path) {
    exportdir::Layout layout(path);
    layout.create();
    return layout;
  }
};

void write(const SampleLog& log, exportdir::ChangeLogWriter& writer) {
  for (const ChangeEvent& event : log.events()) writer.append(event);
  writer.flush();
}

void decode(benchmark::State& state, Log log) {
  const std::vector<std::string> messages = pgoutput_of(log());
  postgres::pgoutput::Decoder decoder;
  for (auto _ : state) {
    for (const std::string& message : messages) benchmark::DoNotOptimize(decoder.decode(message));
  }
  count(state, log());
}

void change_log_write(benchmark::State& state, Log log) {
  log();
  for (auto _ : state) {
    state.PauseTiming();
    {
      Directory place;
      exportdir::ChangeLogWriter writer(place.layout, place.meta, "source_db_exporter", {});
      state.ResumeTiming();
      write(log(), writer);
      state.PauseTiming();
    }
    state.ResumeTiming();
  }
  count(state, log());
}

void change_log_read(benchmark::State& state, Log log) {
  Directory place;
  {
    exportdir::ChangeLogWriter writer(place.layout, place.meta, "source_db_exporter", {});
    write(log(), writer);
  }
  exportdir::ChangeLogReader reader(place.layout, place.meta, 0);
  const exportdir::ReadPosition start = reader.position();
  for (auto _ : state) {
    reader.seek(start);
    while (const auto event = reader.next()) benchmark::DoNotOptimize(event->vsn);
  }
  count(state, log());
}

/// Merges the history in pieces as large as the apply's, each of which goes to `drain`.
void merge(const SampleLog& log, const std::function<void(changes::Compactor&)>& drain) {
  constexpr std::size_t piece_changes = 20'000;
  constexpr std::size_t piece_bytes = 8ULL << 20;
  changes::Compactor merged;
  const auto drain_it = [&] {
    drain(merged);
    merged.clear();
  };
  for (const ChangeEvent& event : log.events()) {
    const auto* change = std::get_if<RowChange>(&event);
    if (change == nullptr) continue;
    const Relation& relation = log.relations()[change->relation - log.relations()[0].id];
    if (merged.changes() >= piece_changes || merged.bytes() >= piece_bytes) drain_it();
    if (merged.add(relation, *change) == changes::Compactor::Added::yes) continue;
    drain_it();
    merged.add(relation, *change);
  }
  drain_it();
}

void compaction(benchmark::State& state, Log log) {
  const std::set<QualifiedName> none;
  for (auto _ : state) {
    changes::Schedule schedule;
    std::uint64_t batch = 0;
    merge(log(), [&](changes::Compactor& merged) {
      schedule.begin(++batch);
      benchmark::DoNotOptimize(merged.take(none, none, schedule));
    });
  }
  count(state, log());
}

void compaction_without_taking(benchmark::State& state, Log log) {
  for (auto _ : state) merge(log(), [](changes::Compactor& merged) { merged.clear(); });
  count(state, log());
}

/// Batches of rows of one table, four of which are in flight; a part of the rows is in each.
void schedule(benchmark::State& state) {
  constexpr std::size_t rows = 20'000;
  constexpr std::size_t busy_rows = 2'000;
  constexpr std::uint64_t in_flight = 4;
  constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;  // spreads small numbers as a hash does
  const QualifiedName table{"public", "pgbench_accounts"};
  changes::Schedule schedule;
  std::uint64_t batch = 0;
  for (auto _ : state) {
    schedule.begin(++batch);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t number = row < busy_rows ? row : batch * rows + row;
      benchmark::DoNotOptimize(schedule.row(table, number * golden));
    }
    if (batch > in_flight) schedule.committed(batch - in_flight);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * std::int64_t{rows});
}

BENCHMARK_CAPTURE(decode, small, small_transactions);
BENCHMARK_CAPTURE(decode, wide, wide_rows);
BENCHMARK_CAPTURE(change_log_write, small, small_transactions);
BENCHMARK_CAPTURE(change_log_write, wide, wide_rows);
BENCHMARK_CAPTURE(change_log_read, small, small_transactions);
BENCHMARK_CAPTURE(change_log_read, wide, wide_rows);
BENCHMARK_CAPTURE(compaction_without_taking, small, small_transactions);
BENCHMARK_CAPTURE(compaction_without_taking, wide, wide_rows);
BENCHMARK_CAPTURE(compaction, small, small_transactions);
BENCHMARK_CAPTURE(compaction, wide, wide_rows);
BENCHMARK(schedule);

}  // namespace
}  // namespace voyager::bench
