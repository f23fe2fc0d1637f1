// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "soak/plan.hpp"

namespace voyager::testing {

struct Lived {
  std::vector<std::string> failures;  ///< what did not hold, and the words of all processes
  ApplicationsTotals totals;
};

/// Lives one migration as planned, on servers of its own: applications write, things break, and at
/// each cutover the database that it leads to must hold what was committed, and nothing else.
///
/// Threads and processes take turns as the machine lets them: the same plan can live differently.
Lived live(const Plan& plan);

}  // namespace voyager::testing
