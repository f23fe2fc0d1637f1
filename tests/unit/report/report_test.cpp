// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/temp_directory.hpp"

namespace voyager::report {
namespace {

using exportdir::TableState;
using Json = nlohmann::json;

class Report : public ::testing::Test {
 protected:
  Report() : layout_(directory_.path()), meta_(make_meta(layout_)) {}

  static exportdir::MetaDb make_meta(const exportdir::Layout& layout) {
    layout.create();
    return exportdir::MetaDb::open(layout, true);
  }

  static QualifiedName name(const std::string& table) { return {"public", table}; }

  void freeze(const std::vector<std::string>& names) {
    std::vector<exportdir::TableRecord> records;
    for (const std::string& one : names) {
      exportdir::TableRecord record;
      record.table.name = name(one);
      record.table.estimated_rows = 1000;
      records.push_back(record);
    }
    meta_.add_tables(records);
  }

  /// One exported chunk for each number of rows, and a planned one.
  void export_rows(const std::string& table, const std::vector<std::int64_t>& rows,
                   TableState state) {
    for (const auto& record : meta_.tables()) {
      if (record.table.name.name != table) continue;
      meta_.begin_table(record.id, {}, std::vector<exportdir::ChunkRecord>(rows.size()));
      const auto chunks = meta_.chunks_of(record.id);
      for (std::size_t i = 0; i < rows.size(); ++i)
        meta_.set_chunks_exported({{chunks[i].id, {rows[i], 1, 0}}});
      meta_.set_table_state(record.id, state);
    }
  }

  static LedgerRows loaded(const std::string& table, std::int64_t rows) {
    LedgerRows ledger;
    ledger.table = name(table);
    ledger.snapshot_rows = rows;
    return ledger;
  }

  static LedgerRows changed(const std::string& table, const ChangeCounts& counts) {
    LedgerRows ledger;
    ledger.table = name(table);
    ledger.inserts = counts.inserts;
    ledger.updates = counts.updates;
    ledger.deletes = counts.deletes;
    return ledger;
  }

  testing::TempDirectory directory_;
  exportdir::Layout layout_;
  exportdir::MetaDb meta_;
};

TEST_F(Report, ExportStatusHasTheDocumentedWordsAndColumns) {
  freeze({"a", "b", "c"});
  export_rows("a", {5, 6}, TableState::exported);
  export_rows("b", {7}, TableState::exporting);
  const auto rows = export_status(meta_);
  EXPECT_EQ(export_status_table(rows),
            "| -------- | ----------- | ------------- |\n"
            "| TABLE    | STATUS      | EXPORTED ROWS |\n"
            "| -------- | ----------- | ------------- |\n"
            "| public.a | DONE        |            11 |\n"
            "| public.b | EXPORTING   |             7 |\n"
            "| public.c | NOT-STARTED |             0 |\n"
            "| -------- | ----------- | ------------- |\n");
  const Json json = Json::parse(export_status_json(rows));
  EXPECT_EQ(json[1],
            (Json{{"table_name", "public.b"}, {"status", "EXPORTING"}, {"exported_count", 7}}));
}

TEST_F(Report, ImportStatusFollowsTheLedger) {
  freeze({"done", "half", "none", "empty", "exporting"});
  export_rows("done", {10}, TableState::exported);
  export_rows("half", {6, 2}, TableState::exported);
  export_rows("none", {5}, TableState::exported);
  export_rows("empty", {}, TableState::exported);
  export_rows("exporting", {10}, TableState::exporting);
  const auto rows =
      import_status(meta_, {loaded("done", 10), loaded("half", 6), loaded("exporting", 10)}, false);
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].status, "DONE");
  EXPECT_EQ(rows[1].status, "MIGRATING");
  EXPECT_EQ(rows[1].percentage, 75);
  EXPECT_EQ(rows[2].status, "NOT_STARTED");
  EXPECT_EQ(rows[3].status, "DONE");
  EXPECT_EQ(rows[3].percentage, 100);
  EXPECT_EQ(rows[4].status, "MIGRATING");
  EXPECT_EQ(rows[4].total_rows, 1000) << "the estimate, while the export runs";
  const Json json = Json::parse(import_status_json(rows));
  EXPECT_EQ(json[1]["table_name"], "public.half");
  EXPECT_EQ(json[1]["file_name"], "2 files");
  EXPECT_EQ(json[1]["total_count"], 8);
  EXPECT_EQ(json[1]["imported_count"], 6);
  EXPECT_EQ(json[1]["errored_count"], 0);
  EXPECT_EQ(json[1]["percentage_complete"], 75.0);
  EXPECT_EQ(json[0]["file_name"], meta_.chunks()[0].file);
  EXPECT_NE(import_status_table(rows).find("| PERCENTAGE |"), std::string::npos);
}

