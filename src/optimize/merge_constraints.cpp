// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>

#include "base/text.hpp"
#include "optimize/draft.hpp"
#include "optimize/sql_edit.hpp"

namespace voyager::optimize {
namespace {

using analysis::flag;
using analysis::Json;
using analysis::member;
using analysis::names_in;
using analysis::text;

/// CREATE TABLE, and the statements whose constraints move into it.
struct Target {
  Draft* create = nullptr;
  std::vector<Draft*> alters;
};
using Targets = std::map<QualifiedName, Target>;

Targets created_tables(std::vector<Draft>& drafts) {
  Targets targets;
  for (Draft& draft : drafts)
    if (draft.statement.is("CreateStmt") && !draft.left_out)
      targets[analysis::relation_name(member(draft.statement.node(), "relation"))].create = &draft;
  return targets;
}

std::string kind_of(const Json& constraint) {
  const std::string type = text(constraint, "contype");
  if (type == "CONSTR_PRIMARY") return "PRIMARY KEY";
  if (type == "CONSTR_UNIQUE") return "UNIQUE";
  return type == "CONSTR_CHECK" ? "CHECK" : "";
}

/// Constraints that are never moved: NOT VALID, made of an index, foreign keys, exclusion.
bool is_candidate(const Json& constraint) {
  return !kind_of(constraint).empty() && !flag(constraint, "skip_validation") &&
         text(constraint, "indexname").empty();
}

/// The PRIMARY KEY or UNIQUE constraint that may move, or null.
const Json& key_added_by(const Draft& draft) {
  static const Json none;
  const Json& constraint = added_constraint(draft.statement);
  const bool key = is_candidate(constraint) && kind_of(constraint) != "CHECK";
  return key ? constraint : none;
}

/// Partition trees whose constraints stay where they are, by their roots, and why.
using Trees = std::map<QualifiedName, const char*>;

/// CREATE TABLE ... PARTITION OF takes the keys of its table in that moment, before its own ALTER
/// TABLE comes.
void see_partition(const Draft& draft, const analysis::SchemaFacts& facts, Trees& trees) {
  const Json& node = draft.statement.node();
  const analysis::Table* table = facts.table(member(node, "relation"));
  if (member(node, "partbound").is_object() && table != nullptr)
    trees.emplace(facts.partition_root(*table)->name,
                  "a partition is made together with its attachment");
}

/// How many indexes of partitions are attached to each index.
std::map<QualifiedName, std::size_t> attachments(const std::vector<Draft>& drafts) {
  std::map<QualifiedName, std::size_t> counts;
  for (const Draft& draft : drafts) {
    const Json& node = draft.statement.node();
    for (const Json& command : member(node, "cmds"))
      if (text(node, "objtype") == "OBJECT_INDEX" &&
          text(member(command, "AlterTableCmd"), "subtype") == "AT_AttachPartition")
        ++counts[analysis::relation_name(member(node, "relation"))];
  }
  return counts;
}

/// A key that stands in CREATE TABLE is one of every partition that is attached later; a key of the
/// partitioned table ONLY need not be.
Trees trees_left_alone(const Work& work) {
  Trees trees;
  std::map<QualifiedName, std::size_t> partitions;
  for (const auto& [name, table] : work.facts.tables())
    if (table.partition_of) ++partitions[*table.partition_of];
  const auto attached = attachments(work.drafts);
  const auto number = [](const auto& counts, const QualifiedName& name) {
    const auto found = counts.find(name);
    return found == counts.end() ? 0 : found->second;
  };
  for (const Draft& draft : work.drafts) {
    if (draft.statement.is("CreateStmt")) see_partition(draft, work.facts, trees);
    const analysis::Table* table = work.facts.table(member(draft.statement.node(), "relation"));
    const std::string key = text(key_added_by(draft), "conname");
    if (table != nullptr && !key.empty() &&
        number(attached, {table->name.schema, key}) != number(partitions, table->name))
      trees.emplace(work.facts.partition_root(*table)->name,
                    "not all of the table's partitions have it");
  }
  return trees;
}

bool is_own_name(const std::vector<std::string>& names, const analysis::SchemaFacts& facts) {
  if (names.empty() || names.front() == "pg_catalog") return false;
  return names.size() > 1 || facts.defines_routine(names.back());
}

/// A function, operator, type or collation that is not PostgreSQL's own, or empty. What is made
/// after the tables must not be needed by one; and what is made before them may need them, which is
/// why pg_dump writes such a constraint apart.
std::string own_object_in(const Json& constraint, const analysis::SchemaFacts& facts) {
  std::string found;
  analysis::for_each_node(constraint, [&](const std::string& kind, const Json& node) {
    const char* field = kind == "FuncCall"        ? "funcname"
                        : kind == "typeName"      ? "names"
                        : kind == "A_Expr"        ? "name"
                        : kind == "CollateClause" ? "collname"
                                                  : nullptr;
    if (field == nullptr || !found.empty()) return;
    const std::vector<std::string> names = names_in(member(node, field));
    if (is_own_name(names, facts)) found = join(names, ".");
  });
  return found;
}

bool has_columns(const Json& create, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
    const Json& elements = member(create, "tableElts");
    return std::any_of(elements.begin(), elements.end(), [&](const Json& element) {
      return text(member(element, "ColumnDef"), "colname") == name;
    });
  });
}

