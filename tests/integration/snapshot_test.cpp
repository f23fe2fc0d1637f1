// SPDX-License-Identifier: Apache-2.0
// Snapshot export, import and verify between two real databases.
#include <thread>

#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"
#include "pg_target_support.hpp"
#include "snapshot/export_snapshot.hpp"
#include "snapshot/import_snapshot.hpp"
#include "support/recording_status.hpp"
#include "support/temp_directory.hpp"
#include "verify/verify.hpp"

namespace voyager::testing {
namespace {

using snapshot::DataFormat;

constexpr const char* shop_schema = R"sql(
  CREATE TYPE mood AS ENUM ('fine', 'so-so');
  CREATE TABLE customers (id bigint PRIMARY KEY, name text, moods mood[], born date);
  CREATE TABLE orders (id int, part int, amount numeric, twice numeric GENERATED ALWAYS AS (amount * 2) STORED,
                       PRIMARY KEY (id, part)) PARTITION BY HASH (id);
  CREATE TABLE orders_0 PARTITION OF orders FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE orders_1 PARTITION OF orders FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  CREATE TABLE keyless (a text, b int);
  CREATE TABLE "Empty" (id int PRIMARY KEY);
)sql";

constexpr const char* shop_rows = R"sql(
  INSERT INTO customers SELECT i, repeat('x', i % 500) || E'\n"\\.' || chr(128512), ARRAY['fine', NULL]::mood[],
    CASE i % 3 WHEN 0 THEN 'infinity' WHEN 1 THEN NULL ELSE '0044-03-15 BC' END::date FROM generate_series(1, 20000) i;
  INSERT INTO orders SELECT i, i % 7, CASE i % 50 WHEN 0 THEN 'NaN' ELSE i / 7.0 END FROM generate_series(1, 30000) i;
  INSERT INTO keyless SELECT nullif(i % 10, 0)::text, i % 3 FROM generate_series(1, 3000) i;
  ANALYZE;
)sql";

class Snapshot : public PgTarget {
 protected:
  Snapshot() : layout_(directory_.path()), meta_(make_meta(layout_)) {}

  static exportdir::MetaDb make_meta(const exportdir::Layout& layout) {
    layout.create();
    return exportdir::MetaDb::open(layout, true);
  }

  void SetUp() override {
    PgTarget::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    run_on_both(shop_schema);
    run("source", shop_rows);
    source_ = postgres::make_source_engine(cluster_->endpoint("source"));
  }

  void freeze() {
    snapshot::freeze_tables(meta_,
                            snapshot::select_tables(source_->catalog()->tables({"public"}), {}),
                            DataFormat::automatic);
  }

  void export_all() {
    const auto holder = source_->hold_snapshot();
    snapshot::ExportOptions options;
    options.parallel_jobs = 3;
    options.chunk_bytes = 256 << 10;
    snapshot::export_snapshot(layout_, meta_, *source_, *holder, options, status_, {});
  }

  static snapshot::ImportOptions import_options(bool start_clean = false) {
    snapshot::ImportOptions options;
    options.parallel_jobs = 3;
    options.role = "target_db_importer";
    options.start_clean = start_clean;
    options.truncate_tables = start_clean;
    return options;
  }

  bool import_all(bool start_clean = false) {
    return snapshot::import_snapshot(layout_, meta_, *engine_, import_options(start_clean), status_,
                                     {});
  }

  std::vector<verify::TableResult> verify_all() {
    std::vector<Table> tables;
    for (const auto& record : meta_.tables()) tables.push_back(record.table);
    const auto source = engine_on("source");
    return verify::verify_tables(*source, *engine_, tables, {}, status_, {});
  }

  void expect_equal() {
    const auto results = verify_all();
    EXPECT_EQ(results.size(), 4U);
    for (const auto& result : results)
      EXPECT_TRUE(result.equal()) << result.table.display() << ": " << result.differences;
  }

  TempDirectory directory_;
  exportdir::Layout layout_;
  exportdir::MetaDb meta_;
  RecordingStatus status_;
  std::unique_ptr<engine::SourceEngine> source_;
};

