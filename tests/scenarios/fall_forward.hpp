// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "scenarios/story.hpp"

namespace voyager::testing {

using Json = nlohmann::json;

/// A migration with a source-replica; each database has a server of its own.
class FallForward : public ::testing::Test {
 protected:
  void SetUp() override;

  engine::Endpoint source() const { return servers_->source(); }
  engine::Endpoint target() const { return servers_->target(); }
  engine::Endpoint replica() const { return replica_server_->endpoint("shop"); }
  /// By its name in reports: "source", "target", "source-replica".
  engine::Endpoint endpoint_of(const std::string& name) const;

  void move_schemas();
  void start_source_and_target();
  void start_replica() { replica_importer_.emplace(migration_->start_replica_import()); }
  void kill_replica_importer();
  /// Kills it while it writes to a table of the replica; `before` makes it do so.
  void kill_replica_importer_at_work(const std::string& table, const std::function<void()>& before);
  /// Kills the process first, by whatever name it was started.
  void restart_export_from_target();
  static void wait_until_streaming(Child& importer, const std::string& place) {
    Migration::wait_for_line(importer, "streaming changes to the " + place);
  }

  /// Returns when the target's changes are captured.
  void cut_over_to_target();
  void expect_cut_over_to_target();
  void cut_over_to_replica();
  void expect_cut_over_to_replica();

  /// By `verify data`, which waits while changes flow, and then by the tests' own comparison.
  void expect_same_rows(const std::string& left, const std::string& right);
  /// The sequences too.
  void expect_same(const std::string& left, const std::string& right);

  Json json_of(Words words);
  Json report(const std::string& verify = "false");
  static Json row_of(const Json& report, const std::string& table, const std::string& database);
  /// Computed numbers are the counted ones, in all databases, and what went in came from the two
  /// databases that were written to.
  void expect_true_report();
  /// Neither slot nor publication nor ledger in any of the databases.
  void expect_nothing_left();

  std::optional<TwoServers> servers_;
  std::optional<PgCluster> replica_server_;
  std::optional<Migration> migration_;
  std::optional<Child> exporter_;          ///< export data from source
  std::optional<Child> importer_;          ///< import data to target, later export data from target
  std::optional<Child> replica_importer_;  ///< import data to source-replica

 private:
  void compare(const std::string& left, const std::string& right, bool sequences);
};

}  // namespace voyager::testing
