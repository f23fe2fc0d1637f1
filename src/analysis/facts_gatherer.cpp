// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "analysis/object_label.hpp"
#include "analysis/schema_facts.hpp"

namespace voyager::analysis {

namespace {

/// Strings of a list: [{"String": {"sval": "a"}}] or the names of [{"IndexElem": {"name": "a"}}].
std::vector<std::string> element_names(const Json& list) {
  std::vector<std::string> names;
  for (const Json& item : list) names.push_back(text(member(item, "IndexElem"), "name"));
  return names;
}

QualifiedName qualified(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  return {names.size() > 1 ? names[names.size() - 2] : "public", names.back()};
}

/// A tree without its locations, as text: the same for the same expression anywhere.
std::string comparable(Json tree) {
  const auto strip = [](auto& self, Json& node) -> void {
    if (node.is_object()) node.erase("location");
    if (node.is_structured())
      for (Json& child : node) self(self, child);
  };
  strip(strip, tree);
  return tree.is_null() ? std::string() : tree.dump();
}

IndexColumn index_column(const Json& element) {
  const Json& expression = member(element, "expr");
  const std::string ordering = text(element, "ordering");
  const std::vector<std::string> opclass = names_in(member(element, "opclass"));
  IndexColumn column;
  column.name = text(element, "name");
  column.expression = comparable(expression);
  const Json& cast = member(expression, "TypeCast");
  if (cast.is_object()) column.expression_type = type_name(member(cast, "typeName"));
  column.collation = dotted(names_in(member(element, "collation")));
  column.operator_class = opclass.empty() ? std::string() : opclass.back();
  column.descending = ordering == "SORTBY_DESC";
  const std::string nulls = text(element, "nulls_ordering");
  column.nulls_first =
      nulls == "SORTBY_NULLS_FIRST" || (column.descending && nulls != "SORTBY_NULLS_LAST");
  column.ordering_written = ordering == "SORTBY_DESC" || ordering == "SORTBY_ASC";
  return column;
}

Partitioning partitioning_of(const Json& spec) {
  Partitioning partitioning;
  partitioning.strategy = text(spec, "strategy");
  for (const Json& item : member(spec, "partParams")) {
    const Json& element = member(item, "PartitionElem");
    if (const std::string name = text(element, "name"); !name.empty())
      partitioning.columns.push_back(name);
    else
      partitioning.has_expression = true;
  }
  return partitioning;
}

}  // namespace

/// Fills SchemaFacts, a statement at a time.
class FactsGatherer {
 public:
  void see(const ParsedStatement& statement) {
    if (statement.is("CreateStmt")) create_table(statement, statement.node(), false);
    if (statement.is("CreateForeignTableStmt"))
      create_table(statement, member(statement.node(), "base"), true);
    if (statement.is("AlterTableStmt")) alter_table(statement);
    if (statement.is("IndexStmt")) create_index(statement);
    if (statement.is("ViewStmt"))
      facts_.views_.emplace(relation_name(member(statement.node(), "view")), false);
    if (statement.is("CreateTableAsStmt")) create_as(statement.node());
    see_type(statement);
    see_routine(statement);
  }

  SchemaFacts finish() {
    for (auto& [name, table] : facts_.tables_) {
      for (Key& key : table.keys) take_columns_of_index(table, key);
      for (const Key& key : table.keys)
        if (key.primary) make_not_null(table, key.columns);
    }
    return std::move(facts_);
  }

 private:
  // --- tables

  void create_table(const ParsedStatement& statement, const Json& node, bool foreign) {
    Table table;
    table.name = relation_name(member(node, "relation"));
    table.foreign = foreign;
    table.file = statement.file;
    table.line = statement.line;
    const Json& spec = member(node, "partspec");
    if (spec.is_object()) table.partitioning = partitioning_of(spec);
    for (const Json& parent : member(node, "inhRelations")) {
      const QualifiedName name = relation_name(member(parent, "RangeVar"));
      if (member(node, "partbound").is_object())
        table.partition_of = name;
      else
        table.inherits.push_back(name);
    }
    for (const Json& element : member(node, "tableElts")) see_element(statement, element, table);
    facts_.tables_.insert_or_assign(table.name, std::move(table));
  }

