// SPDX-License-Identifier: Apache-2.0
#include "assess/partition_parents.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "schema/parse_tree.hpp"
#include "schema/split.hpp"

namespace voyager::assess {
namespace {

using schema::Json;
using schema::member;
using Parents = std::map<QualifiedName, QualifiedName>;

QualifiedName name_of(const Json& range) {
  return {schema::text(range, "schemaname"), schema::text(range, "relname")};
}

/// ALTER TABLE parent ATTACH PARTITION child, and the same for indexes.
void add_attached(const Json& alter, Parents& parents) {
  for (const Json& item : member(alter, "cmds")) {
    const Json& command = member(item, "AlterTableCmd");
    if (schema::text(command, "subtype") != "AT_AttachPartition") continue;
    const Json& partition = member(member(command, "def"), "PartitionCmd");
    parents[name_of(member(partition, "name"))] = name_of(member(alter, "relation"));
  }
}

/// CREATE TABLE child PARTITION OF parent.
void add_created(const Json& create, Parents& parents) {
  if (member(create, "partbound").is_null()) return;
  for (const Json& parent : member(create, "inhRelations"))
    parents[name_of(member(create, "relation"))] = name_of(member(parent, "RangeVar"));
}

}  // namespace

Parents partition_parents(const std::string& schema_sql) {
  Parents parents;
  try {
    for (const schema::Statement& statement :
         schema::split_statements(schema::without_restrict_lines(schema_sql))) {
      // Parsing all of a large schema takes seconds; pg_dump writes these words in capitals.
      if (statement.text.find(" PARTITION ") == std::string::npos) continue;
      for (const Json& tree : schema::parse_sql(statement.text).statements) {
        add_attached(member(tree, "AlterTableStmt"), parents);
        add_created(member(tree, "CreateStmt"), parents);
      }
    }
  } catch (const Error& error) {
    log::warn("partitions are not known: {}", error.what());
    return {};
  }
  return parents;
}

}  // namespace voyager::assess
