// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "analysis/report/schema_report.hpp"

/// Parts of a JSON report that reports about a schema have in common.
namespace voyager::analysis {

/// {"2025.1": "2025.1.0.0"}
nlohmann::ordered_json versions_json(const SeriesVersions& versions);

/// Description, DbName, SchemaNames, DbVersion, Notes, DatabaseObjects.
nlohmann::ordered_json summary_json(const SchemaReport& report);

/// SqlStatement, FilePath, Line, Suggestion, GH, DocsLink, MinimumVersionsFixedIn (InTP, InEA),
/// EnablingFlags.
nlohmann::ordered_json finding_details_json(const ReportedFinding& entry);

}  // namespace voyager::analysis
