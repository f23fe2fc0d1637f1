// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/parsed_statement.hpp"

namespace voyager::analysis {

/// An issue at a place.
struct Finding {
  std::string issue;  ///< type in the catalogue
  std::string object_type;
  std::string object_name;
  std::string file;
  std::size_t line = 0;
  std::string statement;
  std::string detail;  ///< what exactly: a column, a function, a type; or empty
};

/// Collects what the detectors report. The same issue at the same place with the same detail counts
/// once.
class FindingSink {
 public:
  /// About the whole statement.
  void report(std::string_view issue, const ParsedStatement& statement, std::string detail = "");
  /// About a line of it.
  void report_at(std::string_view issue, const ParsedStatement& statement, std::size_t line,
                 std::string detail = "");
  /// About anything else.
  void report(Finding finding);

  const std::vector<Finding>& findings() const { return findings_; }
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  std::vector<Finding> findings_;
  std::size_t current_from_ = 0;  ///< findings before it have another file or statement
};

}  // namespace voyager::analysis
