// SPDX-License-Identifier: Apache-2.0
#include "analysis/detector.hpp"
#include "analysis/plpgsql_reader.hpp"
#include "analysis/report/schema_report.hpp"
#include "analysis/report/writers.hpp"
#include "fuzz.hpp"

namespace voyager::fuzz {

/// What analyze-schema does with the files of a schema: parse, detect, report in every form.
void fuzz_one(std::string_view bytes) {
  const std::string sql(bytes);
  expect_errors([&] {
    const auto statements = analysis::parse_text("table.sql", sql);
    const auto facts = analysis::SchemaFacts::gather(statements);
    const auto findings = analysis::analyse(statements, facts);
    analysis::ReportContext context;
    context.target = analysis::target_release(analysis::newest_known_release());
    const auto report = analysis::build_schema_report(statements, facts, findings, context);
    analysis::to_json(report);
    analysis::to_xml(report);
    analysis::to_text(report);
    analysis::to_html(report);
  });
  expect_errors([&] { analysis::read_plpgsql(sql); });
}

}  // namespace voyager::fuzz
