// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "analysis/report/schema_report.hpp"

namespace voyager::cli {

/// Findings by category and impact, or a line that there are none.
std::string findings_table(const analysis::SchemaReport& report);

}  // namespace voyager::cli
