// SPDX-License-Identifier: Apache-2.0
#include "analysis/issue.hpp"

namespace voyager::analysis {

const std::vector<Issue>& issue_catalogue() {
  static const std::vector<Issue> issues;
  return issues;
}

}  // namespace voyager::analysis
