// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "soak/round.hpp"
#include "support/standin.hpp"

namespace {

using namespace voyager::testing;
using Clock = std::chrono::steady_clock;

bool passes(std::uint64_t seed, Scale scale) {
  const Plan plan = draw_plan(seed, scale);
  std::cout << described(plan) << std::flush;
  const auto begun = Clock::now();
  const Lived lived = live(plan);
  for (const std::string& failure : lived.failures) std::cout << failure << "\n";
  std::cout << "seed " << seed << (lived.failures.empty() ? " passed in " : " FAILED after ")
            << (Clock::now() - begun) / std::chrono::seconds(1) << " s: " << lived.totals.committed
            << " transactions committed, " << lived.totals.rolled_back << " rolled back, "
            << lived.totals.conflicts << " conflicts" << std::endl;
  if (!lived.failures.empty())
    std::cout << "to repeat: ./dev soak --minutes 0 --seed " << seed
              << (scale == Scale::brief ? " --brief" : "") << std::endl;
  return lived.failures.empty();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Migrations under load in which everything breaks, one for each seed"};
  double minutes = 10;
  std::uint64_t seed = 1;
  bool brief = false;
  app.add_option("--minutes", minutes, "begin rounds for so long; 0: one round");
  app.add_option("--seed", seed, "of the first round; the next ones count up");
  app.add_flag("--brief", brief, "rounds as small as in CI");
  CLI11_PARSE(app, argc, argv);
  if (!TargetServer::available()) {
    std::cerr << "no target: postgresql-server-dev-15 or VOYAGER_TEST_YB_HOST\n";
    return 2;
  }
  const auto end = Clock::now() + std::chrono::duration<double, std::ratio<60>>(minutes);
  int passed = 0;
  int failed = 0;
  do {
    (passes(seed++, brief ? Scale::brief : Scale::full) ? passed : failed) += 1;
  } while (Clock::now() < end);
  std::cout << passed << " rounds passed, " << failed << " failed" << std::endl;
  return failed == 0 ? 0 : 1;
}
