// SPDX-License-Identifier: Apache-2.0
#include "scenarios/story.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace voyager::testing {

TwoServers::TwoServers() {
  source_.create_database("shop");
  target_.create_database("shop");
}

void run_script(const engine::Endpoint& endpoint, const std::string& script) {
  std::string path = ::testing::TempDir() + "script." + std::to_string(getpid()) + ".sql";
  std::ofstream(path) << script;
  ChildOptions options;
  options.arguments = {"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", path};
  options.environment = {{"PGHOST", endpoint.host},
                         {"PGPORT", std::to_string(endpoint.port)},
                         {"PGDATABASE", endpoint.database},
                         {"PGUSER", endpoint.user},
                         {"PGPASSWORD", endpoint.password.reveal()},
                         {"PGCLIENTENCODING", "UTF8"}};
  options.errors = path + ".err";
  Child psql(options);
  const int code = psql.wait();
  const std::string errors = psql.errors();
  std::filesystem::remove(path);
  std::filesystem::remove(options.errors);
  if (code != 0) {
    throw std::runtime_error("psql: " + errors);
  }
}

void expect_migrates(const Story& story) {
  TwoServers servers;
  run_script(servers.source(), story.setup);
  Migration migration(servers.source(), servers.target(), story.schemas);
  migration.move_schema();
  run_script(servers.target(), story.on_target);
  Child exporter = migration.start_export();
  migration.wait_for_slot(exporter);
  Child importer = migration.start_import();
  run_script(servers.source(), story.changes);
  migration.initiate_cutover();
  migration.finish_cutover(exporter, importer);
  migration.command({"import", "schema", "--post-snapshot-import", "true", "--yes"});
  for (const std::string& line : differences(servers.source(), servers.target(), story.schemas)) {
    ADD_FAILURE() << line;
  }
  migration.expect_verified();
  migration.end();
}

}  // namespace voyager::testing