TEST_F(Snapshot, ArrivesWhileItIsStillBeingExported) {
  freeze();
  snapshot::check_target_tables(meta_, *engine_, import_options(), status_);
  std::thread exporter([this] { export_all(); });
  EXPECT_TRUE(import_all());
  exporter.join();
  EXPECT_TRUE(snapshot::snapshot_exported(meta_));
  EXPECT_GT(meta_.chunks().size(), 10U);
  EXPECT_EQ(value("target", "SELECT count(*) FROM orders"), "30000");
  EXPECT_EQ(value("target", "SELECT count(*) FROM customers WHERE born = 'infinity'"),
            value("source", "SELECT count(*) FROM customers WHERE born = 'infinity'"));
  expect_equal();
}

TEST_F(Snapshot, LoadedTwiceStandsOnce) {
  freeze();
  export_all();
  EXPECT_TRUE(import_all());
  EXPECT_TRUE(import_all());
  EXPECT_EQ(value("target", "SELECT count(*) FROM keyless"), "3000");
  EXPECT_TRUE(import_all(true)) << "start clean";
  EXPECT_EQ(value("target", "SELECT count(*) FROM keyless"), "3000");
  expect_equal();
}

TEST_F(Snapshot, OfATableBegunAnewReplacesTheOldRows) {
  freeze();
  export_all();
  for (const auto& record : meta_.tables())
    if (record.table.name.name == "keyless")
      meta_.set_table_state(record.id, exportdir::TableState::exporting);
  std::stop_source stop;
  std::thread importer([&] {
    snapshot::ImportOptions options;
    options.role = "target_db_importer";
    EXPECT_FALSE(
        snapshot::import_snapshot(layout_, meta_, *engine_, options, status_, stop.get_token()));
  });
  while (value("target", "SELECT count(*) FROM keyless") != "3000") std::this_thread::yield();
  stop.request_stop();
  importer.join();
  run("source", "INSERT INTO keyless VALUES ('later', 1)");
  const auto holder = source_->hold_snapshot();
  for (const auto& record : meta_.tables())
    if (record.state != exportdir::TableState::exported)
      meta_.restart_table(record.id, holder->position());
  snapshot::export_snapshot(layout_, meta_, *source_, *holder, {}, status_, {});
  EXPECT_TRUE(import_all());
  EXPECT_EQ(value("target", "SELECT count(*) FROM keyless"), "3001");
  expect_equal();
}

TEST_F(Snapshot, ALoadSurvivesKilledConnections) {
  freeze();
  export_all();
  // The first three loads of this table lose their connection in the middle of the COPY.
  run("target", R"sql(
    CREATE SEQUENCE loads;
    CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('public.loads') <= 3 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
        RETURN NULL;
      END $$;
    CREATE TRIGGER cut AFTER INSERT ON customers FOR EACH STATEMENT EXECUTE FUNCTION cut();
    ALTER TABLE customers ENABLE ALWAYS TRIGGER cut;
  )sql");
  EXPECT_TRUE(import_all());
  EXPECT_FALSE(status_.warnings().empty());
  EXPECT_EQ(meta_.figures("target_db_importer").at("waiting_for"), "");
  EXPECT_EQ(value("target", "SELECT last_value > 3 FROM loads"), "t");
  expect_equal();
}

TEST_F(Snapshot, DifferencesAreFoundByKeyAndKind) {
  freeze();
  export_all();
  EXPECT_TRUE(import_all());
  run("target",
      "DELETE FROM customers WHERE id = 77; UPDATE orders SET amount = amount + 1 WHERE id = 5;"
      "INSERT INTO \"Empty\" VALUES (1); INSERT INTO keyless VALUES ('1', 1)");
  std::map<std::string, verify::TableResult> by_name;
  for (const auto& result : verify_all()) by_name[result.table.name] = result;
  EXPECT_EQ(by_name["customers"].differences, 1);
  EXPECT_EQ(by_name["customers"].listed.at(0).kind, verify::DifferenceKind::missing);
  EXPECT_NE(by_name["customers"].listed.at(0).key.find("77"), std::string::npos);
  EXPECT_EQ(by_name["orders"].differences, 1);
  EXPECT_EQ(by_name["orders"].listed.at(0).kind, verify::DifferenceKind::changed);
  EXPECT_EQ(by_name["Empty"].listed.at(0).kind, verify::DifferenceKind::extra);
  EXPECT_EQ(by_name["keyless"].differences, 1);
  EXPECT_EQ(by_name["keyless"].listed.at(0).kind, verify::DifferenceKind::extra);
}

}  // namespace
}  // namespace voyager::testing