TEST_F(Report, BeforeTheImportNothingIsDone) {
  freeze({"a", "empty"});
  export_rows("a", {10}, TableState::exported);
  export_rows("empty", {}, TableState::exported);
  for (const auto& row : import_status(meta_, {}, false)) EXPECT_EQ(row.status, "NOT_STARTED");
}

TEST_F(Report, WhileStreamingEveryTableSaysSo) {
  freeze({"a"});
  export_rows("a", {10}, TableState::exported);
  const auto rows = import_status(meta_, {loaded("a", 10)}, true);
  EXPECT_EQ(rows[0].status, "STREAMING");
  EXPECT_EQ(rows[0].percentage, 100);
}

TEST_F(Report, MigrationReportCountsBothSides) {
  freeze({"a", "b"});
  export_rows("a", {100}, TableState::exported);
  meta_.add_exported_counts("source_db_exporter", {{name("a"), {7, 8, 9, 0}}}, 24);
  LedgerRows target = loaded("a", 100);
  target.inserts = 5;
  target.updates = 4;
  target.deletes = 3;
  const auto rows = migration_report(
      meta_, {{"source", {"source_db_exporter"}, {}}, {"target", {}, {target}}}, {});
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].db_type, "source");
  EXPECT_EQ(rows[0].exported_snapshot_rows, 100);
  EXPECT_EQ(rows[0].exported_updates, 8);
  EXPECT_EQ(rows[0].final_row_count, 98);
  EXPECT_EQ(rows[1].db_type, "target");
  EXPECT_EQ(rows[1].exported_snapshot_rows, 0);
  EXPECT_EQ(rows[1].imported_snapshot_rows, 100);
  EXPECT_EQ(rows[1].imported_inserts, 5);
  EXPECT_EQ(rows[1].final_row_count, 102);
  EXPECT_TRUE(rows[1].final_row_count_is_exact);
  EXPECT_EQ(rows[2].table.name, "b");
  const Json json = Json::parse(migration_report_json(rows));
  EXPECT_EQ(json[0], (Json{{"table_name", "public.a"},
                           {"db_type", "source"},
                           {"exported_snapshot_rows", 100},
                           {"imported_snapshot_rows", 0},
                           {"exported_inserts", 7},
                           {"exported_updates", 8},
                           {"exported_deletes", 9},
                           {"imported_inserts", 0},
                           {"imported_updates", 0},
                           {"imported_deletes", 0},
                           {"final_row_count", 98},
                           {"final_row_count_is_exact", true}}));
}

TEST_F(Report, TheSourceIsReportedAlsoWhenNobodyNamesIt) {
  freeze({"a"});
  export_rows("a", {3}, TableState::exported);
  const auto rows = migration_report(meta_, {{"target", {}, {}}}, {});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].db_type, "source");
  EXPECT_EQ(rows[0].final_row_count, 3);
}

TEST_F(Report, ChangesThatComeBackFromTheTargetCountForTheSource) {
  freeze({"a"});
  export_rows("a", {10}, TableState::exported);
  meta_.add_exported_counts("target_db_exporter_fb", {{name("a"), {4, 2, 1, 0}}}, 5);
  const auto rows =
      migration_report(meta_,
                       {{"source", {"source_db_exporter"}, {changed("a", {4, 2, 1, 0})}},
                        {"target", {"target_db_exporter_fb"}, {loaded("a", 10)}}},
                       {});
  EXPECT_EQ(rows[0].imported_inserts, 4);
  EXPECT_EQ(rows[0].imported_updates, 2);
  EXPECT_EQ(rows[0].imported_deletes, 1);
  EXPECT_EQ(rows[0].final_row_count, 13);
  EXPECT_EQ(rows[1].exported_inserts, 4);
  EXPECT_EQ(rows[1].final_row_count, 13);
}

/// The three databases of a fall-forward after its cutover: the source stands still, the
/// source-replica has the snapshot and the changes of both directions.
TEST_F(Report, AFallForwardHasThreeRowsForEachTable) {
  freeze({"a"});
  export_rows("a", {10}, TableState::exported);
  meta_.add_exported_counts("source_db_exporter", {{name("a"), {5, 0, 2, 0}}}, 7);
  meta_.add_exported_counts("target_db_exporter_ff", {{name("a"), {1, 0, 4, 0}}}, 12);
  LedgerRows target = changed("a", {5, 0, 2, 0});
  target.snapshot_rows = 10;
  LedgerRows replica = changed("a", {6, 0, 6, 0});
  replica.snapshot_rows = 10;
  const auto rows =
      migration_report(meta_,
                       {{"source", {"source_db_exporter"}, {}},
                        {"target", {"target_db_exporter_fb", "target_db_exporter_ff"}, {target}},
                        {"source-replica", {}, {replica}}},
                       {});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].final_row_count, 13);
  EXPECT_EQ(rows[1].exported_deletes, 4);
  EXPECT_EQ(rows[1].final_row_count, 10);
  EXPECT_EQ(rows[2].db_type, "source-replica");
  EXPECT_EQ(rows[2].exported_snapshot_rows, 0);
  EXPECT_EQ(rows[2].imported_snapshot_rows, 10);
  EXPECT_EQ(rows[2].imported_inserts, 6);
  EXPECT_EQ(rows[2].exported_inserts, 0);
  EXPECT_EQ(rows[2].final_row_count, 10);
}

