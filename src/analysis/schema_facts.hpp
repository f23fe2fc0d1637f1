// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/parsed_statement.hpp"
#include "model/name.hpp"

namespace voyager::analysis {

/// A type as a statement writes it. Built-in types that have keywords come by their catalog name
/// (int4, bpchar, timestamptz, varbit), without the schema pg_catalog.
struct TypeName {
  std::string schema;  ///< empty: found through the search path
  std::string name;
  bool array = false;
  std::string display() const;  ///< "public.mood", "int4[]"
};

TypeName type_name(const Json& type_name_node);

struct Column {
  std::string name;
  TypeName type;
  bool not_null = false;  ///< by itself or by a primary key
  bool generated_stored = false;
  bool identity = false;
};

/// A primary key or a unique constraint.
struct Key {
  std::string name;  ///< empty: the server chooses
  std::vector<std::string> columns;
  std::vector<std::string> include;
  std::string from_index;  ///< USING INDEX: that gives the columns
  bool primary = false;
  bool added_later = false;  ///< by ALTER TABLE
  std::string file;
  std::size_t line = 0;
  std::string statement;
};

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  QualifiedName referenced;
  std::vector<std::string> referenced_columns;  ///< empty: its primary key
  std::string file;
  std::size_t line = 0;
  std::string statement;
};

struct IndexColumn {
  std::string name;          ///< empty: an expression
  TypeName expression_type;  ///< of an expression that is a cast; else without a name
  std::string operator_class;
  std::string collation;   ///< empty: the column's own
  std::string expression;  ///< its tree as text: equal expressions are equal texts
  bool descending = false;
  bool nulls_first = false;
  bool ordering_written = false;  ///< ASC or DESC
};

struct Index {
  QualifiedName name;  ///< the name may be empty
  QualifiedName table;
  std::string method;  ///< "btree"
  bool unique = false;
  std::vector<IndexColumn> columns;
  std::vector<std::string> include;
  std::string predicate;  ///< of a partial index: its tree as text
  std::string file;
  std::size_t line = 0;
  std::string statement;
};

/// PARTITION BY of a table.
struct Partitioning {
  std::string strategy;  ///< "list", "range", "hash"
  std::vector<std::string> columns;
  bool has_expression = false;
};

struct Table {
  QualifiedName name;  ///< schema "public" when the statement names none
  std::vector<Column> columns;
  std::vector<Key> keys;
  std::vector<ForeignKey> foreign_keys;
  std::optional<Partitioning> partitioning;
  std::optional<QualifiedName> partition_of;
  std::vector<QualifiedName> inherits;
  std::vector<QualifiedName> like;  ///< whose columns it copies
  bool foreign = false;
  std::string file;
  std::size_t line = 0;

  const Column* own_column(std::string_view column_name) const;
  const Key* primary_key() const;
};

enum class UserTypeKind : std::uint8_t { enumeration, composite, range, domain, base };

struct UserType {
  QualifiedName name;
  UserTypeKind kind = UserTypeKind::base;
  TypeName domain_of;              ///< domain only
  std::vector<Column> attributes;  ///< composite only
};

/// What a type is below its domains.
struct ResolvedType {
  std::string name;  ///< of a built-in type or one that an extension has: "int4", "citext"
  bool array = false;
  const UserType* user = nullptr;  ///< an enum, composite or range of the schema itself
};

/// What the source's statistics say about a column. Source: the view pg_stats.
struct ColumnStatistics {
  double rows = 0;                   ///< of the table; 0: not known
  double distinct_values = 0;        ///< 0: not known
  double null_fraction = 0;          ///< 0 to 1
  double most_common_frequency = 0;  ///< of all rows, 0 to 1
};

/// What the whole schema says, gathered before the detectors run, so that they can ask for what
/// other statements say. Names without a schema are looked for in public, then anywhere when there
/// is only one of that name.
class SchemaFacts {
 public:
  static SchemaFacts gather(const std::vector<ParsedStatement>& statements);

  const Table* table(const QualifiedName& name) const;
  const Table* table(const Json& range_var) const;
  const UserType* user_type(const TypeName& name) const;
  bool is_view(const QualifiedName& name) const;
  ResolvedType resolve(const TypeName& name) const;
  /// A column of the table, or the one that it has from its parents.
  const Column* column(const QualifiedName& table, std::string_view column) const;
  /// The table's column with a type below its domains; none when either is not known.
  std::optional<ResolvedType> column_type(const QualifiedName& table,
                                          std::string_view column) const;
  /// The partitioned table at the top of the tree that the table is in; itself when in none.
  const Table* partition_root(const Table& table) const;
  const Index* index(const QualifiedName& name) const;

  const std::map<QualifiedName, Table>& tables() const { return tables_; }
  const std::map<QualifiedName, UserType>& user_types() const { return types_; }
  const std::vector<Index>& indexes() const { return indexes_; }
  /// Whether the schema has a function, procedure or aggregate of that name, in any of its schemas.
  bool defines_routine(std::string_view name) const;
  /// Null when nothing is known; so for all columns unless statistics were given.
  const ColumnStatistics* statistics(const QualifiedName& table, std::string_view column) const;
  void set_statistics(const QualifiedName& table, const std::string& column,
                      const ColumnStatistics& statistics);
  std::vector<const Index*> indexes_of(const QualifiedName& table) const;

 private:
  friend class FactsGatherer;
  const Column* column_within(const QualifiedName& table, std::string_view column,
                              int levels) const;

  std::map<QualifiedName, Table> tables_;
  std::map<QualifiedName, UserType> types_;
  std::map<QualifiedName, bool> views_;  ///< true: materialized
  std::set<std::string, std::less<>> routines_;
  std::map<QualifiedName, std::map<std::string, ColumnStatistics, std::less<>>> statistics_;
  std::vector<Index> indexes_;
  std::multimap<QualifiedName, std::size_t> indexes_by_table_;
  std::map<QualifiedName, std::size_t> indexes_by_name_;
};

/// A RangeVar's name; schema "public" when it names none.
QualifiedName relation_name(const Json& range_var);

}  // namespace voyager::analysis
