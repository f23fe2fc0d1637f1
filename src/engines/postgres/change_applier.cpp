// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "engines/postgres/ledger_tables.hpp"
#include "engines/postgres/row_writer.hpp"
#include "engines/postgres/target_parts.hpp"

namespace voyager::postgres {
namespace {

constexpr ErrorCode no_such_partition{6002};

class PostgresChangeApplier final : public engine::ChangeApplier {
 public:
  PostgresChangeApplier(TargetSession session, std::shared_ptr<KnownPosition> known)
      : connection_(std::move(session.connection)),
        traits_(std::move(session.traits)),
        migration_(std::move(session.migration)),
        known_(std::move(known)) {}

  std::int64_t applied_through() override;
  void begin() override;
  std::chrono::microseconds round_trip() const override { return connection_.round_trip(); }
  /// READ COMMITTED, which begin() then asks for: each statement has a snapshot of its own.
  bool sees_later_commits() const override { return traits_.isolation.empty(); }
  void write(const engine::RowSet& rows) override { writer_.write(rows); }
  void write_one(const Relation& relation, const RowChange& change) override {
    writer_.write_one(relation, change);
  }
  void truncate(const Relation& relation) override;
  void settle() override { connection_.settle(); }
  void commit(std::int64_t through_vsn, std::span<const engine::TableCounts> counts) override;
  void make_durable() override;
  void rollback() noexcept override;

 private:
  std::string truncate_sql(const Relation& relation);
  bool is_leaf_here(const Relation& relation);

  Connection connection_;
  Traits traits_;
  std::string migration_;
  std::shared_ptr<KnownPosition> known_;
  RowWriter writer_{connection_, traits_};
};

std::int64_t PostgresChangeApplier::applied_through() {
  connection_.query(
      fmt::format("INSERT INTO {} (migration_uuid, channel_no, last_applied_vsn, num_inserts, "
                  "num_deletes, num_updates) VALUES ($1, {}, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
                  ledger::channels, ledger::channel),
      {migration_});
  const std::int64_t vsn = ledger::position(connection_, migration_).value_or(0);
  known_->set(vsn);
  return vsn;
}

void PostgresChangeApplier::begin() {
  writer_.prepare();
  // Constraints that the source checked at its commit are checked at ours.
  connection_.queue(traits_.isolation.empty() ? "BEGIN ISOLATION LEVEL READ COMMITTED" : "BEGIN");
  connection_.queue("SET CONSTRAINTS ALL DEFERRED");
  if (!traits_.transaction_opening.empty()) connection_.execute(traits_.transaction_opening);
}

bool PostgresChangeApplier::is_leaf_here(const Relation& relation) {
  return connection_
      .scalar(
          "WITH RECURSIVE tree(oid) AS (SELECT pg_catalog.to_regclass($1)::oid UNION ALL "
          "SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.oid) "
          "SELECT 1 FROM tree WHERE oid = pg_catalog.to_regclass($2)",
          {relation.table.quoted(), relation.leaf.quoted()})
      .has_value();
}

std::string PostgresChangeApplier::truncate_sql(const Relation& relation) {
  const bool whole = relation.leaf.name.empty() || relation.leaf == relation.table;
  if (whole) return emptying_sql(connection_, traits_, relation.table);
  if (is_leaf_here(relation)) return emptying_sql(connection_, traits_, relation.leaf);
  if (!relation.leaf_filter.empty()) {
    return fmt::format("DELETE FROM {} WHERE {}", read_scan(connection_, relation.table),
                       relation.leaf_filter);
  }
  fail(no_such_partition,
       fmt::format("the source truncated partition {} of {}, which does not exist here, and its "
                   "rows can't be told from the others",
                   relation.leaf.display(), relation.table.display()),
       "Create the partition on this side, or truncate the whole table on the source");
}

void PostgresChangeApplier::truncate(const Relation& relation) {
  connection_.execute(truncate_sql(relation));
}

void PostgresChangeApplier::commit(std::int64_t through_vsn,
                                   std::span<const engine::TableCounts> counts) {
  ledger::add_counts(connection_, migration_, counts);
  ledger::move_position(connection_, migration_, {known_->get(), through_vsn}, counts);
  connection_.settle();
  try {
    connection_.commit();
  } catch (const Error& error) {
    if (!is_divergence(error)) throw;
    throw divergence(fmt::format("a constraint is violated at COMMIT: {}", error.what()),
                     error.sqlstate());
  }
  writer_.committed();
  known_->raise(through_vsn);
}

/// A commit that is waited for takes the whole log before it along; it must have written something.
/// Source: PostgreSQL 15 documentation, section 30.4 "Asynchronous Commit".
void PostgresChangeApplier::make_durable() {
  if (!traits_.lazy_commit) return;
  // A batch may move the position at the same moment.
  connection_.queue("BEGIN ISOLATION LEVEL READ COMMITTED");
  connection_.queue("SET LOCAL synchronous_commit = on");
  ledger::touch(connection_, migration_);
  connection_.queue("COMMIT");
  connection_.settle();
}

void PostgresChangeApplier::rollback() noexcept {
  try {
    connection_.settle();
  } catch (const std::exception&) {
    // What was queued goes with the rest.
  }
  try {
    if (connection_.alive()) connection_.execute("ROLLBACK");
  } catch (const std::exception&) {
    // The session is of no use any more; the server undoes its transaction with it.
    return;
  }
}

}  // namespace

void KnownPosition::raise(std::int64_t vsn) {
  std::int64_t now = vsn_.load(std::memory_order_acquire);
  while (now < vsn && !vsn_.compare_exchange_weak(now, vsn, std::memory_order_acq_rel)) {
  }
}

std::unique_ptr<engine::ChangeApplier> make_change_applier(TargetSession session,
                                                           std::shared_ptr<KnownPosition> known) {
  return std::make_unique<PostgresChangeApplier>(std::move(session), std::move(known));
}

}  // namespace voyager::postgres
