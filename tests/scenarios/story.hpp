// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

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

/// One live migration told in SQL.
struct Story {
  std::string setup;      ///< on the source, before everything
  std::string on_target;  ///< on the target, between schema and data
  std::string
      changes;  ///< on the source, while its changes are captured; its statements commit one by one
  std::string schemas = "public";
};

/// Lives the story to the end of the cutover and the post-data schema; then both sides must be
/// equal, by the tests' own comparison and by `verify data`. Reports through GoogleTest.
void expect_migrates(const Story& story);

/// Runs a script statement by statement, each in a transaction of its own unless the script says
/// BEGIN.
void run_script(const engine::Endpoint& endpoint, const std::string& script);

}  // namespace voyager::testing
