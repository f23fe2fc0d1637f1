// SPDX-License-Identifier: Apache-2.0
#include "analysis/finding.hpp"

#include <algorithm>

namespace voyager::analysis {

void FindingSink::report(std::string_view issue, const ParsedStatement& statement,
                         std::string detail) {
  report_at(issue, statement, statement.line, std::move(detail));
}

void FindingSink::report_at(std::string_view issue, const ParsedStatement& statement,
                            std::size_t line, std::string detail) {
  report({std::string(issue), statement.object_type, statement.object_name, statement.file, line,
          statement.text, std::move(detail)});
}

void FindingSink::report(Finding finding) {
  if (!findings_.empty() && findings_.back().statement != finding.statement)
    current_from_ = findings_.size();
  const auto same = [&](const Finding& other) {
    return other.issue == finding.issue && other.file == finding.file &&
           other.line == finding.line && other.object_name == finding.object_name &&
           other.detail == finding.detail;
  };
  const auto from = findings_.begin() + static_cast<std::ptrdiff_t>(current_from_);
  if (std::none_of(from, findings_.end(), same)) findings_.push_back(std::move(finding));
}

}  // namespace voyager::analysis
