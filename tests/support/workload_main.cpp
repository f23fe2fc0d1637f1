// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "support/workload.hpp"

/// Writes to the shop until SIGTERM or SIGINT, then prints what was committed.
int main(int argc, char** argv) {
  voyager::testing::WorkloadOptions options;
  CLI::App app("Writes to the shop schema until SIGTERM or SIGINT, then prints the totals.");
  app.add_option("--dsn", options.connection, "libpq connection string")->required();
  app.add_option("--seed", options.seed, "same seed, same transactions")->capture_default_str();
  app.add_option("--rate", options.rows_per_second, "rows per second of all threads; 0: no limit")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "connections")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  // Blocked before the threads start, so that only sigwait() below gets them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  voyager::testing::Workload workload(options);
  int signal = 0;
  sigwait(&signals, &signal);
  const voyager::testing::WorkloadTotals totals = workload.stop();
  std::cout << "transactions=" << totals.transactions << " rows=" << totals.rows
            << " rolled_back=" << totals.rolled_back << " conflicts=" << totals.conflicts
            << " errors=" << totals.errors.size() << "\n";
  for (const std::string& error : totals.errors) {
    std::cerr << error;
  }
  return totals.errors.empty() ? 0 : 1;
}
