// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

/// What a story needs beside its two servers.
struct Replica {
  Replica() { server.create_database("shop"); }
  engine::Endpoint endpoint() const { return server.endpoint("shop"); }
  PgCluster server;
};

void cut_over_to_target(const TwoServers& servers, Migration& migration, const Story& story,
                        const std::vector<Child*>& processes) {
  run_script(servers.source(), story.changes);
  migration.initiate_cutover_to("target");
  migration.wait_for_cutover("source → target", processes);
  migration.command({"import", "schema", "--post-snapshot-import", "true", "--yes"});
  for (const std::string& line : differences(servers.source(), servers.target(), story.schemas)) {
    ADD_FAILURE() << "after the cutover to the target: " << line;
  }
}

void cut_over_to_replica(const TwoServers& servers, const Replica& replica, Migration& migration,
                         const Story& story, const std::vector<Child*>& processes) {
  run_script(servers.target(), story.changes_back);
  if (story.churns) run_script(servers.target(), churn(story.schemas));
  migration.initiate_cutover_to("source-replica");
  migration.wait_for_cutover("target → source-replica", processes);
  for (Child* process : processes) {
    EXPECT_EQ(process->wait(std::chrono::minutes(1)), 0) << process->errors();
  }
  migration.command(
      {"import", "schema", "to", "source-replica", "--post-snapshot-import", "true", "--yes"});
  for (const std::string& line : differences(servers.target(), replica.endpoint(), story.schemas)) {
    ADD_FAILURE() << "after the cutover to the source-replica: " << line;
  }
  migration.expect_verified("target,source-replica");
}

}  // namespace

void expect_falls_forward(const Story& story) {
  const TwoServers servers;
  const Replica replica;
  run_script(servers.source(), story.setup);
  Migration migration(servers.source(), servers.target(), story.schemas);
  migration.set_source_replica(replica.endpoint());
  migration.move_schema();
  migration.command({"import", "schema", "to", "source-replica", "--yes"});
  run_script(servers.target(), story.on_target);
  Child exporter = migration.start_export();
  migration.wait_for_slot(exporter);
  Child importer = migration.start_import();
  Child replica_importer = migration.start_replica_import();
  Migration::wait_for_line(replica_importer, "streaming changes to the source-replica");
  cut_over_to_target(servers, migration, story, {&exporter, &importer, &replica_importer});
  EXPECT_EQ(exporter.wait(std::chrono::minutes(1)), 0) << exporter.errors();
  cut_over_to_replica(servers, replica, migration, story, {&importer, &replica_importer});
  migration.end();
  for (const engine::Endpoint& database :
       {servers.source(), servers.target(), replica.endpoint()}) {
    EXPECT_EQ(left_behind(database), "") << database.host;
  }
}

}  // namespace voyager::testing
