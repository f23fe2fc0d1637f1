// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "base/error.hpp"
#include "engine/target.hpp"
#include "engines/postgres/apply_statements.hpp"
#include "engines/postgres/row_grid.hpp"
#include "engines/postgres/staging_tables.hpp"

namespace voyager::postgres {

inline constexpr ErrorCode diverged{6001};
inline constexpr ErrorCode malformed_row_set{6004};

/// Class 22: a value does not fit; class 23: a constraint is violated. Both mean that the rows here
/// are not what the source's change expects.
bool is_divergence(const Error& error);
/// The error of a divergence. `sqlstate`: of the server's error behind it, or empty.
Error divergence(const std::string& message, const std::string& sqlstate = "");

/// Writes rows in the transaction that is open on a connection, and checks that each was there, or
/// was not. Statements are queued where they can be: see Connection::queue(). Remembers what the
/// tables look like. Throws: as engine::ChangeApplier says for write() and write_one().
class RowWriter {
 public:
  /// Both outlive the object.
  RowWriter(Connection& connection, const Traits& traits)
      : connection_(connection), traits_(traits), staging_(connection) {}

  /// Before a transaction begins, and after it has ended well.
  void prepare() { staging_.prepare(); }
  void committed() { staging_.committed(); }
  void write(const engine::RowSet& rows);
  void write_one(const Relation& relation, const RowChange& change);

 private:
  using Statement = std::function<std::string(statements::Rows)>;

  const TargetTable& table_of(const Relation& relation);
  void insert(const TargetTable& table, const engine::RowSet& set);
  void copy(const std::string& statement, const GridColumns& sources, std::size_t count);
  bool worth_staging(std::size_t rows, std::size_t columns) const;
  void update(const TargetTable& table, const engine::RowSet& set);
  void remove(const TargetTable& table, const engine::RowSet& set);
  void remove_images(const TargetTable& table, const engine::RowSet& set);
  std::vector<std::int64_t> removed_by_image(const std::string& statement,
                                             const GridColumns& sources, const Slice& slice);
  /// What statements are for, and how many rows they have to touch.
  struct Task {
    const Relation* relation = nullptr;
    Operation operation = Operation::insert;
    std::size_t rows = 0;
  };
  static Connection::Answer affecting(const Task& task, std::size_t rows);
  void run(const Statement& statement, const GridColumns& sources, const Task& task);
  void run_slice(const Statement& statement, const GridColumns& sources, const Slice& slice,
                 const Task& task);
  void update_from_staging(const TargetTable& table, const statements::Columns& written,
                           const statements::Columns& keys, const GridColumns& sources,
                           const Task& task);
  void write_keyed(const Relation& relation, const RowChange& change);
  void write_by_image(const Relation& relation, const RowChange& change);
  std::int64_t remove_image(const TargetTable& table, const Relation& relation,
                            std::span<const Value> image);
  void insert_image(const TargetTable& table, const Relation& relation,
                    std::span<const Value> image, std::int64_t copies);

  Connection& connection_;
  const Traits& traits_;
  StagingTables staging_;
  std::map<QualifiedName, TargetTable> tables_;
};

}  // namespace voyager::postgres
