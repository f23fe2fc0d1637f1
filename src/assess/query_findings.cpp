// SPDX-License-Identifier: Apache-2.0
#include "assess/query_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analysis/detector.hpp"
#include "base/text.hpp"

namespace voyager::assess {
namespace {

using analysis::Finding;
using analysis::Json;
using analysis::ParsedStatement;
using analysis::SchemaFacts;

/// A text on all nodes that ran it.
struct Query {
  std::int64_t id = 0;
  std::int64_t calls = 0;
  std::vector<std::string> nodes;
};

std::map<std::string, Query> queries_of(const Metadata& metadata) {
  std::map<std::string, Query> queries;
  for (const NodeMetadata& node : metadata.nodes) {
    for (const engine::QueryStatistics& one : node.queries) {
      Query& query = queries[std::string(trim(one.text))];
      if (query.nodes.empty()) query.id = one.id;
      query.calls += one.calls;
      if (query.nodes.empty() || query.nodes.back() != node.name) query.nodes.push_back(node.name);
    }
  }
  queries.erase("");
  return queries;
}

/// Whether a relation that a query names is none of the assessed schemas'.
bool is_foreign(const Json& range_var, const Metadata& metadata, const SchemaFacts& facts) {
  const std::string schema = analysis::text(range_var, "schemaname");
  if (schema.empty()) {
    return analysis::text(range_var, "relname").rfind("pg_", 0) == 0 &&
           facts.table(range_var) == nullptr;
  }
  // Metadata of older scripts do not name the schemas.
  if (metadata.schemas.empty())
    return schema.rfind("pg_", 0) == 0 || schema == "information_schema";
  return std::find(metadata.schemas.begin(), metadata.schemas.end(), schema) ==
         metadata.schemas.end();
}

/// A query without any relation may still call functions that matter.
bool is_about_others(const ParsedStatement& statement, const Metadata& metadata,
                     const SchemaFacts& facts) {
  std::size_t relations = 0;
  std::size_t foreign = 0;
  analysis::for_each_node(statement.tree, [&](const std::string&, const Json& node) {
    if (!analysis::member(node, "relname").is_string()) return;
    ++relations;
    if (is_foreign(node, metadata, facts)) ++foreign;
  });
  return relations > 0 && relations == foreign;
}

void name_query(const Query& query, Finding& finding) {
  const std::string calls =
      fmt::format("called {} {}", with_thousands(static_cast<std::uint64_t>(query.calls)),
                  query.calls == 1 ? "time" : "times");
  finding.object_type = query_type;
  finding.object_name = std::to_string(query.id);
  finding.file = fmt::format("pg_stat_statements ({})", join(query.nodes, ", "));
  finding.detail = finding.detail.empty() ? calls : finding.detail + "; " + calls;
}

void look_into(const ParsedStatement& statement, const Query& query, const SchemaFacts& facts,
               QueryFindings& found) {
  ++found.looked_at;
  std::vector<Finding> findings = analysis::analyse({statement}, facts);
  std::erase_if(findings,
                [](const Finding& finding) { return finding.issue == analysis::syntax_issue; });
  if (statement.error && findings.empty()) ++found.unread;
  for (Finding& finding : findings) {
    name_query(query, finding);
    found.findings.push_back(std::move(finding));
  }
}

}  // namespace

QueryFindings find_in_queries(const Metadata& metadata, const SchemaFacts& facts) {
  QueryFindings found;
  for (const auto& [text, query] : queries_of(metadata)) {
    for (const ParsedStatement& statement : analysis::parse_text("", text)) {
      const bool ddl = !statement.error && !statement.object_type.empty();
      if (!ddl && !is_about_others(statement, metadata, facts))
        look_into(statement, query, facts, found);
    }
  }
  return found;
}

}  // namespace voyager::assess
