// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis/parsed_statement.hpp"
#include "analysis/schema_facts.hpp"
#include "optimize/optimize.hpp"

namespace voyager::optimize {

/// A statement on its way from the source's form to the one that is written.
struct Draft {
  schema::ObjectType file = schema::ObjectType::table;
  analysis::ParsedStatement statement;  ///< as it is now
  bool left_out = false;

  const std::string& text() const { return statement.text; }
};

/// All statements, and what the passes say about them.
struct Work {
  explicit Work(const Files& files);

  /// Gives a statement another text.
  static void rewrite(Draft& draft, std::string text);
  /// Adds a new statement in front of a file's others.
  void add(schema::ObjectType file, std::string text);
  void report(Change change) { changes.push_back(std::move(change)); }
  Optimized finish() &&;

  std::vector<Draft> drafts;    ///< in the order of the files
  analysis::SchemaFacts facts;  ///< of the statements as the source has them
  std::vector<Change> changes;
  std::vector<std::string> notes;

 private:
  Files added_;
};

/// Joins what an object was made by, for Change::before and after.
std::string joined(const std::vector<std::string>& statements);

/// The one sub-command of an ALTER TABLE that adds a constraint, or null. One with several
/// sub-commands is none.
const analysis::Json& added_constraint(const analysis::ParsedStatement& statement);

// The passes, in this order.

/// An index stays when it is unique or when a statement names it; the latter is a note.
void remove_redundant_indexes(Work& work);
/// Adds ASC to leading columns of a date or time; a UNIQUE constraint becomes a unique index that
/// the constraint uses, because only PRIMARY KEY takes ASC. Before merge_constraints().
void shard_by_range(Work& work);
void say_what_is_sharded(Work& work, const std::vector<QualifiedName>& sharded);
void merge_constraints(Work& work);

}  // namespace voyager::optimize
