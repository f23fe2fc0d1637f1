// SPDX-License-Identifier: Apache-2.0
#include "verify/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/retry.hpp"
#include "base/text.hpp"
#include "base/worker_group.hpp"
#include "verify/table_check.hpp"

namespace voyager::verify {
namespace {

std::string thousands(std::int64_t number) {
  return with_thousands(static_cast<std::uint64_t>(number));
}

/// The order in which tables are taken: the largest first, so that they don't end the run alone.
std::vector<std::size_t> largest_first(const std::vector<Table>& tables) {
  std::vector<std::size_t> order(tables.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return tables[a].estimated_rows > tables[b].estimated_rows;
  });
  return order;
}

void tell(const TableResult& result, const VerifyOptions& options, Status& status) {
  const std::string rows = fmt::format("{}: {} rows in {}, {} in {}", result.table.display(),
                                       thousands(result.left_rows), options.left_name,
                                       thousands(result.right_rows), options.right_name);
  if (result.equal()) return status.line(rows + ": equal");
  status.warning(fmt::format("{}: {} {}{}", rows, thousands(result.differences),
                             result.differences == 1 ? "difference" : "differences",
                             result.settled ? "" : " when the time to settle was over"));
}

void summarize(const std::vector<TableResult>& results, Status& status) {
  std::int64_t rows = 0;
  std::int64_t differences = 0;
  for (const TableResult& result : results) {
    rows += result.left_rows;
    differences += result.differences;
  }
  const std::string text = fmt::format("verify data: {} tables, {} rows compared, {} differences",
                                       results.size(), thousands(rows), thousands(differences));
  log::info("{}", text);
  status.line(text);
}

/// What the threads of one comparison share.
struct Shared {
  engine::TargetEngine& left;
  engine::TargetEngine& right;
  const std::vector<Table>& tables;
  const std::vector<std::size_t> order;
  const VerifyOptions& options;
  Status& status;
  std::vector<TableResult> results;  // each element is written by one thread
  std::atomic<std::size_t> taken{0};
};

TableResult check(TwoSides& sides, const Table& table, const VerifyOptions& options,
                  const std::stop_token& stop) {
  try {
    return TableCheck(sides, table, options, stop).run();
  } catch (const Error& error) {
    throw error.within("verify of table " + table.name.display());
  }
}

void work(Shared& shared, const std::stop_token& stop) {
  TwoSides sides(shared.left, shared.right);
  RetryRules rules;
  rules.drop_connection = [&sides] { sides.drop_connections(); };
  rules.waiting = [&shared](const Error& error, std::chrono::milliseconds) {
    shared.status.warning(fmt::format("will try again: {}", error.what()));
  };
  for (;;) {
    const std::size_t next = shared.taken++;
    if (next >= shared.order.size()) return;
    const std::size_t index = shared.order[next];
    TableResult& result = shared.results[index];
    const auto attempt = [&] { result = check(sides, shared.tables[index], shared.options, stop); };
    if (!run_with_retries(rules, stop, attempt)) return;
    tell(result, shared.options, shared.status);
    VOYAGER_FAILPOINT("verify.table_done");
  }
}

}  // namespace

std::string_view name_of(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::missing:
      return "missing";
    case DifferenceKind::extra:
      return "extra";
    case DifferenceKind::changed:
      return "changed";
  }
  return "";
}

std::vector<TableResult> verify_tables(engine::TargetEngine& left, engine::TargetEngine& right,
                                       const std::vector<Table>& tables,
                                       const VerifyOptions& options, Status& status,
                                       const std::stop_token& stop) {
  Shared shared{left,
                right,
                tables,
                largest_first(tables),
                options,
                status,
                std::vector<TableResult>(tables.size())};
  WorkerGroup workers;
  const std::stop_callback pass_stop_on(stop, [&workers] { workers.stop(); });
  const std::size_t jobs =
      std::min(tables.size(), static_cast<std::size_t>(std::max(1, options.parallel_jobs)));
  workers.start(jobs, [&shared](std::size_t, const std::stop_token& worker_stop) {
    work(shared, worker_stop);
  });
  workers.wait();
  if (stop.stop_requested()) fail(stopped_early, "stopped before the comparison was complete");
  summarize(shared.results, status);
  return std::move(shared.results);
}

std::string to_json(const std::vector<TableResult>& results, const std::string& left_name,
                    const std::string& right_name) {
  nlohmann::ordered_json report;
  report["left"] = left_name;
  report["right"] = right_name;
  report["equal"] = std::all_of(results.begin(), results.end(),
                                [](const TableResult& result) { return result.equal(); });
  report["tables"] = nlohmann::ordered_json::array();
  for (const TableResult& result : results) {
    nlohmann::ordered_json table;
    table["table"] = result.table.display();
    table["left_rows"] = result.left_rows;
    table["right_rows"] = result.right_rows;
    table["differences"] = result.differences;
    table["settled"] = result.settled;
    table["listed"] = nlohmann::ordered_json::array();
    for (const Difference& difference : result.listed)
      table["listed"].push_back({{"key", difference.key}, {"kind", name_of(difference.kind)}});
    report["tables"].push_back(std::move(table));
  }
  // Keys may hold bytes that are no UTF-8 when a database has another encoding.
  return report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace voyager::verify
