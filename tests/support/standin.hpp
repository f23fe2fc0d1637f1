// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "support/pg_cluster.hpp"

namespace voyager::testing {

/// The server that tests migrate to.
///
/// With VOYAGER_TEST_YB_HOST in the environment (and _PORT, _USER, _PASSWORD) it is that
/// YugabyteDB; its databases are dropped again by the destructor. Otherwise it is a throw-away
/// PostgreSQL whose databases look like YugabyteDB (tests/standin).
class TargetServer {
 public:
  /// Whether there is one to use here. See VOYAGER_REQUIRE_TARGET().
  static bool available();

  explicit TargetServer(ClusterOptions options = {});
  ~TargetServer();
  TargetServer(const TargetServer&) = delete;
  TargetServer& operator=(const TargetServer&) = delete;

  void create_database(const std::string& name);
  /// Streams of the database that start from now on number transactions and changes with
  /// YugabyteDB's small counters (tests/standin/README.md), and begin at the slot's start each
  /// time, whatever was confirmed. Nothing to do for a real one.
  void use_sequence_lsns(const std::string& database) const;
  engine::Endpoint endpoint(const std::string& database) const;
  void execute(const std::string& database, const std::string& sql) const;
  Rows query(const std::string& database, const std::string& sql) const;
  std::string value(const std::string& database, const std::string& sql) const;
  bool real() const { return cluster_ == nullptr; }
  /// The stand-in's server, to stop and start it. Throws: std::runtime_error for a real one.
  PgCluster& cluster() const;

 private:
  std::unique_ptr<PgCluster> cluster_;
  std::vector<std::string> created_;
};

/// Makes a database of the cluster look like YugabyteDB, for sessions that begin from now on.
void dress_as_yugabytedb(const PgCluster& cluster, const std::string& database);

/// From now on a database of the stand-in is on a cluster of one node that lists itself by this
/// port of 127.0.0.1, a network's as a rule: nobody who knows it finds a way around it.
void be_reached_at(const engine::Endpoint& target, int port);

}  // namespace voyager::testing

/// First line of a test that needs a target.
#define VOYAGER_REQUIRE_TARGET()                                                       \
  do {                                                                                 \
    if (!::voyager::testing::TargetServer::available()) {                              \
      if (::voyager::testing::skip_is_error()) {                                       \
        FAIL() << "neither the YugabyteDB stand-in nor VOYAGER_TEST_YB_HOST is there"; \
      }                                                                                \
      GTEST_SKIP() << "no target: postgresql-server-dev-15 or VOYAGER_TEST_YB_HOST";   \
    }                                                                                  \
  } while (false)
