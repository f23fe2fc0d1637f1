// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analysis/schema_facts.hpp"

namespace voyager::analysis {

/// The relations that a query names, all levels together: enough to tell what a column is without
/// doing all of PostgreSQL's name lookup. Where levels use an alias for different tables, all of
/// them count.
class Relations {
 public:
  Relations(const Json& tree, const SchemaFacts& facts);

  /// A column's type below its domains; none when it is no column of a known table.
  std::optional<ResolvedType> type_of(const Json& column_ref) const;
  /// Whether the column can be one of the system columns of a table: not where all that it may
  /// belong to are views and common table expressions, or the query itself gives something that
  /// name.
  bool may_be_system_column(const std::vector<std::string>& fields) const;

 private:
  struct Relation {
    std::string alias;  ///< by which columns name it
    QualifiedName name;
    bool stored = false;  ///< a table: no view, no common table expression
  };

  void add(const Json& range_var);

  const SchemaFacts& facts_;
  std::vector<Relation> relations_;
  std::set<std::string> common_tables_;
  std::set<std::string> given_names_;  ///< of output columns and parameters
};

/// ["t", "a"] of a ColumnRef; a star is an empty name.
std::vector<std::string> fields_of(const Json& column_ref);

}  // namespace voyager::analysis
