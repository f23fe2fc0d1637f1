// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "analysis/report/html_page.hpp"
#include "analysis/report/markup.hpp"
#include "analysis/report/page_parts.hpp"
#include "analysis/report/schema_report.hpp"
#include "assess/performance_comparison.hpp"
#include "base/text.hpp"

namespace voyager::assess {
namespace {

using analysis::escaped;
using Json = nlohmann::ordered_json;

const char* match_of(const QueryComparison& query) {
  if (query.source && query.target) return "MATCHED";
  return query.source ? "SOURCE_ONLY" : "TARGET_ONLY";
}

Json json_of(const std::optional<engine::QueryStatistics>& query) {
  if (!query) return nullptr;
  return {{"QueryID", query->id},
          {"ExecutionCount", query->calls},
          {"RowsProcessed", query->rows},
          {"TotalExecutionTime", query->total_ms},
          {"AverageExecutionTime", query->mean_ms},
          {"MinExecutionTime", query->min_ms},
          {"MaxExecutionTime", query->max_ms}};
}

Json json_of(const QueryComparison& query) {
  return {{"Query", analysis::printable(query.text)}, {"MatchStatus", match_of(query)},
          {"ImpactScore", query.impact_ms},           {"SlowdownRatio", query.slowdown.value_or(0)},
          {"SourceStats", json_of(query.source)},     {"TargetStats", json_of(query.target)}};
}

Json json_of(const PerformanceComparison& comparison, const std::vector<std::size_t>& places) {
  Json list = Json::array();
  for (const std::size_t place : places) list.push_back(json_of(comparison.queries[place]));
  return list;
}

Json summary_of(const PerformanceComparison& comparison) {
  const MatchCounts counts = match_counts(comparison);
  return {{"VoyagerVersion", comparison.voyager_version},
          {"SourceDBVersion", comparison.source.version},
          {"TargetDBVersion", comparison.target.version},
          {"SourceDBName", comparison.source.name},
          {"TargetDBName", comparison.target.name},
          {"TotalQueries", comparison.queries.size()},
          {"MatchedQueries", counts.both},
          {"SourceOnlyQueries", counts.source_only},
          {"TargetOnlyQueries", counts.target_only},
          {"Notes", comparison.notes}};
}

/// The beginning of a statement, which opens the whole.
std::string statement_cell(const std::string& text) {
  constexpr std::size_t shown_bytes = 120;
  const std::string sql = analysis::printable(text);
  if (sql.size() <= shown_bytes && sql.find('\n') == std::string::npos)
    return "<td><code>" + analysis::highlighted_sql(sql) + "</code></td>";
  std::size_t end = std::min({shown_bytes, sql.size(), sql.find('\n')});
  while (end > 0 && (static_cast<unsigned char>(sql[end]) & 0xC0U) == 0x80U) --end;
  return fmt::format(
      "<td><details><summary><code>{} …</code></summary><pre><code>{}</code></pre></details></td>",
      escaped(sql.substr(0, end)), analysis::highlighted_sql(sql));
}

using Figures = std::vector<std::optional<double>>;

/// A column of numbers. On a phone each cell says its title.
struct NumberColumn {
  const char* title;
  int decimals;
};

constexpr std::array columns{NumberColumn{"Source calls", 0}, NumberColumn{"Source mean ms", 3},
                             NumberColumn{"Target calls", 0}, NumberColumn{"Target mean ms", 3},
                             NumberColumn{"Slowdown", 2},     NumberColumn{"Impact s", 3}};

std::string number_cell(const NumberColumn& column, std::optional<double> number) {
  // What is missing sorts below every number.
  if (!number) return "<td class=\"number\" data-value=\"-1e300\"></td>";
  return fmt::format("<td class=\"number\" data-label=\"{}\" data-value=\"{}\">{:.{}f}</td>",
                     column.title, *number, *number, column.decimals);
}

void add_side(Figures& figures, const std::optional<engine::QueryStatistics>& query) {
  if (!query) {
    figures.insert(figures.end(), 2, std::nullopt);
    return;
  }
  figures.emplace_back(static_cast<double>(query->calls));
  figures.emplace_back(query->mean_ms);
}

/// In the order of the columns.
Figures figures_of(const QueryComparison& query) {
  constexpr double ms_of_second = 1000;
  Figures figures;
  add_side(figures, query.source);
  add_side(figures, query.target);
  figures.push_back(query.slowdown);
  figures.push_back(query.slowdown ? std::optional(query.impact_ms / ms_of_second) : std::nullopt);
  return figures;
}

std::string row(const QueryComparison& query) {
  const Figures figures = figures_of(query);
  std::string html = "<tr>" + statement_cell(query.text);
  for (std::size_t place = 0; place < columns.size(); ++place)
    html += number_cell(columns.at(place), figures.at(place));
  return html + "</tr>\n";
}

std::string table(const std::string& rows) {
  std::string headings = "<th scope=\"col\">Statement</th>";
  for (const NumberColumn& column : columns)
    headings += fmt::format("<th scope=\"col\" class=\"number\">{}</th>", column.title);
  return "<div class=\"sheet\">\n<table class=\"facts sortable\">\n<thead><tr>" + headings +
         "</tr></thead>\n<tbody>\n" + rows + "</tbody>\n</table>\n</div>\n";
}

std::string section(const std::string& title, const std::string& explanation,
                    const std::string& rows) {
  return fmt::format("<section>\n<h2>{}</h2>\n<p>{}</p>\n{}</section>\n", escaped(title),
                     escaped(explanation),
                     rows.empty() ? "<p class=\"none\">None.</p>\n" : table(rows));
}

std::string list(const PerformanceComparison& comparison, const std::vector<std::size_t>& places,
                 const std::string& title, const std::string& explanation) {
  std::string rows;
  for (const std::size_t place : places) rows += row(comparison.queries[place]);
  return section(title, explanation, rows);
}

std::string cards(const PerformanceComparison& comparison) {
  const MatchCounts counts = match_counts(comparison);
  return "<section class=\"cards\" aria-label=\"Summary\">\n" +
         analysis::card("", "", with_thousands(comparison.queries.size()), "statements") +
         analysis::card("", "", with_thousands(counts.both), "ran on both") +
         analysis::card("", "", with_thousands(counts.source_only), "on the source only") +
         analysis::card("", "", with_thousands(counts.target_only), "on the target only") +
         "</section>\n";
}

std::string header(const PerformanceComparison& comparison) {
  const auto fact = [](const char* side, const ComparedDatabase& database) {
    return fmt::format("{}: {} on {}", side, database.name, database.version);
  };
  return analysis::page_header(
      "Performance comparison report",
      comparison.source.name.empty() ? "Source and target" : comparison.source.name,
      {fact("source", comparison.source), fact("target", comparison.target)});
}

std::string footer(const PerformanceComparison& comparison) {
  return fmt::format("<footer>Written by yb-voyager {} at {}</footer>\n",
                     escaped(comparison.voyager_version), escaped(comparison.made_at));
}

}  // namespace

std::string to_json(const PerformanceComparison& comparison) {
  Json all = Json::array();
  for (const QueryComparison& query : comparison.queries) all.push_back(json_of(query));
  const Json report = {{"GeneratedAt", comparison.made_at},
                       {"SourceDBType", "postgresql"},
                       {"Summary", summary_of(comparison)},
                       {"TopByImpact", json_of(comparison, comparison.by_impact)},
                       {"TopBySlowdown", json_of(comparison, comparison.by_slowdown)},
                       {"AllComparisons", std::move(all)}};
  return report.dump(2) + "\n";
}

std::string to_html(const PerformanceComparison& comparison) {
  std::string all;
  for (const QueryComparison& query : comparison.queries) all += row(query);
  return analysis::html_page(
      "Performance comparison report",
      header(comparison) + "<main>\n" + analysis::notes(comparison.notes) + cards(comparison) +
          list(comparison, comparison.by_impact, "Greatest impact",
               "What they cost more on the target, at the source's number of calls.") +
          list(comparison, comparison.by_slowdown, "Greatest slowdown",
               "Mean time on the target over that on the source, each with 2 ms added.") +
          section("All statements",
                  "Statements are the same that differ in layout, constants and numbers of "
                  "parameters only.",
                  all) +
          "</main>\n" + footer(comparison));
}

}  // namespace voyager::assess
