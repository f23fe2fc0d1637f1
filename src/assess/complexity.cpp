// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "assess/assessment.hpp"
#include "base/text.hpp"

namespace voyager::assess {
namespace {

using analysis::Impact;

/// More findings than this make a migration so complex; none: any number is fine.
struct Threshold {
  Impact impact;
  Complexity complexity;
  std::size_t findings;
};

constexpr std::array thresholds{
    Threshold{Impact::level_3, Complexity::high, 4},
    Threshold{Impact::level_2, Complexity::high, 100},
    Threshold{Impact::level_3, Complexity::medium, 0},
    Threshold{Impact::level_2, Complexity::medium, 10},
    Threshold{Impact::level_1, Complexity::medium, 20},
};

using Counts = std::array<std::size_t, 3>;

std::string level_text(Impact impact) {
  return fmt::format("level {}", static_cast<int>(impact) + 1);
}

/// "Findings: 1 of level 3, 20 of level 1".
std::string counts_text(const Counts& counts) {
  std::vector<std::string> parts;
  for (const Impact impact : {Impact::level_3, Impact::level_2, Impact::level_1}) {
    const std::size_t number = counts.at(static_cast<std::size_t>(impact));
    if (number > 0)
      parts.push_back(fmt::format("{} of {}", with_thousands(number), level_text(impact)));
  }
  return parts.empty() ? "Nothing was found that needs a change" : "Findings: " + join(parts, ", ");
}

std::string limit_text(const Threshold& crossed) {
  const std::string of_level = "of " + level_text(crossed.impact);
  const std::string_view level = complexity_name(crossed.complexity);
  if (crossed.findings == 0) return fmt::format("Any {} makes it {}.", of_level, level);
  return fmt::format("More than {} {} make it {}.", crossed.findings, of_level, level);
}

}  // namespace

std::string_view complexity_name(Complexity complexity) {
  switch (complexity) {
    case Complexity::low:
      return "LOW";
    case Complexity::medium:
      return "MEDIUM";
    case Complexity::high:
      return "HIGH";
  }
  return "";
}

ComplexityVerdict complexity(const std::vector<analysis::ReportedFinding>& findings) {
  Counts counts{};
  for (const analysis::ReportedFinding& entry : findings)
    if (entry.category != analysis::Category::performance_optimizations)
      ++counts.at(static_cast<std::size_t>(entry.issue->impact));
  const auto crossed =
      std::find_if(thresholds.begin(), thresholds.end(), [&](const Threshold& one) {
        return counts.at(static_cast<std::size_t>(one.impact)) > one.findings;
      });
  const std::string found = counts_text(counts) + "; advice about performance is not counted.";
  if (crossed == thresholds.end()) return {Complexity::low, found};
  return {crossed->complexity, found + " " + limit_text(*crossed)};
}

}  // namespace voyager::assess
