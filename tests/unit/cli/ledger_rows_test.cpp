// SPDX-License-Identifier: Apache-2.0
#include "cli/ledger_rows.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <stdexcept>

#include "base/error.hpp"
#include "cli/settings.hpp"
#include "support/temp_directory.hpp"

namespace voyager::cli {
namespace {

const QualifiedName table_a{"public", "a"};

/// A ledger with 10 rows of the snapshot and some changes of one table, which has 42 rows.
class FakeLedger final : public engine::Ledger {
 public:
  std::vector<SnapshotRows> snapshot_rows() override { return {{table_a, 10, 1}}; }
  std::vector<engine::TableCounts> change_counts() override { return {{table_a, 3, 2, 1}}; }
  std::int64_t applied_through() override { return 6; }
  std::vector<engine::BatchId> loaded_batches() override { throw std::logic_error("not reported"); }
  std::int64_t count_rows(const QualifiedName&) override { return 42; }
  void remove() override { throw std::logic_error("a report removes nothing"); }
};

class FakeDatabase final : public engine::TargetEngine {
 public:
  explicit FakeDatabase(bool reachable) : reachable_(reachable) {}

  std::unique_ptr<engine::Ledger> ledger() override {
    if (!reachable_) fail({3101}, "no connection to db1:5432");
    return std::make_unique<FakeLedger>();
  }
  std::unique_ptr<engine::CatalogReader> catalog() override { throw unused(); }
  std::unique_ptr<engine::SchemaWriter> schema_writer() override { throw unused(); }
  std::unique_ptr<engine::BulkLoader> bulk_loader() override { throw unused(); }
  std::unique_ptr<engine::ChangeApplier> change_applier(const std::vector<Table>&) override {
    throw unused();
  }
  std::unique_ptr<engine::SessionControl> session_control() override { throw unused(); }
  std::unique_ptr<engine::RowHasher> row_hasher() override { throw unused(); }
  int default_parallel_jobs() override { throw unused(); }
  void prepare_ledger() override { throw unused(); }

 private:
  static std::logic_error unused() { return std::logic_error("a report does not need this"); }
  bool reachable_;
};

class MigrationReportRows : public ::testing::Test {
 protected:
  MigrationReportRows() : layout_(directory_.path()), meta_(make_meta(layout_)) {
    exportdir::TableRecord record;
    record.table.name = table_a;
    meta_.add_tables({record});
    meta_.add_exported_counts("source_db_exporter", {{table_a, {5, 0, 0, 0}}}, 5);
    meta_.add_exported_counts("target_db_exporter_fb", {{table_a, {0, 7, 0, 0}}}, 12);
    meta_.add_exported_counts("target_db_exporter_ff", {{table_a, {0, 0, 2, 0}}}, 14);
  }

  static exportdir::MetaDb make_meta(const exportdir::Layout& layout) {
    layout.create();
    return exportdir::MetaDb::open(layout, true);
  }

  /// The rows of table a by database.
  std::map<std::string, report::MigrationReportRow> report(bool count_rows) {
    opened_.clear();
    const auto open = [this](Database database) {
      opened_.push_back(database);
      return std::make_unique<FakeDatabase>(reachable_);
    };
    std::map<std::string, report::MigrationReportRow> found;
    for (const auto& row : migration_report_rows(meta_, open, count_rows)) found[row.db_type] = row;
    return found;
  }

  testing::TempDirectory directory_;
  exportdir::Layout layout_;
  exportdir::MetaDb meta_;
  bool reachable_ = true;
  std::vector<Database> opened_;
};

TEST_F(MigrationReportRows, BeforeAnyImportNoDatabaseIsOpened) {
  const auto rows = report(false);
  EXPECT_TRUE(opened_.empty());
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.at("source").exported_inserts, 5);
  EXPECT_EQ(rows.at("target").imported_snapshot_rows, 0);
}

TEST_F(MigrationReportRows, EachDatabaseBringsItsOwnLedgerOnceItsImportHasBegun) {
  meta_.set_setting(settings::import_started, "true");
  report(false);
  EXPECT_EQ(opened_, std::vector<Database>{Database::target});

  meta_.set_setting(settings::source_import_started, "true");
  meta_.set_setting(settings::source_replica_started, "true");
  const auto rows = report(false);
  EXPECT_EQ(opened_, (std::vector<Database>(all_databases.begin(), all_databases.end())));
  EXPECT_EQ(rows.at("source").imported_deletes, 1);
  EXPECT_EQ(rows.at("source").exported_inserts, 5);
  EXPECT_EQ(rows.at("target").imported_snapshot_rows, 10);
  EXPECT_EQ(rows.at("target").exported_updates, 7);
  EXPECT_EQ(rows.at("target").exported_deletes, 2);
  EXPECT_EQ(rows.at("source-replica").imported_inserts, 3);
  EXPECT_EQ(rows.at("source-replica").exported_inserts, 0);
  EXPECT_EQ(rows.at("source-replica").final_row_count, 12);
}

TEST_F(MigrationReportRows, CountsTheRowsOfEveryDatabaseWhenAsked) {
  const auto rows = report(true);
  EXPECT_EQ(opened_, (std::vector<Database>{Database::source, Database::target}));
  EXPECT_EQ(rows.at("source").final_row_count, 42);
  EXPECT_EQ(rows.at("target").final_row_count, 42);
  EXPECT_EQ(rows.at("target").imported_snapshot_rows, 0) << "no import has begun";
}

TEST_F(MigrationReportRows, NamesTheDatabaseThatCantBeReached) {
  meta_.set_setting(settings::source_replica_started, "true");
  reachable_ = false;
  try {
    report(false);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.line(),
              "E3101 rows can't be counted on the source-replica: no connection to db1:5432");
  }
}

TEST_F(MigrationReportRows, KnowsWhenASnapshotIsLaterThanTheCapture) {
  meta_.begin_table(meta_.tables()[0].id, {"20"}, {});
  meta_.set_setting(settings::capture_created, "20");
  EXPECT_TRUE(report(false).at("source").final_row_count_is_exact);
  meta_.set_setting(settings::capture_created, "10");
  EXPECT_FALSE(report(false).at("source").final_row_count_is_exact);
}

}  // namespace
}  // namespace voyager::cli
