// SPDX-License-Identifier: Apache-2.0
#include "scenarios/fall_back.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

namespace voyager::testing {

using namespace std::chrono_literals;

void kill_process(Child& process) {
  process.kill();
  process.wait();
}

void FallBack::SetUp() {
  VOYAGER_REQUIRE_TARGET();
  servers_.emplace();
}

void FallBack::prepare(const std::string& setup, const std::string& as_user) {
  run_script(source(), setup);
  before_ = restorable_state(source());
  migration_.emplace(servers_->source_server().endpoint("shop", as_user), target());
  migration_->move_schema();
}

void FallBack::start() {
  source_side_.emplace(migration_->start_export());
  migration_->wait_for_slot(*source_side_);
  target_side_.emplace(migration_->start_import());
}

void FallBack::begin(const std::string& setup) {
  prepare(setup);
  start();
}

void FallBack::to_target() {
  migration_->initiate_cutover(true);
  migration_->wait_for_cutover("source → target", processes());
  migration_->command({"import", "schema", "--post-snapshot-import", "true", "--yes"});
  Migration::wait_for_line(*source_side_, "streaming changes to the source");
}

void FallBack::to_source(const Words& more) {
  migration_->initiate_cutover_to("source", more);
  migration_->wait_for_cutover("target → source", processes());
}

void FallBack::to_source_for_good() {
  to_source();
  expect_both_end();
}

void FallBack::expect_both_end() {
  for (Child* process : processes())
    EXPECT_EQ(process->wait(std::chrono::minutes(1)), 0) << process->errors();
}

void FallBack::expect_equal(const std::string& when) {
  for (const std::string& line : differences(source(), target())) {
    ADD_FAILURE() << when << ": " << line;
  }
  migration_->expect_verified();
}

void FallBack::expect_nothing_left() {
  migration_->end();
  EXPECT_THAT(restorable_state(source()), ::testing::UnorderedElementsAreArray(before_));
  EXPECT_EQ(left_behind(source()), "");
  EXPECT_EQ(left_behind(target()), "");
}

void FallBack::wait_for_value(const engine::Endpoint& endpoint, const std::string& sql,
                              const std::string& expected) {
  wait_until([&] { return value(endpoint, sql) == expected; }, sql + " = " + expected);
}

Json FallBack::report() {
  return Json::parse(
      migration_->command({"get", "data-migration-report", "--output-format", "json"}).output);
}

Json FallBack::report_row(const std::string& table, const std::string& database) {
  for (const Json& row : report()) {
    if (row["table_name"] == "public." + table && row["db_type"] == database) return row;
  }
  throw std::runtime_error("no report of " + table);
}

Json FallBack::cutovers() {
  return Json::parse(migration_->command({"cutover", "status", "--output-format", "json"}).output);
}

}  // namespace voyager::testing
