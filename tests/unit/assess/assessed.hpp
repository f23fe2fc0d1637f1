// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "assess/assessment.hpp"

namespace voyager::assess::testing {

inline AssessmentContext context_for(const std::string& release) {
  AssessmentContext context;
  context.voyager_version = "1.2.3";
  context.target = analysis::target_release(analysis::YbRelease::parse(release));
  return context;
}

/// For a release that lacks much.
inline Assessment assessed(const Metadata& metadata) {
  return assess(metadata, context_for("2024.1.0.0"));
}

inline engine::QueryStatistics query(std::int64_t id, const std::string& text,
                                     std::int64_t calls = 1) {
  engine::QueryStatistics one;
  one.id = id;
  one.text = text;
  one.calls = calls;
  return one;
}

inline NodeMetadata node(const std::string& name,
                         std::vector<engine::QueryStatistics> queries = {}) {
  NodeMetadata one;
  one.name = name;
  one.queries = std::move(queries);
  return one;
}

inline std::vector<std::string> types_of(const Assessment& assessment) {
  std::vector<std::string> types;
  for (const auto& entry : assessment.schema.findings) types.push_back(entry.finding.issue);
  return types;
}

/// The first finding of an issue.
inline const analysis::Finding& of_type(const Assessment& assessment, const std::string& issue) {
  for (const auto& entry : assessment.schema.findings)
    if (entry.finding.issue == issue) return entry.finding;
  throw std::runtime_error("no finding of " + issue);
}

}  // namespace voyager::assess::testing