  void see_element(const ParsedStatement& statement, const Json& element, Table& table) {
    if (const Json& column = member(element, "ColumnDef"); column.is_object())
      add_column(statement, column, table, false);
    if (const Json& constraint = member(element, "Constraint"); constraint.is_object())
      add_constraint(statement, constraint, "", table, false);
    if (const Json& like = member(element, "TableLikeClause"); like.is_object())
      table.like.push_back(relation_name(member(like, "relation")));
  }

  void add_column(const ParsedStatement& statement, const Json& node, Table& table, bool later) {
    table.columns.push_back(column_of(node));
    const std::string name = table.columns.back().name;
    for (const Json& item : member(node, "constraints"))
      add_constraint(statement, member(item, "Constraint"), name, table, later);
  }

  static Column column_of(const Json& node) {
    Column column;
    column.name = text(node, "colname");
    column.type = type_name(member(node, "typeName"));
    for (const Json& item : member(node, "constraints")) {
      const std::string type = text(member(item, "Constraint"), "contype");
      if (type == "CONSTR_NOTNULL") column.not_null = true;
      if (type == "CONSTR_GENERATED") column.generated_stored = true;
      if (type == "CONSTR_IDENTITY") column.identity = true;
    }
    return column;
  }

  static void add_constraint(const ParsedStatement& statement, const Json& node,
                             const std::string& column, Table& table, bool later) {
    const std::string type = text(node, "contype");
    if (type == "CONSTR_PRIMARY" || type == "CONSTR_UNIQUE") {
      Key key;
      key.name = text(node, "conname");
      key.columns = column.empty() ? names_in(member(node, "keys")) : std::vector{column};
      key.include = names_in(member(node, "including"));
      key.from_index = text(node, "indexname");
      key.primary = type == "CONSTR_PRIMARY";
      key.added_later = later;
      place(key, statement);
      table.keys.push_back(std::move(key));
    }
    if (type == "CONSTR_FOREIGN") {
      ForeignKey key;
      key.name = text(node, "conname");
      key.columns = column.empty() ? names_in(member(node, "fk_attrs")) : std::vector{column};
      key.referenced = relation_name(member(node, "pktable"));
      key.referenced_columns = names_in(member(node, "pk_attrs"));
      place(key, statement);
      table.foreign_keys.push_back(std::move(key));
    }
  }

  template <typename Placed>
  static void place(Placed& placed, const ParsedStatement& statement) {
    placed.file = statement.file;
    placed.line = statement.line;
    placed.statement = statement.text;
  }

  void alter_table(const ParsedStatement& statement) {
    const auto found = facts_.tables_.find(relation_name(member(statement.node(), "relation")));
    if (found == facts_.tables_.end()) return;
    for (const Json& item : member(statement.node(), "cmds"))
      alter(statement, member(item, "AlterTableCmd"), found->second);
  }

  void alter(const ParsedStatement& statement, const Json& command, Table& table) {
    const std::string subtype = text(command, "subtype");
    const Json& definition = member(command, "def");
    if (subtype == "AT_AddConstraint")
      add_constraint(statement, member(definition, "Constraint"), "", table, true);
    if (subtype == "AT_AddColumn")
      add_column(statement, member(definition, "ColumnDef"), table, true);
    if (subtype == "AT_AddInherit")
      table.inherits.push_back(relation_name(member(definition, "RangeVar")));
    if (subtype == "AT_SetNotNull") make_not_null(table, {text(command, "name")});
    if (subtype == "AT_AddIdentity")
      for (Column& column : table.columns)
        if (column.name == text(command, "name")) column.identity = true;
    if (subtype == "AT_AttachPartition") {
      const auto part =
          facts_.tables_.find(relation_name(member(member(definition, "PartitionCmd"), "name")));
      if (part != facts_.tables_.end()) part->second.partition_of = table.name;
    }
  }

