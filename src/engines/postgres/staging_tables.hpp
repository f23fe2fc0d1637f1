// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "engines/postgres/apply_statements.hpp"
#include "engines/postgres/connection.hpp"

namespace voyager::postgres {

/// Temporary tables of one session, which rows are brought to by COPY, so that one statement can
/// take them from there. Rows that come as arrays cost the server half as much again: it reads each
/// value twice, and an UPDATE keeps a copy of every row of a function that it joins.
///
/// There is one for each row of types; it is empty at the end of each transaction, and goes when it
/// is old: nobody but its session could freeze it, so it would keep the server from reusing
/// transaction ids. Throws: as Connection; retry when the server refuses to make such a table,
/// which is not tried again. Source: PostgreSQL 15 documentation, 25.1.5 (temporary tables and
/// transaction id wraparound).
class StagingTables {
 public:
  static constexpr std::chrono::minutes usual_lifetime{10};

  /// The connection outlives the object.
  explicit StagingTables(Connection& connection, std::chrono::seconds lifetime = usual_lifetime)
      : connection_(connection), lifetime_(lifetime) {}

  /// False once the server has refused to make one.
  bool allowed() const { return allowed_; }
  /// The quoted name of an empty one with these columns' types, in this order, called c1, c2, ...
  /// Within a transaction, for as long as no other one of these types is asked for.
  const std::string& empty_one(const statements::Columns& columns);
  /// Before a transaction begins.
  void prepare();
  void committed();

 private:
  struct Stage {
    std::string name;
    bool used = false;     ///< in this transaction
    bool lasting = false;  ///< the transaction that made it has committed
    std::chrono::steady_clock::time_point made;
  };
  bool outlived(const Stage& stage) const;
  void create(const Stage& stage, const statements::Columns& columns);

  Connection& connection_;
  std::chrono::seconds lifetime_;
  std::map<std::string, Stage> stages_;  ///< by the text of their types
  std::size_t next_ = 0;
  bool allowed_ = true;
};

}  // namespace voyager::postgres
