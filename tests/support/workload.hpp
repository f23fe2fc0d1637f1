// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/endpoint.hpp"

namespace voyager::testing {

/// Creates the shop's schema (tests/support/shop) in the database's schema public, and about 5.2
/// rows for each order.
void create_shop(const engine::Endpoint& endpoint, int orders);

struct WorkloadOptions {
  std::string connection;  ///< libpq connection string
  std::uint64_t seed = 1;  ///< the same seed draws the same transactions in each thread
  int threads = 2;
  double rows_per_second = 0;  ///< of all threads together; 0: as fast as it goes
};

struct WorkloadTotals {
  std::int64_t transactions = 0;    ///< committed
  std::int64_t rows = 0;            ///< changed by their statements, without triggers and cascades
  std::int64_t rolled_back = 0;     ///< on purpose
  std::int64_t conflicts = 0;       ///< deadlocks and races for a unique value; not committed
  std::vector<std::string> errors;  ///< everything else that a server refused
};

/// Applications that keep writing to the shop: inserts, updates and deletes, multi-statement
/// transactions, key updates, unique values that swap owners inside one transaction, large values
/// that updates leave alone, rows that move between partitions, tables without a key, roll-backs,
/// savepoints, and now and then a transaction of thousands of rows. Reconnects when the server goes
/// away.
class Workload {
 public:
  explicit Workload(const WorkloadOptions& options);
  ~Workload();
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  /// So far.
  WorkloadTotals totals() const;
  /// Lets the running transactions end. A second call returns the same.
  WorkloadTotals stop();

 private:
  class Writers;
  std::unique_ptr<Writers> writers_;
};

}  // namespace voyager::testing
