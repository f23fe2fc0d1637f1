// SPDX-License-Identifier: Apache-2.0
#include "cli/findings_table.hpp"

#include "base/status.hpp"
#include "base/text.hpp"

namespace voyager::cli {

std::string findings_table(const analysis::SchemaReport& report) {
  if (report.findings.empty()) return "Nothing was found.";
  std::vector<std::vector<std::string>> rows;
  for (const auto& [category, by_impact] : analysis::count_findings(report)) {
    std::vector<std::string> row{analysis::category_title(category)};
    for (const std::size_t number : by_impact) row.push_back(with_thousands(number));
    rows.push_back(std::move(row));
  }
  return format_table({"Findings", "Level 1", "Level 2", "Level 3"}, rows);
}

}  // namespace voyager::cli