/// Why a constraint can't stand in CREATE TABLE; empty: it can.
std::string obstacle(const Json& constraint, const Draft* create, const Work& work,
                     const Trees& trees) {
  if (create == nullptr) return "the files have no CREATE TABLE for it";
  const Json& node = create->statement.node();
  const analysis::Table* table = work.facts.table(member(node, "relation"));
  if (table == nullptr || member(node, "ofTypename").is_object())
    return "the table's columns stand elsewhere";
  const auto tree = trees.find(work.facts.partition_root(*table)->name);
  if (tree != trees.end()) return tree->second;
  if (!table->inherits.empty()) return "the table inherits from another one";
  if (!has_columns(node, names_in(member(constraint, "keys"))))
    return "CREATE TABLE does not have all of its columns";
  const std::string own = own_object_in(constraint, work.facts);
  return own.empty() ? "" : "it needs " + own + ", which may be made after the table";
}

void choose(Work& work, Targets& targets) {
  const Trees trees = trees_left_alone(work);
  for (Draft& draft : work.drafts) {
    const Json& constraint = added_constraint(draft.statement);
    if (draft.left_out || !is_candidate(constraint)) continue;
    const auto found =
        targets.find(analysis::relation_name(member(draft.statement.node(), "relation")));
    const Draft* create = found == targets.end() ? nullptr : found->second.create;
    const std::string why = obstacle(constraint, create, work, trees);
    if (why.empty()) {
      found->second.alters.push_back(&draft);
    } else {
      work.notes.push_back(fmt::format("{} {} of {} stays an ALTER TABLE: {}.", kind_of(constraint),
                                       text(constraint, "conname"), draft.statement.object_name,
                                       why));
    }
  }
}

void merge(Work& work, Target& target) {
  std::vector<std::string> before{target.create->text()};
  std::vector<std::string> elements;
  std::vector<std::string> names;
  for (Draft* alter : target.alters) {
    const Json& constraint = added_constraint(alter->statement);
    elements.push_back(alter->text().substr(analysis::location_of(constraint)));
    names.push_back(kind_of(constraint) + " " + text(constraint, "conname"));
    before.push_back(alter->text());
    alter->left_out = true;
  }
  Work::rewrite(*target.create, with_elements(target.create->text(), elements));
  work.report({.kind = ChangeKind::constraint_merged,
               .file = target.create->file,
               .object = target.create->statement.object_name,
               .reason = join(names, ", ") +
                         ": a key that is added later makes YugabyteDB write the table anew.",
               .before = joined(before),
               .after = target.create->text(),
               .statements = -static_cast<int>(target.alters.size())});
}

}  // namespace

void merge_constraints(Work& work) {
  Targets targets = created_tables(work.drafts);
  choose(work, targets);
  for (Draft& draft : work.drafts) {
    const auto found =
        targets.find(analysis::relation_name(member(draft.statement.node(), "relation")));
    const bool chosen = found != targets.end() && found->second.create == &draft;
    if (chosen && !found->second.alters.empty()) merge(work, found->second);
  }
}

}  // namespace voyager::optimize
