// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/report/schema_report.hpp"
#include "assess/metadata.hpp"
#include "assess/sizing.hpp"

namespace voyager::assess {

enum class Complexity : std::uint8_t { low, medium, high };
std::string_view complexity_name(Complexity complexity);  ///< "LOW"

struct ComplexityVerdict {
  Complexity level = Complexity::low;
  std::string explanation;
};

/// By the number of findings of each impact. Source: yb-voyager migration_complexity.go: LEVEL_1
/// more than 20, LEVEL_2 more than 10 or any LEVEL_3 make it MEDIUM; LEVEL_2 more than 100 or
/// LEVEL_3 more than 4 make it HIGH. Advice about performance does not count.
ComplexityVerdict complexity(const std::vector<analysis::ReportedFinding>& findings);

/// A table or index with its figures, for the report.
struct RelationFigures {
  engine::RelationStatistics statistics;
  /// None when nothing was watched.
  std::optional<double> reads_per_second, writes_per_second;
};

/// What `assess-migration` found: one value, which each of the writers shows in full.
struct Assessment {
  /// Findings in the schema, its routines and the queries; notes about all of the assessment.
  analysis::SchemaReport schema;
  ComplexityVerdict complexity;
  std::optional<Sizing> sizing;
  std::string sizing_failure;  ///< why there is no sizing; else empty
  std::vector<RelationFigures> relations;
  std::size_t replicas = 0;  ///< that were read
};

struct AssessmentContext {
  std::string voyager_version;
  analysis::TargetRelease target;
  bool query_constructs = true;  ///< look into queries: REPORT_UNSUPPORTED_QUERY_CONSTRUCTS
  bool plpgsql_objects = true;   ///< and into routines: REPORT_UNSUPPORTED_PLPGSQL_OBJECTS
};

/// Pure: the metadata says everything.
Assessment assess(const Metadata& metadata, const AssessmentContext& context);

/// Source of the keys: yb-voyager's migration_assessment_report.json, see
/// docs/guide/assess-migration.md.
std::string to_json(const Assessment& assessment);
/// One self-contained page, as analysis::to_html().
std::string to_html(const Assessment& assessment);

/// The tables that a report's JSON recommends to shard, partitions too, sorted; none when it has no
/// recommendation. Reads yb-voyager's reports too, where names are not quoted; indexes that stand
/// among their tables are among them here. `path` is for messages. Throws: E4305 when the text is
/// no assessment report.
std::optional<std::vector<QualifiedName>> sharded_tables(const std::string& report_json,
                                                         const std::string& path);

}  // namespace voyager::assess
