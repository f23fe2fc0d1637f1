// SPDX-License-Identifier: Apache-2.0
// Whatever ends a migration, its replication slot goes with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SlotLeft : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    VOYAGER_REQUIRE_TARGET();
    servers_.emplace();
    execute(source(), "CREATE TABLE item (id int PRIMARY KEY); INSERT INTO item VALUES (1)");
    migration_.emplace(source(), servers_->target());
    migration_->move_schema();
  }
  engine::Endpoint source() const { return servers_->source(); }

  std::optional<TwoServers> servers_;
  std::optional<Migration> migration_;
};

TEST_F(SlotLeft, AStopWhileItWaitsToBeMadeLeavesNone) {
  ChildOptions options;
  options.arguments = {"psql", "-X",
                       "-d",   connection_string(source()),
                       "-c",   "BEGIN; INSERT INTO item VALUES (2); SELECT pg_sleep(300)"};
  Child open_transaction(options);
  wait_until(
      [&] {
        return value(source(),
                     "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(300)' AND "
                     "backend_xid IS NOT NULL") == "1";
      },
      "the transaction");
  Child exporter = migration_->start_export();
  Migration::wait_for_line(exporter, "creating the replication slot waits");
  EXPECT_THAT(exporter.output(), HasSubstr("transaction"));
  exporter.signal(SIGINT);
  EXPECT_EQ(exporter.wait(), 1);
  EXPECT_THAT(exporter.errors(), HasSubstr("E5014"));
  wait_until([&] { return value(source(), "SELECT count(*) FROM pg_replication_slots") == "0"; },
             "no slot");
  migration_->end();
  EXPECT_EQ(left_behind(source()), "");
}

TEST_F(SlotLeft, EndMigrationTakesTheSlotOfAKilledExporterAlong) {
  migration_->set_environment("VOYAGER_FAILPOINT", "export.after_create_slot:1");
  Child exporter = migration_->start_export();
  exporter.wait();
  migration_->drop_environment("VOYAGER_FAILPOINT");
  ASSERT_THAT(left_behind(source()), HasSubstr("voyager")) << "it was killed too early";
  migration_->end();
  EXPECT_EQ(left_behind(source()), "");
}

TEST_F(SlotLeft, EndMigrationTakesTheSlotOfAStoppedStreamAlong) {
  Child exporter = migration_->start_export();
  migration_->wait_for_slot(exporter);
  Migration::wait_for_line(exporter, "streaming changes to the change log");
  exporter.signal(SIGINT);
  EXPECT_EQ(exporter.wait(), 1);
  EXPECT_THAT(migration_->command({"export", "data", "status"}).output,
              AllOf(HasSubstr("export data from source: NOT RUNNING"), HasSubstr("start it")));
  migration_->end();
  EXPECT_EQ(left_behind(source()), "");
}

TEST_F(SlotLeft, StatusShowsTheSlotAndWhatIsWaitedForSinceWhen) {
  Child exporter = migration_->start_export();
  migration_->wait_for_slot(exporter);
  Migration::wait_for_line(exporter, "streaming changes to the change log");
  const auto status = [&] { return migration_->command({"export", "data", "status"}).output; };
  wait_until(
      [&] {
        return status().find("replication slot: safe; the server keeps ") != std::string::npos;
      },
      "the slot in the status");
  servers_->source_server().stop_immediately();
  Migration::wait_for_line(exporter, "capture waits");
  EXPECT_THAT(exporter.output(), HasSubstr("; next try in "));
  const std::string waiting = status();
  EXPECT_THAT(waiting, AllOf(HasSubstr("WAITS since 20"), HasSubstr(" UTC: capture: E31"),
                             HasSubstr("next try at 20")));
  migration_->command({"export", "data", "status", "--output-format", "json"});
  EXPECT_THAT(
      file_text(migration_->export_directory() / "export" / "reports" / "processes-report.json"),
      AllOf(HasSubstr("\"waiting_for\": \"capture: E31"), HasSubstr("\"waiting_since\": \"20")));
  servers_->source_server().start();
  Migration::wait_for_line(exporter, "capture goes on after");
  EXPECT_THAT(status(), Not(HasSubstr("WAITS")));
  exporter.signal(SIGINT);
  exporter.wait();
  migration_->end();
}

}  // namespace
}  // namespace voyager::testing
