// SPDX-License-Identifier: Apache-2.0
#include "schema/classify.hpp"

#include <map>
#include <string_view>

#include "model/name.hpp"
#include "schema/parse_tree.hpp"

namespace voyager::schema {
namespace {

std::vector<std::string> relation_parts(const Json& relation, const std::string& last = "") {
  std::vector<std::string> parts{text(relation, "schemaname"), text(relation, "relname")};
  if (!last.empty()) parts.push_back(last);
  return parts;
}

std::vector<std::string> index_parts(const Json& relation, const std::string& index) {
  return {text(relation, "schemaname"), index};
}

Facts of_type(std::optional<ObjectType> type) {
  Facts facts;
  facts.type = type;
  return facts;
}

/// By PostgreSQL's enum ObjectType, as libpg_query spells it.
std::optional<ObjectType> type_of_kind(const std::string& kind) {
  using enum ObjectType;
  static const std::map<std::string, ObjectType, std::less<>> types{
      {"OBJECT_ACCESS_METHOD", access_method},
      {"OBJECT_AGGREGATE", aggregate},
      {"OBJECT_CAST", cast},
      {"OBJECT_COLLATION", collation},
      {"OBJECT_CONVERSION", conversion},
      {"OBJECT_DOMAIN", domain},
      {"OBJECT_EVENT_TRIGGER", trigger},
      {"OBJECT_EXTENSION", extension},
      {"OBJECT_FDW", foreign_server},
      {"OBJECT_FOREIGN_SERVER", foreign_server},
      {"OBJECT_FOREIGN_TABLE", foreign_table},
      {"OBJECT_FUNCTION", function},
      {"OBJECT_INDEX", index},
      {"OBJECT_LANGUAGE", language},
      {"OBJECT_MATVIEW", mview},
      {"OBJECT_OPCLASS", operators},
      {"OBJECT_OPERATOR", operators},
      {"OBJECT_OPFAMILY", operators},
      {"OBJECT_POLICY", policy},
      {"OBJECT_PROCEDURE", procedure},
      {"OBJECT_ROUTINE", function},
      {"OBJECT_RULE", rule},
      {"OBJECT_SCHEMA", schema},
      {"OBJECT_SEQUENCE", sequence},
      {"OBJECT_STATISTIC_EXT", statistics},
      {"OBJECT_TABLE", table},
      {"OBJECT_TRANSFORM", transform},
      {"OBJECT_TRIGGER", trigger},
      {"OBJECT_TSCONFIGURATION", text_search},
      {"OBJECT_TSDICTIONARY", text_search},
      {"OBJECT_TSPARSER", text_search},
      {"OBJECT_TSTEMPLATE", text_search},
      {"OBJECT_TYPE", type},
      {"OBJECT_VIEW", view},
  };
  const auto found = types.find(kind);
  if (found == types.end()) return std::nullopt;
  return found->second;
}

// --- ALTER TABLE and its relatives
// -------------------------------------------------------------------

/// Which file a sub-command of ALTER TABLE belongs to, where that is not the table's own.
std::optional<ObjectType> type_of_command(const std::string& subtype) {
  using enum ObjectType;
  static const std::map<std::string, ObjectType, std::less<>> types{
      {"AT_ClusterOn", index},           {"AT_EnableTrig", trigger},
      {"AT_EnableAlwaysTrig", trigger},  {"AT_EnableReplicaTrig", trigger},
      {"AT_DisableTrig", trigger},       {"AT_EnableTrigAll", trigger},
      {"AT_DisableTrigAll", trigger},    {"AT_EnableTrigUser", trigger},
      {"AT_DisableTrigUser", trigger},   {"AT_EnableRule", rule},
      {"AT_EnableAlwaysRule", rule},     {"AT_EnableReplicaRule", rule},
      {"AT_DisableRule", rule},          {"AT_EnableRowSecurity", policy},
      {"AT_DisableRowSecurity", policy}, {"AT_ForceRowSecurity", policy},
      {"AT_NoForceRowSecurity", policy},
  };
  const auto found = types.find(subtype);
  if (found == types.end()) return std::nullopt;
  return found->second;
}

void see_added_constraint(const Json& relation, const Json& constraint, Facts& facts) {
  if (text(constraint, "contype") == "CONSTR_FOREIGN") facts.role = StatementRole::foreign_key;
  // A key made from an index is there only after that index.
  const std::string used_index = text(constraint, "indexname");
  if (!used_index.empty())
    facts.needs.push_back(object_key("index", index_parts(relation, used_index)));
  if (!flag(constraint, "skip_validation")) return;
  facts.after_data = true;
  facts.defines.push_back(
      object_key("constraint", relation_parts(relation, text(constraint, "conname"))));
}

void see_table_command(const Json& statement, const Json& command, Facts& facts) {
  const Json& relation = member(statement, "relation");
  const std::string subtype = text(command, "subtype");
  const std::string name = text(command, "name");
  if (const auto type = type_of_command(subtype)) facts.type = type;
  if (facts.type == ObjectType::trigger) facts.after_data = true;
  if (subtype == "AT_AddConstraint")
    see_added_constraint(relation, member(member(command, "def"), "Constraint"), facts);
  if (subtype == "AT_ReplicaIdentity") facts.role = StatementRole::replica_identity;
  if (subtype == "AT_ClusterOn")
    facts.needs.push_back(object_key("index", index_parts(relation, name)));
  if (subtype == "AT_ValidateConstraint")
    facts.needs.push_back(object_key("constraint", relation_parts(relation, name)));
}

/// ALTER INDEX in any form needs the index; ATTACH PARTITION needs both.
void see_index_command(const Json& statement, const Json& command, Facts& facts) {
  facts.needs.push_back(object_key("index", relation_parts(member(statement, "relation"))));
  const Json& attached = member(member(member(command, "def"), "PartitionCmd"), "name");
  if (attached.is_object()) facts.needs.push_back(object_key("index", relation_parts(attached)));
}

Facts alter_table(const Json& statement) {
  Facts facts = of_type(type_of_kind(text(statement, "objtype")));
  const bool on_index = facts.type == ObjectType::index;
  for (const Json& item : member(statement, "cmds")) {
    const Json& command = member(item, "AlterTableCmd");
    if (on_index) {
      see_index_command(statement, command, facts);
    } else {
      see_table_command(statement, command, facts);
    }
  }
  return facts;
}

Facts alter_domain(const Json& statement) {
  Facts facts = of_type(ObjectType::domain);
  std::vector<std::string> parts = names_in(member(statement, "typeName"));
  const Json& constraint = member(member(statement, "def"), "Constraint");
  if (flag(constraint, "skip_validation")) {
    facts.after_data = true;
    parts.push_back(text(constraint, "conname"));
    facts.defines.push_back(object_key("domain constraint", parts));
  } else if (text(statement, "subtype") == "V") {
    parts.push_back(text(statement, "name"));
    facts.needs.push_back(object_key("domain constraint", parts));
  }
  return facts;
}

// --- What is created
// --------------------------------------------------------------------------------

Facts create_index(const Json& statement) {
  Facts facts = of_type(ObjectType::index);
  facts.after_data = !flag(statement, "unique");
  const std::string name = text(statement, "idxname");
  if (name.empty()) return facts;
  const std::vector<std::string> parts = index_parts(member(statement, "relation"), name);
  facts.defines.push_back(object_key("index", parts));
  if (!parts[0].empty()) facts.index = QualifiedName{parts[0], name};
  return facts;
}

/// Source: YugabyteDB documentation, CREATE TABLE: COLOCATION, and COLOCATED of older releases.
Facts create_table(const Json& statement) {
  Facts facts = of_type(ObjectType::table);
  for (const Json& option : member(statement, "options")) {
    const std::string name = text(member(option, "DefElem"), "defname");
    if (name == "colocation" || name == "colocated") facts.states_colocation = true;
  }
  return facts;
}

Facts create_trigger(const Json& statement) {
  Facts facts = of_type(ObjectType::trigger);
  facts.after_data = true;
  facts.defines.push_back(object_key(
      "trigger", relation_parts(member(statement, "relation"), text(statement, "trigname"))));
  return facts;
}

Facts event_trigger(const Json& statement) {
  Facts facts = of_type(ObjectType::trigger);
  facts.after_data = true;
  facts.defines.push_back(object_key("event trigger", {text(statement, "trigname")}));
  return facts;
}

Facts create_function(const Json& statement) {
  return of_type(flag(statement, "is_procedure") ? ObjectType::procedure : ObjectType::function);
}

Facts create_schema(const Json& statement) {
  Facts facts = of_type(ObjectType::schema);
  facts.schema = text(statement, "schemaname");
  facts.preinstalled = facts.schema == "public";
  return facts;
}

Facts create_extension(const Json& statement) {
  Facts facts = of_type(ObjectType::extension);
  facts.extension = text(statement, "extname");
  facts.preinstalled = facts.extension == "plpgsql";
  return facts;
}

Facts alter_sequence(const Json&) {
  Facts facts = of_type(ObjectType::sequence);
  facts.role = StatementRole::sequence_owner;
  return facts;
}

Facts alter_depends(const Json& statement) {
  Facts facts = of_type(type_of_kind(text(statement, "objectType")));
  const Json& relation = member(statement, "relation");
  if (facts.type == ObjectType::index)
    facts.needs.push_back(object_key("index", relation_parts(relation)));
  if (facts.type == ObjectType::trigger) facts.after_data = true;
  return facts;
}

Facts comment_on(const Json& statement) {
  static const std::map<std::string, std::string, std::less<>> held_kinds{
      {"OBJECT_INDEX", "index"},
      {"OBJECT_TRIGGER", "trigger"},
      {"OBJECT_TABCONSTRAINT", "constraint"},
      {"OBJECT_DOMCONSTRAINT", "domain constraint"},
      {"OBJECT_EVENT_TRIGGER", "event trigger"},
  };
  Facts facts = of_type(ObjectType::comment);
  const auto kind = held_kinds.find(text(statement, "objtype"));
  if (kind == held_kinds.end()) return facts;
  const Json& object = member(statement, "object");
  const Json& items = member(member(object, "List"), "items");
  facts.needs.push_back(object_key(
      kind->second, items.is_array() ? names_in(items) : names_in(Json::array({object}))));
  return facts;
}

Facts session_setting() {
  Facts facts;
  facts.role = StatementRole::session_setting;
  return facts;
}

/// pg_dump's own SELECT: pg_catalog.set_config('search_path', '', false).
Facts select(const Json& statement) {
  const Json& targets = member(statement, "targetList");
  if (targets.size() != 1) return {};
  const Json& call = member(member(member(targets[0], "ResTarget"), "val"), "FuncCall");
  const std::vector<std::string> name = names_in(member(call, "funcname"));
  if (name.empty() || name.back() != "set_config") return {};
  return session_setting();
}

using Understand = Facts (*)(const Json&);

/// By PostgreSQL's parse tree node.
const std::map<std::string, Understand, std::less<>>& understanding() {
  using enum ObjectType;
  static const std::map<std::string, Understand, std::less<>> nodes{
      {"AlterCollationStmt", [](const Json&) { return of_type(collation); }},
      {"AlterDomainStmt", alter_domain},
      {"AlterEnumStmt", [](const Json&) { return of_type(type); }},
      {"AlterEventTrigStmt", event_trigger},
      {"AlterExtensionStmt", [](const Json&) { return of_type(extension); }},
      {"AlterFunctionStmt",
       [](const Json& s) { return of_type(type_of_kind(text(s, "objtype"))); }},
      {"AlterObjectDependsStmt", alter_depends},
      {"AlterOpFamilyStmt", [](const Json&) { return of_type(operators); }},
      {"AlterOperatorStmt", [](const Json&) { return of_type(operators); }},
      {"AlterPolicyStmt", [](const Json&) { return of_type(policy); }},
      {"AlterSeqStmt", alter_sequence},
      {"AlterStatsStmt", [](const Json&) { return of_type(statistics); }},
      {"AlterTSConfigurationStmt", [](const Json&) { return of_type(text_search); }},
      {"AlterTSDictionaryStmt", [](const Json&) { return of_type(text_search); }},
      {"AlterTableStmt", alter_table},
      {"AlterTypeStmt", [](const Json&) { return of_type(type); }},
      {"CommentStmt", comment_on},
      {"CompositeTypeStmt", [](const Json&) { return of_type(type); }},
      {"CreateAmStmt", [](const Json&) { return of_type(access_method); }},
      {"CreateCastStmt", [](const Json&) { return of_type(cast); }},
      {"CreateConversionStmt", [](const Json&) { return of_type(conversion); }},
      {"CreateDomainStmt", [](const Json&) { return of_type(domain); }},
      {"CreateEnumStmt", [](const Json&) { return of_type(type); }},
      {"CreateEventTrigStmt", event_trigger},
      {"CreateExtensionStmt", create_extension},
      {"CreateFdwStmt", [](const Json&) { return of_type(foreign_server); }},
      {"CreateForeignServerStmt", [](const Json&) { return of_type(foreign_server); }},
      {"CreateForeignTableStmt", [](const Json&) { return of_type(foreign_table); }},
      {"CreateFunctionStmt", create_function},
      {"CreateOpClassStmt", [](const Json&) { return of_type(operators); }},
      {"CreateOpFamilyStmt", [](const Json&) { return of_type(operators); }},
      {"CreatePLangStmt", [](const Json&) { return of_type(language); }},
      {"CreatePolicyStmt", [](const Json&) { return of_type(policy); }},
      {"CreateRangeStmt", [](const Json&) { return of_type(type); }},
      {"CreateSchemaStmt", create_schema},
      {"CreateSeqStmt", [](const Json&) { return of_type(sequence); }},
      {"CreateStatsStmt", [](const Json&) { return of_type(statistics); }},
      {"CreateStmt", create_table},
      {"CreateTableAsStmt",
       [](const Json& s) { return of_type(type_of_kind(text(s, "objtype"))); }},
      {"CreateTransformStmt", [](const Json&) { return of_type(transform); }},
      {"CreateTrigStmt", create_trigger},
      {"CreateUserMappingStmt", [](const Json&) { return of_type(foreign_server); }},
      {"DefineStmt", [](const Json& s) { return of_type(type_of_kind(text(s, "kind"))); }},
      {"IndexStmt", create_index},
      {"RuleStmt", [](const Json&) { return of_type(rule); }},
      {"SelectStmt", select},
      {"VariableSetStmt", [](const Json&) { return session_setting(); }},
      {"ViewStmt", [](const Json&) { return of_type(view); }},
  };
  return nodes;
}

}  // namespace

std::string object_key(const std::string& kind, const std::vector<std::string>& parts) {
  std::string key = kind;
  for (const std::string& part : parts) key += " " + quote_identifier(part);
  return key;
}

Facts classify(const std::string& statement) {
  const ParseResult parsed = parse_sql(statement);
  if (parsed.statements.size() != 1) return classify_words(statement);
  const Json& tree = parsed.statements[0];
  return tree.is_object() && !tree.empty() ? classify_tree(tree) : classify_words(statement);
}

Facts classify_tree(const Json& tree) {
  if (!tree.is_object() || tree.empty()) return {};
  const auto known = understanding().find(tree.begin().key());
  return known == understanding().end() ? Facts() : known->second(tree.begin().value());
}

}  // namespace voyager::schema
