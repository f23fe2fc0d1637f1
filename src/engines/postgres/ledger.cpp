// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/failpoint.hpp"
#include "engines/postgres/barrier_table.hpp"
#include "engines/postgres/ledger_tables.hpp"
#include "engines/postgres/target_parts.hpp"
#include "engines/postgres/target_table.hpp"
#include "engines/postgres/text_forms.hpp"
#include "model/display_name.hpp"

namespace voyager::postgres {
namespace {

constexpr ErrorCode unreadable_ledger{3125};

class PostgresLedger final : public engine::Ledger {
 public:
  explicit PostgresLedger(PlainTargetSession session)
      : session_(std::move(session.connection)), migration_(std::move(session.migration)) {}

  std::vector<SnapshotRows> snapshot_rows() override;
  std::vector<engine::BatchId> loaded_batches() override;
  std::vector<engine::TableCounts> change_counts() override;
  std::int64_t applied_through() override;
  std::int64_t count_rows(const QualifiedName& table) override;
  void remove() override;

 private:
  void drop_if_unused();

  PlainSession session_;
  Connection& connection_ = *session_;
  std::string migration_;
};

std::vector<engine::Ledger::SnapshotRows> PostgresLedger::snapshot_rows() {
  if (!ledger::exists(connection_)) return {};
  const Result rows = connection_.query(
      fmt::format("SELECT schema_name, table_name, sum(rows_imported)::bigint, count(*) FROM {} "
                  "WHERE migration_uuid = $1 GROUP BY 1, 2 ORDER BY 1, 2",
                  ledger::batches),
      {migration_});
  std::vector<SnapshotRows> tables;
  tables.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) {
    tables.push_back(
        {{rows.string(i, 0), rows.string(i, 1)}, rows.integer(i, 2), rows.integer(i, 3)});
  }
  return tables;
}

std::vector<engine::BatchId> PostgresLedger::loaded_batches() {
  if (!ledger::exists(connection_)) return {};
  const Result rows =
      connection_.query(fmt::format("SELECT schema_name, table_name, data_file_name, batch_number "
                                    "FROM {} WHERE migration_uuid = $1",
                                    ledger::batches),
                        {migration_});
  std::vector<engine::BatchId> loaded;
  loaded.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i)
    loaded.push_back(
        {{rows.string(i, 0), rows.string(i, 1)}, rows.string(i, 2), rows.integer(i, 3)});
  return loaded;
}

std::vector<engine::TableCounts> PostgresLedger::change_counts() {
  if (!ledger::exists(connection_)) return {};
  const Result rows = connection_.query(
      fmt::format("SELECT table_name, sum(num_inserts)::bigint, sum(num_updates)::bigint, "
                  "sum(num_deletes)::bigint FROM {} WHERE migration_uuid = $1 "
                  "GROUP BY 1 ORDER BY 1",
                  ledger::counts),
      {migration_});
  std::vector<engine::TableCounts> tables;
  for (int i = 0; i < rows.rows(); ++i) {
    auto name = parse_display_name(rows.text(i, 0));
    if (!name) {
      fail(unreadable_ledger,
           fmt::format("{} holds a table name that is not schema.table", ledger::counts));
    }
    tables.push_back(
        {std::move(*name), rows.integer(i, 1), rows.integer(i, 2), rows.integer(i, 3)});
  }
  return tables;
}

std::int64_t PostgresLedger::applied_through() {
  if (!ledger::exists(connection_)) return 0;
  return ledger::position(connection_, migration_).value_or(0);
}

std::int64_t PostgresLedger::count_rows(const QualifiedName& table) {
  const std::string scan = read_scan(connection_, table);
  return connection_.query("SELECT count(*) FROM " + scan).integer(0, 0);
}

void PostgresLedger::remove() {
  constexpr std::array tables{ledger::batches, ledger::channels, ledger::counts};
  for (const char* table : tables) {
    if (!connection_.scalar("SELECT pg_catalog.to_regclass($1)", {table})) continue;
    connection_.query(fmt::format("DELETE FROM {} WHERE migration_uuid = $1", table), {migration_});
  }
  drop_if_unused();
}

/// Also after a kill in the middle, when perhaps only the schema is left.
void PostgresLedger::drop_if_unused() {
  constexpr std::array tables{ledger::batches, ledger::channels, ledger::counts};
  for (const char* table : tables) {
    if (!connection_.scalar("SELECT pg_catalog.to_regclass($1)", {table})) continue;
    if (connection_.scalar(fmt::format("SELECT 1 FROM {} LIMIT 1", table))) return;
  }
  for (const char* table : tables) {
    connection_.execute(fmt::format("DROP TABLE IF EXISTS {}", table));
    VOYAGER_FAILPOINT("ledger.table_dropped");
  }
  barriers::drop_if_unused(connection_);
  ledger::drop_empty_schema(connection_);
}

}  // namespace

std::unique_ptr<engine::Ledger> make_ledger(PlainTargetSession session) {
  return std::make_unique<PostgresLedger>(std::move(session));
}

}  // namespace voyager::postgres