TEST_F(Report, ChangesOfBothWaysBackCountForTheTarget) {
  freeze({"a"});
  meta_.add_exported_counts("target_db_exporter_fb", {{name("a"), {1, 2, 3, 0}}}, 6);
  meta_.add_exported_counts("target_db_exporter_ff", {{name("a"), {10, 20, 30, 0}}}, 66);
  const auto rows = migration_report(
      meta_, {{"target", {"target_db_exporter_fb", "target_db_exporter_ff"}, {}}}, {});
  EXPECT_EQ(rows[1].exported_inserts, 11);
  EXPECT_EQ(rows[1].exported_updates, 22);
  EXPECT_EQ(rows[1].exported_deletes, 33);
}

TEST_F(Report, ATruncateMarksTheComputedCountButNotACountedOne) {
  freeze({"a", "b"});
  export_rows("a", {10}, TableState::exported);
  export_rows("b", {10}, TableState::exported);
  meta_.add_exported_counts("source_db_exporter", {{name("a"), {0, 0, 0, 1}}}, 1);
  LedgerRows counted = loaded("a", 10);
  counted.true_rows = 2;
  const auto rows = migration_report(meta_, {{"target", {}, {counted}}}, {});
  EXPECT_FALSE(rows[0].final_row_count_is_exact);
  EXPECT_TRUE(rows[1].final_row_count_is_exact);
  EXPECT_EQ(rows[1].final_row_count, 2);
  EXPECT_TRUE(rows[2].final_row_count_is_exact) << "another table";
  const std::string table = migration_report_table(rows);
  EXPECT_NE(table.find("10*"), std::string::npos) << table;
  EXPECT_NE(table.find("* this is no count of the rows now"), std::string::npos);
}

TEST_F(Report, ATruncateOnTheTargetMarksTheSourceToo) {
  freeze({"a"});
  meta_.add_exported_counts("target_db_exporter_fb", {{name("a"), {0, 0, 0, 1}}}, 1);
  EXPECT_FALSE(migration_report(meta_, {}, {})[0].final_row_count_is_exact);
}

TEST_F(Report, ALaterSnapshotMarksTheCountsOfTablesWithChanges) {
  freeze({"first", "again", "unchanged"});
  const auto tables = meta_.tables();
  meta_.begin_table(tables[0].id, {"10"}, {});
  meta_.begin_table(tables[1].id, {"20"}, {});
  meta_.begin_table(tables[2].id, {"20"}, {});
  meta_.add_exported_counts("source_db_exporter",
                            {{name("first"), {1, 0, 0, 0}}, {name("again"), {1, 0, 0, 0}}}, 2);
  const auto rows = migration_report(meta_, {}, {"10"});
  EXPECT_TRUE(rows[0].final_row_count_is_exact);
  EXPECT_FALSE(rows[1].final_row_count_is_exact) << "its snapshot may hold the insert";
  EXPECT_TRUE(rows[2].final_row_count_is_exact);
}

TEST_F(Report, NamesTheRoundWhenAsked) {
  freeze({"a"});
  const auto rows = migration_report(meta_, {}, {});
  EXPECT_EQ(migration_report_table(rows, 2), "ROUND 2\n" + migration_report_table(rows));
  EXPECT_EQ(Json::parse(migration_report_json(rows, 2))[0]["round"], 2);
  EXPECT_FALSE(Json::parse(migration_report_json(rows))[0].contains("round"));
}

TEST_F(Report, LongTablesArePrintedInBlocksWithTheirOwnHeaders) {
  std::vector<std::string> names;
  for (int i = 0; i < 61; ++i) names.push_back("t" + std::to_string(100 + i));
  freeze(names);
  const std::string text = export_status_table(export_status(meta_));
  std::size_t headers = 0;
  for (std::size_t at = text.find("EXPORTED ROWS"); at != std::string::npos;
       at = text.find("EXPORTED ROWS", at + 1))
    ++headers;
  EXPECT_EQ(headers, 3U);
}

}  // namespace
}  // namespace voyager::report
