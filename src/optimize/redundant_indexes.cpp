// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <set>

#include "analysis/detectors/detectors.hpp"
#include "optimize/draft.hpp"
#include "schema/classify.hpp"

namespace voyager::optimize {
namespace {

using analysis::flag;
using analysis::Json;
using analysis::member;
using analysis::text;

/// Statements that name an index (ATTACH PARTITION, CLUSTER ON, USING INDEX, COMMENT), by its key.
using Dependants = std::map<std::string, const Draft*>;

Dependants dependants_of(const std::vector<Draft>& drafts) {
  Dependants dependants;
  for (const Draft& draft : drafts) {
    const Json& tree = draft.statement.tree;
    const schema::Facts facts =
        tree.is_null() ? schema::classify_words(draft.text()) : schema::classify_tree(tree);
    for (const std::string& key : facts.needs) dependants.emplace(key, &draft);
  }
  return dependants;
}

std::string key_of(const Json& index) {
  return schema::object_key(
      "index", {text(member(index, "relation"), "schemaname"), text(index, "idxname")});
}

/// What makes the index needless; empty: nothing does.
std::string serving(const Draft& draft, const analysis::SchemaFacts& facts) {
  analysis::FindingSink sink;
  analysis::detect_redundant_indexes(draft.statement, facts, sink);
  return sink.findings().empty() ? "" : sink.findings().front().detail;
}

/// One for all the indexes of a partitioned table and its parts, which have a thousand alike.
std::string note_on_kept(const Draft& index, const Draft& dependant, const std::string& server,
                         const analysis::SchemaFacts& facts) {
  const analysis::Table* table = facts.table(member(index.statement.node(), "relation"));
  const bool in_tree = table != nullptr && (table->partitioning || table->partition_of);
  if (in_tree) {
    return fmt::format(
        "Redundant indexes of the partitioned table {} and its partitions stay: they are attached "
        "to each other.",
        facts.partition_root(*table)->name.display());
  }
  return fmt::format("Index {} stays, although {} does its work: a statement in {} names it.",
                     index.statement.object_name, server, dependant.statement.file);
}

}  // namespace

void remove_redundant_indexes(Work& work) {
  const Dependants dependants = dependants_of(work.drafts);
  std::set<std::string> told;
  for (Draft& draft : work.drafts) {
    const Json& node = draft.statement.node();
    if (!draft.statement.is("IndexStmt") || flag(node, "unique") || text(node, "idxname").empty())
      continue;
    const std::string server = serving(draft, work.facts);
    if (server.empty()) continue;
    if (const auto found = dependants.find(key_of(node)); found != dependants.end()) {
      std::string note = note_on_kept(draft, *found->second, server, work.facts);
      if (told.insert(note).second) work.notes.push_back(std::move(note));
      continue;
    }
    draft.left_out = true;
    work.report(
        {.kind = ChangeKind::redundant_index_removed,
         .file = draft.file,
         .object = draft.statement.object_name,
         .reason = fmt::format("{} does its work: it begins with the same columns.", server),
         .before = draft.text(),
         .after = "",
         .statements = -1});
  }
}

}  // namespace voyager::optimize
