// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/elements.hpp"

namespace voyager::analysis {
namespace {

using IssueByType = std::map<std::string, std::string_view, std::less<>>;

constexpr const char* user_defined_issue =
    "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_WITH_FF_FB_USER_DEFINED";

/// Composite types in composite types, at most so deep: more is a cycle in broken input.
constexpr int most_levels = 16;

const IssueByType& not_stored() {
  static const IssueByType types{
      {"xml", "UNSUPPORTED_DATATYPE_XML"},
      {"xid", "UNSUPPORTED_DATATYPE_XID"},
      {"geometry", "UNSUPPORTED_DATATYPE_GEOMETRY"},
      {"geography", "UNSUPPORTED_DATATYPE_GEOGRAPHY"},
      {"box2d", "UNSUPPORTED_DATATYPE_BOX2D"},
      {"box3d", "UNSUPPORTED_DATATYPE_BOX3D"},
      {"topogeometry", "UNSUPPORTED_DATATYPE_TOPOGEOMETRY"},
      {"lo", "UNSUPPORTED_DATATYPE_LARGE_OBJECT"},
      {"raster", "UNSUPPORTED_DATATYPE_RASTER"},
      {"pg_lsn", "UNSUPPORTED_DATATYPE_PG_LSN"},
      {"txid_snapshot", "UNSUPPORTED_DATATYPE_TXID_SNAPSHOT"},
      {"int8multirange", "UNSUPPORTED_DATATYPE_INT8MULTIRANGE"},
      {"int4multirange", "UNSUPPORTED_DATATYPE_INT4MULTIRANGE"},
      {"datemultirange", "UNSUPPORTED_DATATYPE_DATEMULTIRANGE"},
      {"nummultirange", "UNSUPPORTED_DATATYPE_NUMMULTIRANGE"},
      {"tsmultirange", "UNSUPPORTED_DATATYPE_TSMULTIRANGE"},
      {"tstzmultirange", "UNSUPPORTED_DATATYPE_TSTZMULTIRANGE"},
      {"anydata", "ORACLE_DATATYPE"},
      {"anydataset", "ORACLE_DATATYPE"},
      {"anytype", "ORACLE_DATATYPE"},
      {"uritype", "ORACLE_DATATYPE"},
  };
  return types;
}

const IssueByType& not_replicated() {
  static const IssueByType types{
      {"point", "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_POINT"},
      {"line", "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_LINE"},
      {"lseg", "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_LSEG"},
      {"box", "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_BOX"},
      {"path", "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_PATH"},
      {"polygon", "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_POLYGON"},
      {"circle", "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_CIRCLE"},
      {"vector", "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_VECTOR"},
      {"timetz", "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_TIMETZ"},
      {"tsquery", "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_WITH_FF_FB_TSQUERY"},
  };
  return types;
}

/// The types that a value is made of, below domains, arrays and composite types.
void add_base_types(const SchemaFacts& facts, const TypeName& name, int levels,
                    std::set<std::string>& types) {
  const ResolvedType type = facts.resolve(name);
  if (type.user == nullptr) {
    types.insert(type.name);
    return;
  }
  if (levels == 0) return;
  for (const Column& attribute : type.user->attributes)
    add_base_types(facts, attribute.type, levels - 1, types);
}

/// Types of the schema's own that not every way of reading YugabyteDB's changes brings back; a
/// plain enum is fine.
bool is_lost_on_the_way_back(const ResolvedType& type) {
  if (type.user == nullptr) return false;
  return type.user->kind != UserTypeKind::enumeration || type.array;
}

class ColumnJudge {
 public:
  ColumnJudge(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink)
      : statement_(statement), facts_(facts), sink_(sink) {}

  void see(const std::string& column, const TypeName& type, std::size_t line) {
    std::set<std::string> types;
    add_base_types(facts_, type, most_levels, types);
    const std::string detail = column.empty() ? type.display() : column + " " + type.display();
    report(not_stored(), types, line, detail);
    if (column.empty() || !has_rows()) return;
    report(not_replicated(), types, line, detail);
    if (is_lost_on_the_way_back(facts_.resolve(type)))
      sink_.report_at(user_defined_issue, statement_, line, detail);
  }

 private:
  /// Composite types have none; those of a foreign table are not migrated.
  bool has_rows() const {
    return !statement_.is("CompositeTypeStmt") && !statement_.is("CreateForeignTableStmt");
  }

  void report(const IssueByType& issues, const std::set<std::string>& types, std::size_t line,
              const std::string& detail) {
    for (const std::string& type : types)
      if (const auto issue = issues.find(type); issue != issues.end())
        sink_.report_at(issue->second, statement_, line, detail);
  }

  const ParsedStatement& statement_;
  const SchemaFacts& facts_;
  FindingSink& sink_;
};

}  // namespace

void detect_datatypes(const ParsedStatement& statement, const SchemaFacts& facts,
                      FindingSink& sink) {
  ColumnJudge judge(statement, facts, sink);
  for_each_column(statement, [&](const ColumnElement& column) {
    const TypeName type = type_name(member(column.definition, "typeName"));
    if (!type.name.empty()) judge.see(column.name, type, column.line);
  });
  if (statement.is("CreateDomainStmt"))
    judge.see("", type_name(member(statement.node(), "typeName")), statement.line);
}

std::vector<std::string> datatype_column_issues() {
  std::set<std::string> issues{user_defined_issue};
  for (const auto* types : {&not_stored(), &not_replicated()})
    for (const auto& [type, issue] : *types) issues.emplace(issue);
  return {issues.begin(), issues.end()};
}

}  // namespace voyager::analysis
