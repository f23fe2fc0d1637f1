// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "analysis/report/schema_report.hpp"

namespace voyager::analysis::testing {

inline ReportContext context_for(const std::string& release) {
  ReportContext context;
  context.voyager_version = "1.2.3";
  context.target = target_release(YbRelease::parse(release));
  context.database = "shop";
  context.database_version = "15.4";
  return context;
}

/// A finding about the first statement with this text in it.
inline Finding finding(const std::string& issue, const std::vector<ParsedStatement>& statements,
                       const std::string& mark, const std::string& detail = "") {
  for (const ParsedStatement& statement : statements) {
    if (statement.text.find(mark) == std::string::npos) continue;
    return {issue,          statement.object_type, statement.object_name,
            statement.file, statement.line,        statement.text,
            detail};
  }
  return {};
}

inline SchemaReport report_of(const std::vector<ParsedStatement>& statements,
                              const std::vector<Finding>& findings,
                              const std::string& release = "2024.1.0.0") {
  return build_schema_report(statements, SchemaFacts::gather(statements), findings,
                             context_for(release));
}

}  // namespace voyager::analysis::testing
