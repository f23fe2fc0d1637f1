// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/endpoint.hpp"
#include "soak/generator.hpp"

namespace voyager::testing {

struct ApplicationsOptions {
  std::uint64_t seed = 1;
  int applications = 4;  ///< sessions that write side by side
  int most_rows = 1000;  ///< of the largest transactions
};

struct ApplicationsTotals {
  int committed = 0;
  int rolled_back = 0;  ///< on purpose
  int conflicts = 0;    ///< refused by the server, as applications in competition have to expect
  std::vector<std::string> errors;  ///< everything else that a server refused
};

/// Applications that write what Generator draws, side by side, and remember what was committed.
///
/// They live through crashes of the server: when nobody knows whether a transaction was committed,
/// the database is asked, and what was not committed is done again. Threads: members from one.
class Applications {
 public:
  explicit Applications(const ApplicationsOptions& options);
  ~Applications();
  Applications(const Applications&) = delete;
  Applications& operator=(const Applications&) = delete;

  /// Each does its next `transactions`; not before the last start's have ended.
  void start(const engine::Endpoint& place, Dialect dialect, int transactions);
  /// Since the last start, of all: how many transactions are over, in whatever way.
  int over() const;
  bool working() const;
  /// Ends them as soon as they can.
  void stop();

  /// Once nobody is working: since the first start.
  ApplicationsTotals totals() const;
  Model committed() const;

 private:
  class Application;
  std::vector<std::unique_ptr<Application>> applications_;
};

}  // namespace voyager::testing
