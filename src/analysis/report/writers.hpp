// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "analysis/report/schema_report.hpp"

/// The forms of the schema analysis report. All say the same. Pure functions.
namespace voyager::analysis {

/// Source of the keys: yb-voyager's schema_analysis_report.json; keys beside its own: Type, Name,
/// Impact, Maturity, Line, EnablingFlags. See docs/guide/analyze-schema.md.
std::string to_json(const SchemaReport& report);

/// The JSON's members as elements under <SchemaReport>; arrays are repeated elements.
std::string to_xml(const SchemaReport& report);

/// For reading in a terminal.
std::string to_text(const SchemaReport& report);

/// One self-contained page, which loads nothing and can be read without JavaScript. With it, a
/// fragment chooses what is shown: #filter=orders&category=...&impact=LEVEL_3&type=TABLE
/// &sort=impact&order=descending.
std::string to_html(const SchemaReport& report);

}  // namespace voyager::analysis
