// SPDX-License-Identifier: Apache-2.0
#include <initializer_list>
#include <map>
#include <string_view>
#include <utility>

#include "analysis/detectors/detectors.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

using Names = std::initializer_list<std::string_view>;
using IssuesByFunction = std::map<std::string_view, std::string_view>;

void add(IssuesByFunction& table, std::string_view issue, Names names) {
  for (const std::string_view name : names) table.emplace(name, issue);
}

void add_xml(IssuesByFunction& table) {
  add(table, "XML_FUNCTIONS",
      {"xmltext",
       "xmlcomment",
       "xmlconcat",
       "xmlconcat2",
       "xmlagg",
       "xmlexists",
       "xmlvalidate",
       "xml_is_well_formed",
       "xml_is_well_formed_document",
       "xml_is_well_formed_content",
       "xpath",
       "xpath_exists",
       "table_to_xml",
       "table_to_xmlschema",
       "table_to_xml_and_xmlschema",
       "query_to_xml",
       "query_to_xmlschema",
       "query_to_xml_and_xmlschema",
       "cursor_to_xml",
       "cursor_to_xmlschema",
       "schema_to_xml",
       "schema_to_xmlschema",
       "schema_to_xml_and_xmlschema",
       "database_to_xml",
       "database_to_xmlschema",
       "database_to_xml_and_xmlschema",
       "xml_in",
       "xml_out",
       "xml_recv",
       "xml_send"});
}

void add_large_objects(IssuesByFunction& table) {
  add(table, "LARGE_OBJECT_FUNCTIONS",
      {"lo_create", "lo_creat",    "lo_import",     "lo_export",  "lo_open",
       "loread",    "lowrite",     "lo_lseek",      "lo_lseek64", "lo_tell",
       "lo_tell64", "lo_truncate", "lo_truncate64", "lo_close",   "lo_unlink",
       "lo_get",    "lo_put",      "lo_from_bytea", "lo_manage",  "lo_oid"});
}

/// Source: PostgreSQL 17's manual, the chapters of functions; the extension lo.
const IssuesByFunction& issues_by_function() {
  static const IssuesByFunction issues = [] {
    IssuesByFunction table;
    add(table, "ADVISORY_LOCKS",
        {"pg_advisory_lock", "pg_advisory_lock_shared", "pg_advisory_unlock",
         "pg_advisory_unlock_all", "pg_advisory_unlock_shared", "pg_advisory_xact_lock",
         "pg_advisory_xact_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared",
         "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared"});
    add(table, "REGEX_FUNCTIONS", {"regexp_count", "regexp_instr", "regexp_like", "regexp_substr"});
    add(table, "ANY_VALUE_AGGREGATE_FUNCTION", {"any_value"});
    add(table, "RANGE_AGGREGATE_FUNCTION", {"range_agg", "range_intersect_agg"});
    add(table, "JSON_CONSTRUCTOR_FUNCTION",
        {"json_array", "json_arrayagg", "json_objectagg", "json_scalar", "json_serialize"});
    add(table, "JSON_QUERY_FUNCTION", {"json_exists", "json_query", "json_value", "json_table"});
    add(table, "LISTEN_NOTIFY", {"pg_notify"});
    add_xml(table);
    add_large_objects(table);
    return table;
  }();
  return issues;
}

/// The issue of a function, or empty. `names`: as it is called, with or without a schema.
std::string_view issue_of(const std::vector<std::string>& names, const SchemaFacts& facts) {
  if (names.empty()) return "";
  const auto found = issues_by_function().find(names.back());
  if (found == issues_by_function().end()) return "";
  // The extension lo stands in any schema.
  const bool of_extension = names.back() == "lo_manage" || names.back() == "lo_oid";
  const bool named = names.size() > 1;
  if (named && names.front() != "pg_catalog" && !of_extension) return "";
  // A function of the schema's own is moved with it.
  if (!named && facts.defines_routine(names.back())) return "";
  return found->second;
}

/// json_object() without arguments is new; with texts and arrays it is not.
bool is_empty_json_object(const std::vector<std::string>& names, const Json& call) {
  return names == std::vector<std::string>{"json_object"} && !member(call, "args").is_array();
}

/// What has syntax of its own: "xmlelement" of {"op": "IS_XMLELEMENT"}.
std::string xml_construct(const std::string& kind, const Json& node) {
  if (kind == "XmlSerialize") return "xmlserialize";
  if (kind == "RangeTableFunc") return "xmltable";
  const std::string op = text(node, "op");
  if (op == "IS_DOCUMENT") return "IS DOCUMENT";
  constexpr std::string_view prefix = "IS_";
  return op.size() > prefix.size() ? to_lower(op.substr(prefix.size())) : op;
}

/// A call of a function that is reported, or empty.
std::string_view issue_of_call(const Json& call, const SchemaFacts& facts) {
  const std::vector<std::string> names = names_in(member(call, "funcname"));
  return is_empty_json_object(names, call) ? "JSON_CONSTRUCTOR_FUNCTION" : issue_of(names, facts);
}

bool is_xml(const std::string& kind) {
  return kind == "XmlExpr" || kind == "XmlSerialize" || kind == "RangeTableFunc";
}

void see_trigger(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink) {
  const std::vector<std::string> names = names_in(member(statement.node(), "funcname"));
  const std::string_view issue = issue_of(names, facts);
  if (!issue.empty()) sink.report(issue, statement, names.back());
}

void see_tree(const SearchedTree& tree, const ParsedStatement& statement, const SchemaFacts& facts,
              FindingSink& sink) {
  const auto report = [&](std::string_view issue, const Json& node, std::string detail) {
    sink.report_at(issue, statement, tree.line_at(location_of(node)), std::move(detail));
  };
  for_each_node(tree.tree, [&](const std::string& kind, const Json& node) {
    if (is_xml(kind)) report("XML_FUNCTIONS", node, xml_construct(kind, node));
    if (kind != "FuncCall") return;
    const std::string_view issue = issue_of_call(node, facts);
    if (!issue.empty()) report(issue, node, names_in(member(node, "funcname")).back());
  });
}

}  // namespace

void detect_functions(const ParsedStatement& statement, const SchemaFacts& facts,
                      FindingSink& sink) {
  if (statement.is("CreateTrigStmt")) see_trigger(statement, facts, sink);
  for_each_tree(statement,
                [&](const SearchedTree& tree) { see_tree(tree, statement, facts, sink); });
}

}  // namespace voyager::analysis
