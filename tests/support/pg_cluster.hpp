// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/endpoint.hpp"
#include "support/child.hpp"

namespace voyager::testing {

/// Rows of text; nothing for NULL.
using Rows = std::vector<std::vector<std::optional<std::string>>>;

class PgCluster;

struct ClusterOptions {
  bool tcp = false;      ///< also listen on 127.0.0.1, on a free port
  std::string password;  ///< of user postgres; not empty: every connection needs SCRAM
  std::map<std::string, std::string>
      settings;  ///< added to postgresql.conf; text values quoted by us
  /// Not null: a streaming replica of this server, on the same port. It has no password of its own.
  const PgCluster* primary = nullptr;
  std::string primary_host;  ///< where the replica reaches it; empty: through its socket
  /// The replica is made of the stopped primary's files, so that it has its replication slots too.
  bool with_slots = false;
};

/// A throw-away PostgreSQL 15 server, started in less than a second.
///
/// It listens on a socket in a private short directory under /tmp, has wal_level=logical and
/// fsync=off, and lets user postgres (a superuser) in without a password. As root it runs as the
/// operating system's user postgres. The destructor stops it and removes the directory; when the
/// test process is killed instead, a guardian process does both. Threads: execute() and query()
/// from any; the rest from the one that made it, which must outlive the server. Throws:
/// std::runtime_error with the server's log where it doesn't start.
class PgCluster {
 public:
  /// Whether the server programs and the user to run them exist here. See
  /// VOYAGER_REQUIRE_POSTGRES().
  static bool available();

  explicit PgCluster(ClusterOptions options = {});
  ~PgCluster();
  PgCluster(const PgCluster&) = delete;
  PgCluster& operator=(const PgCluster&) = delete;

  /// How to reach a database through the socket.
  engine::Endpoint endpoint(const std::string& database = "postgres",
                            const std::string& user = "postgres") const;
  /// The same through 127.0.0.1 (ClusterOptions::tcp).
  engine::Endpoint tcp_endpoint(const std::string& database = "postgres",
                                const std::string& user = "postgres") const;
  std::string socket_directory() const { return directory_.string(); }
  const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path log_file() const { return directory_ / "log"; }
  int port() const { return port_; }
  int pid() const;

  /// Runs one or several statements over a connection of its own. Throws: std::runtime_error with
  /// the server's message.
  void execute(const std::string& database, const std::string& sql) const;
  Rows query(const std::string& database, const std::string& sql) const;
  /// The first value of the first row; empty text for NULL.
  std::string value(const std::string& database, const std::string& sql) const;
  void create_database(const std::string& name) const;

  /// As a crash: no checkpoint, every connection cut.
  void stop_immediately();
  /// Closes connections, makes a checkpoint.
  void stop();
  /// After a stop, with the same port.
  void start();
  void restart();
  /// Ends the following of its primary; waits until it takes writes.
  void promote() const;

 private:
  void initialise() const;
  void copy_primary() const;
  void copy_stopped_primary() const;
  void configure() const;
  void require_passwords() const;
  void end_server(int signal);

  ClusterOptions options_;
  std::filesystem::path directory_;
  int port_ = 5432;
  std::unique_ptr<Child> guardian_;
  std::unique_ptr<Child> server_;
};

/// Runs SQL wherever an endpoint points.
void execute(const engine::Endpoint& endpoint, const std::string& sql);
Rows query(const engine::Endpoint& endpoint, const std::string& sql);
/// For libpq: a connection string with all fields quoted, password included. Keep it out of
/// arguments.
std::string connection_string(const engine::Endpoint& endpoint);

/// A port of 127.0.0.1 that nobody listens on now.
int free_port();

/// True when a test that can't run must fail rather than be skipped (VOYAGER_SKIP_IS_ERROR=1).
bool skip_is_error();

}  // namespace voyager::testing

/// First line of a test that needs PostgreSQL servers.
#define VOYAGER_REQUIRE_POSTGRES()                                             \
  do {                                                                         \
    if (!::voyager::testing::PgCluster::available()) {                         \
      if (::voyager::testing::skip_is_error()) {                               \
        FAIL() << "no PostgreSQL 15 server programs here";                     \
      }                                                                        \
      GTEST_SKIP() << "no PostgreSQL 15 server programs here (postgresql-15)"; \
    }                                                                          \
  } while (false)
