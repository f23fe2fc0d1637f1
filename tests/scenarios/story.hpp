// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "support/migration.hpp"
#include "support/standin.hpp"

namespace voyager::testing {

/// A source and a target with an empty database "shop" each.
class TwoServers {
 public:
  TwoServers();

  engine::Endpoint source() const { return source_.endpoint("shop"); }
  engine::Endpoint target() const { return target_.endpoint("shop"); }
  PgCluster& source_server() { return source_; }
  TargetServer& target_server() { return target_; }

 private:
  PgCluster source_;
  TargetServer target_;
};

/// Looks again and again, for a minute. Throws: std::runtime_error with `what` when it was in vain.
void wait_until(const std::function<bool()>& done, const std::string& what);

/// The first value of a query's first row; empty for NULL.
std::string value(const engine::Endpoint& endpoint, const std::string& sql);

/// One live migration told in SQL.
struct Story {
  std::string setup;      ///< on the source, before everything
  std::string on_target;  ///< on the target, between schema and data
  std::string
      changes;  ///< on the source, while its changes are captured; its statements commit one by one
  std::string changes_back = "";  ///< on the target after the cutover to it, likewise
  std::string schemas = "public";
  /// After the cutover to the target the target's rows change, by changes_back and by churn(), and
  /// the source must follow, until the cutover back.
  bool falls_back = true;
  bool churns = true;
};

/// Lives the story to the end of the cutover and the post-data schema, and then back to the source;
/// after each cutover both sides must be equal, by the tests' own comparison and by `verify data`,
/// and at the end nothing of the migration may be left. Reports through GoogleTest.
void expect_migrates(const Story& story);

/// Lives the story with a source-replica: to the target, where its rows change, and on to the
/// source-replica; after each cutover both sides must be equal, and at the end nothing may be left.
void expect_falls_forward(const Story& story);

/// A script that sends rows of every table through deletes, inserts and updates of each column, as
/// far as constraints allow it, whatever the schemas are.
std::string churn(const std::string& schemas);

/// What a migration may change for its time, one line each: replica identities, states of triggers
/// and rules, foreign keys, identity columns.
std::vector<std::string> restorable_state(const engine::Endpoint& endpoint);
/// The same of a target. The stand-in has no words to put REPLICA IDENTITY CHANGE back: its default
/// is as good here.
std::vector<std::string> restorable_state_of_target(const engine::Endpoint& target);
/// Names of our sessions; empty when there are none.
std::string sessions_left(const engine::Endpoint& endpoint);
/// Slots, publications and schemas of a migration; empty when there are none.
std::string left_behind(const engine::Endpoint& endpoint);

/// Runs a script statement by statement, each in a transaction of its own unless the script says
/// BEGIN.
void run_script(const engine::Endpoint& endpoint, const std::string& script);

}  // namespace voyager::testing
