// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "optimize/draft.hpp"
#include "optimize/sql_edit.hpp"
#include "schema/classify.hpp"

namespace voyager::optimize {
namespace {

using analysis::Json;
using analysis::member;
using analysis::text;

constexpr const char* option = "colocation = false";

struct Created {
  QualifiedName name;
  const Json& options;
  bool tail = false;  ///< something stands behind the place for WITH
};

/// What CREATE TABLE or CREATE MATERIALIZED VIEW makes; an empty name for other statements.
Created created_by(const analysis::ParsedStatement& statement) {
  const Json& node = statement.node();
  if (statement.is("CreateStmt")) {
    const std::string on_commit = text(node, "oncommit");
    const bool tail = !text(node, "tablespacename").empty() ||
                      (!on_commit.empty() && on_commit != "ONCOMMIT_NOOP");
    return {analysis::relation_name(member(node, "relation")), member(node, "options"), tail};
  }
  const Json& into = member(node, "into");
  if (statement.is("CreateTableAsStmt") && text(node, "objtype") == "OBJECT_MATVIEW")
    return {analysis::relation_name(member(into, "rel")), member(into, "options"),
            !text(into, "tableSpaceName").empty()};
  static const Json none;
  return {{}, none};
}

/// A partition goes where its table goes.
bool is_wanted(const QualifiedName& name, const analysis::SchemaFacts& facts,
               const std::vector<QualifiedName>& sharded) {
  const analysis::Table* table = facts.table(name);
  const QualifiedName& root = table == nullptr ? name : facts.partition_root(*table)->name;
  return std::find(sharded.begin(), sharded.end(), name) != sharded.end() ||
         std::find(sharded.begin(), sharded.end(), root) != sharded.end();
}

void shard(Work& work, Draft& draft, const Created& created) {
  if (created.tail && created.options.empty()) {
    work.notes.push_back(
        fmt::format("{} does not say that it is sharded: its statement has a form that pg_dump "
                    "does not write.",
                    created.name.display()));
    return;
  }
  const std::size_t first =
      created.options.empty() ? 0 : analysis::location_of(member(created.options[0], "DefElem"));
  const std::string before = draft.text();
  Work::rewrite(draft, with_option(before, option, first));
  work.report({.kind = ChangeKind::table_sharded,
               .file = draft.file,
               .object = draft.statement.object_name,
               .reason = "The assessment recommends tablets of its own for it: it is too large or "
                         "too busy to share one.",
               .before = before,
               .after = draft.text()});
}

}  // namespace

void say_what_is_sharded(Work& work, const std::vector<QualifiedName>& sharded) {
  for (Draft& draft : work.drafts) {
    const Created created = created_by(draft.statement);
    if (created.name.name.empty() || !is_wanted(created.name, work.facts, sharded)) continue;
    if (!schema::classify_tree(draft.statement.tree).states_colocation) shard(work, draft, created);
  }
}

}  // namespace voyager::optimize
