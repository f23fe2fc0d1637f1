// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "analysis/report/html_page.hpp"
#include "analysis/report/page_parts.hpp"
#include "analysis/report/writers.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

std::string cards(const SchemaReport& report) {
  std::size_t objects = 0;
  std::size_t invalid = 0;
  for (const ReportedObjects& one : report.objects) {
    objects += one.names.size();
    invalid += one.invalid;
  }
  return "<section class=\"cards\" aria-label=\"Summary\">\n" + finding_cards(report) +
         card("", "", with_thousands(invalid),
              fmt::format("of {} objects with issues", with_thousands(objects))) +
         "</section>\n";
}

}  // namespace

std::string to_html(const SchemaReport& report) {
  const std::string& database = report.context.database;
  const std::string body =
      page_header("Schema analysis report", database.empty() ? "Exported schema" : database,
                  facts_of(report)) +
      "<main>\n" + cards(report) + chips(report) + notes(report.context.notes) +
      findings_section(report) + objects_section(report) + "</main>\n" + page_footer(report);
  return html_page(
      database.empty() ? "Schema analysis report" : "Schema analysis report of " + database, body);
}

}  // namespace voyager::analysis
