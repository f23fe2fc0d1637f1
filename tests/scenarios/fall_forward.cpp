// SPDX-License-Identifier: Apache-2.0
#include "scenarios/fall_forward.hpp"

#include <thread>

namespace voyager::testing {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

void FallForward::SetUp() {
  VOYAGER_REQUIRE_TARGET();
  VOYAGER_REQUIRE_POSTGRES();
  servers_.emplace();
  ClusterOptions options;
  options.settings = {{"max_prepared_transactions", "2"}};
  replica_server_.emplace(options);
  replica_server_->create_database("shop");
  migration_.emplace(source(), target());
  migration_->set_source_replica(replica());
}

engine::Endpoint FallForward::endpoint_of(const std::string& name) const {
  if (name == "source-replica") return replica();
  return name == "source" ? source() : target();
}

void FallForward::move_schemas() {
  migration_->move_schema();
  migration_->command({"import", "schema", "to", "source-replica", "--yes"});
}

void FallForward::start_source_and_target() {
  exporter_.emplace(migration_->start_export());
  migration_->wait_for_slot(*exporter_);
  importer_.emplace(migration_->start_import());
}

void FallForward::kill_replica_importer() {
  replica_importer_->kill();
  replica_importer_->wait();
}

void FallForward::kill_replica_importer_at_work(const std::string& table,
                                                const std::function<void()>& before) {
  // A lock that outlives its session stops the work in the middle.
  execute(replica(), "BEGIN; LOCK TABLE " + table + " IN SHARE MODE; PREPARE TRANSACTION 'kept'");
  before();
  wait_until(
      [&] {
        return value(replica(),
                     "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
                     "application_name LIKE 'yb-voyager source_replica_db_importer%'") != "0";
      },
      "the importer at work");
  kill_replica_importer();
  execute(replica(), "COMMIT PREPARED 'kept'");
}

void FallForward::restart_export_from_target() {
  importer_->kill();
  importer_->wait();
  importer_.emplace(migration_->start_export_from_target());
}

void FallForward::cut_over_to_target() {
  migration_->initiate_cutover_to("target");
  expect_cut_over_to_target();
}

void FallForward::expect_cut_over_to_target() {
  migration_->wait_for_cutover("source → target", {&*exporter_, &*importer_});
  EXPECT_EQ(exporter_->wait(30s), 0) << exporter_->errors();
  Migration::wait_for_line(
      *importer_, "This import data to target process is export data from target from now on");
}

void FallForward::cut_over_to_replica() {
  migration_->initiate_cutover_to("source-replica");
  expect_cut_over_to_replica();
}

void FallForward::expect_cut_over_to_replica() {
  migration_->wait_for_cutover("target → source-replica", {&*importer_, &*replica_importer_});
  EXPECT_EQ(importer_->wait(30s), 0) << importer_->errors();
  EXPECT_EQ(replica_importer_->wait(30s), 0) << replica_importer_->errors();
}

void FallForward::expect_same(const std::string& left, const std::string& right) {
  compare(left, right, true);
}

void FallForward::expect_same_rows(const std::string& left, const std::string& right) {
  compare(left, right, false);
}

void FallForward::compare(const std::string& left, const std::string& right, bool sequences) {
  migration_->expect_verified(left + "," + right);
  for (const std::string& line : differences(endpoint_of(left), endpoint_of(right)))
    if (sequences || !line.starts_with("sequences"))
      ADD_FAILURE() << left << ", " << right << ": " << line;
}

Json FallForward::json_of(Words words) {
  words.insert(words.end(), {"--output-format", "json"});
  return Json::parse(migration_->command(words).output);
}

Json FallForward::report(const std::string& verify) {
  return json_of({"get", "data-migration-report", "--verify", verify});
}

Json FallForward::row_of(const Json& report, const std::string& table,
                         const std::string& database) {
  for (const Json& row : report)
    if (row["table_name"] == table && row["db_type"] == database) return row;
  throw std::runtime_error("the report lacks " + table + " of the " + database);
}

void FallForward::expect_nothing_left() {
  for (const auto& endpoint : {source(), target(), replica()})
    EXPECT_EQ(left_behind(endpoint), "") << endpoint.host;
}

void FallForward::expect_true_report() {
  const Json computed = report();
  const Json counted = report("true");
  for (const Json& row : computed) {
    const std::string table = row["table_name"];
    const std::string database = row["db_type"];
    SCOPED_TRACE(table + " on the " + database);
    EXPECT_TRUE(row["final_row_count_is_exact"]);
    EXPECT_EQ(row["final_row_count"], row_of(counted, table, database)["final_row_count"]);
    EXPECT_EQ(std::to_string(row["final_row_count"].get<std::int64_t>()),
              value(endpoint_of(database), "SELECT count(*) FROM " + table));
    const Json source = row_of(computed, table, "source");
    const Json target = row_of(computed, table, "target");
    const bool loaded = database != "source";
    EXPECT_EQ(row["imported_snapshot_rows"], loaded ? source["exported_snapshot_rows"] : Json(0));
    for (const std::string kind : {"inserts", "updates", "deletes"}) {
      const std::int64_t from_source = source["exported_" + kind];
      const std::int64_t from_target = target["exported_" + kind];
      const std::int64_t expected =
          (loaded ? from_source : 0) + (database == "source-replica" ? from_target : 0);
      EXPECT_EQ(row["imported_" + kind], expected) << kind;
    }
  }
  const std::string table = migration_->command({"get", "data-migration-report"}).output;
  for (const char* database : {" source ", " target ", " source-replica "})
    EXPECT_THAT(table, HasSubstr(database));
}

}  // namespace voyager::testing
