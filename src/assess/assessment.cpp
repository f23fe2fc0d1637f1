// SPDX-License-Identifier: Apache-2.0
#include "assess/assessment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "analysis/detector.hpp"
#include "assess/metadata_names.hpp"
#include "assess/query_findings.hpp"
#include "base/text.hpp"
#include "schema/split.hpp"

namespace voyager::assess {
namespace {

using analysis::Finding;
using analysis::ParsedStatement;
using analysis::SchemaFacts;

/// Without psql's own lines, but with the line numbers of the file.
std::string plain_sql(const std::string& dump) {
  std::string sql = schema::without_restrict_lines(dump);
  if (sql.size() == dump.size()) return sql;
  const auto removed = std::mismatch(sql.begin(), sql.end(), dump.begin(), dump.end()).first;
  sql.insert(removed, '\n');
  return sql;
}

std::vector<ParsedStatement> parsed_schema(const Metadata& metadata,
                                           const AssessmentContext& context) {
  std::vector<ParsedStatement> statements =
      analysis::parse_text(schema_file, plain_sql(metadata.schema_sql));
  if (context.plpgsql_objects) return statements;
  for (ParsedStatement& statement : statements) {
    statement.body.clear();
    statement.body_error.reset();
  }
  return statements;
}

void add_statistics(const Metadata& metadata, SchemaFacts& facts) {
  std::map<QualifiedName, double> rows;
  for (const engine::RelationStatistics& one : metadata.relations)
    if (one.rows) rows[one.name] = static_cast<double>(*one.rows);
  for (const engine::ColumnSpread& spread : metadata.columns) {
    const auto known = rows.find(spread.table);
    facts.set_statistics(spread.table, spread.column,
                         {.rows = known == rows.end() ? 0 : known->second,
                          .distinct_values = spread.distinct_values,
                          .null_fraction = spread.null_fraction,
                          .most_common_frequency = spread.most_common_frequency});
  }
}

/// What the queries add to the findings and the notes.
void add_queries(const Metadata& metadata, const SchemaFacts& facts, std::vector<Finding>& findings,
                 std::vector<std::string>& notes) {
  QueryFindings found = find_in_queries(metadata, facts);
  std::move(found.findings.begin(), found.findings.end(), std::back_inserter(findings));
  if (found.unread == 0) return;
  notes.push_back(
      fmt::format("{} of {} query texts could not be parsed: servers cut long texts, and put "
                  "placeholders where "
                  "SQL has none. They are not part of this report.",
                  with_thousands(found.unread), with_thousands(found.looked_at)));
}

std::set<QualifiedName> redundant_indexes(const std::vector<Finding>& findings,
                                          const SchemaFacts& facts) {
  using Place = std::pair<std::size_t, std::string>;  // line and statement
  std::set<Place> places;
  for (const Finding& finding : findings)
    if (finding.issue == "REDUNDANT_INDEXES") places.insert({finding.line, finding.statement});
  std::set<QualifiedName> names;
  for (const analysis::Index& index : facts.indexes())
    if (places.count({index.line, index.statement}) > 0) names.insert(index.name);
  return names;
}

std::vector<RelationFigures> figures_of(const Metadata& metadata) {
  std::map<QualifiedName, Throughput> rates;
  for (Throughput& one : throughput(metadata)) rates.emplace(one.name, one);
  const bool watched = !rates.empty();
  std::vector<RelationFigures> all;
  all.reserve(metadata.relations.size());
  for (const engine::RelationStatistics& one : metadata.relations) {
    RelationFigures figures{one, std::nullopt, std::nullopt};
    if (watched) {
      const auto found = rates.find(one.name);
      figures.reads_per_second = found == rates.end() ? 0 : found->second.reads_per_second;
      figures.writes_per_second = found == rates.end() ? 0 : found->second.writes_per_second;
    }
    all.push_back(std::move(figures));
  }
  return all;
}

void add_sizing(const std::vector<TableLoad>& tables, Assessment& assessment) {
  if (tables.empty()) {
    assessment.sizing_failure = "There is no table to size a cluster for.";
    return;
  }
  assessment.sizing = recommend(tables);
  for (std::string& sentence : assessment.sizing->reasoning)
    sentence = analysis::printable(sentence);
}

analysis::ReportContext report_context(const Metadata& metadata, const AssessmentContext& context) {
  return {.voyager_version = context.voyager_version,
          .target = context.target,
          .database = metadata.database,
          .database_version = metadata.server_version,
          .notes = metadata.notes};
}

}  // namespace

Assessment assess(const Metadata& metadata, const AssessmentContext& context) {
  const std::vector<ParsedStatement> statements = parsed_schema(metadata, context);
  SchemaFacts facts = SchemaFacts::gather(statements);
  add_statistics(metadata, facts);
  analysis::ReportContext report = report_context(metadata, context);
  std::vector<Finding> findings = analysis::analyse(statements, facts);
  const std::set<QualifiedName> redundant = redundant_indexes(findings, facts);
  if (context.query_constructs) add_queries(metadata, facts, findings, report.notes);
  Assessment assessment;
  assessment.schema = analysis::build_schema_report(statements, facts, findings, std::move(report));
  assessment.complexity = complexity(assessment.schema.findings);
  add_sizing(table_loads(metadata, redundant), assessment);
  assessment.relations = figures_of(metadata);
  assessment.replicas = metadata.nodes.empty() ? 0 : metadata.nodes.size() - 1;
  return assessment;
}

}  // namespace voyager::assess