  static void make_not_null(Table& table, const std::vector<std::string>& columns) {
    for (Column& column : table.columns)
      if (std::find(columns.begin(), columns.end(), column.name) != columns.end())
        column.not_null = true;
  }

  void take_columns_of_index(const Table& table, Key& key) const {
    if (key.from_index.empty() || !key.columns.empty()) return;
    const Index* index = facts_.index({table.name.schema, key.from_index});
    if (index == nullptr) return;
    for (const IndexColumn& column : index->columns) key.columns.push_back(column.name);
  }

  // --- indexes, views

  void create_index(const ParsedStatement& statement) {
    const Json& node = statement.node();
    Index index;
    index.table = relation_name(member(node, "relation"));
    index.name = {index.table.schema, text(node, "idxname")};
    index.method = text(node, "accessMethod");
    index.unique = flag(node, "unique");
    for (const Json& item : member(node, "indexParams"))
      index.columns.push_back(index_column(member(item, "IndexElem")));
    index.include = element_names(member(node, "indexIncludingParams"));
    index.predicate = comparable(member(node, "whereClause"));
    place(index, statement);
    facts_.indexes_by_table_.emplace(index.table, facts_.indexes_.size());
    facts_.indexes_by_name_.emplace(index.name, facts_.indexes_.size());
    facts_.indexes_.push_back(std::move(index));
  }

  void create_as(const Json& node) {
    const QualifiedName name = relation_name(member(member(node, "into"), "rel"));
    if (text(node, "objtype") == "OBJECT_MATVIEW") facts_.views_.emplace(name, true);
  }

  // --- routines and types

  void see_routine(const ParsedStatement& statement) {
    const Json& node = statement.node();
    if (statement.is("CreateFunctionStmt")) add_routine(names_in(member(node, "funcname")));
    if (statement.is("DefineStmt") && text(node, "kind") == "OBJECT_AGGREGATE")
      add_routine(names_in(member(node, "defnames")));
  }

  void add_routine(const std::vector<std::string>& names) {
    if (!names.empty()) facts_.routines_.insert(names.back());
  }

  void see_type(const ParsedStatement& statement) {
    const Json& node = statement.node();
    if (statement.is("CreateEnumStmt"))
      add_type(qualified(names_in(member(node, "typeName"))), UserTypeKind::enumeration);
    if (statement.is("CreateRangeStmt"))
      add_type(qualified(names_in(member(node, "typeName"))), UserTypeKind::range);
    if (statement.is("DefineStmt") && text(node, "kind") == "OBJECT_TYPE")
      add_type(qualified(names_in(member(node, "defnames"))), UserTypeKind::base);
    if (statement.is("CreateDomainStmt"))
      add_type(qualified(names_in(member(node, "domainname"))), UserTypeKind::domain).domain_of =
          type_name(member(node, "typeName"));
    if (statement.is("CompositeTypeStmt")) {
      UserType& type = add_type(relation_name(member(node, "typevar")), UserTypeKind::composite);
      for (const Json& item : member(node, "coldeflist"))
        type.attributes.push_back(column_of(member(item, "ColumnDef")));
    }
  }

  UserType& add_type(const QualifiedName& name, UserTypeKind kind) {
    UserType& type = facts_.types_[name];
    type.name = name;
    type.kind = kind;
    return type;
  }

  SchemaFacts facts_;
};

SchemaFacts SchemaFacts::gather(const std::vector<ParsedStatement>& statements) {
  FactsGatherer gatherer;
  // Tables and types first: what alters or indexes them may stand in an earlier file.
  const auto alters = [](const ParsedStatement& s) { return s.is("AlterTableStmt"); };
  for (const ParsedStatement& statement : statements)
    if (!alters(statement)) gatherer.see(statement);
  for (const ParsedStatement& statement : statements)
    if (alters(statement)) gatherer.see(statement);
  return gatherer.finish();
}

}  // namespace voyager::analysis
