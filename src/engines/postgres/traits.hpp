// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engines/postgres/connection.hpp"

namespace voyager::postgres {

/// A server of a YugabyteDB cluster, as yb_servers() lists it.
struct Node {
  std::string host;
  int port = 0;
  std::string public_ip;
  bool read_replica = false;
};

/// What differs between the servers of this family, as data: nobody asks "is it YugabyteDB?" to
/// decide.
struct Traits {
  bool yugabytedb = false;
  std::string version;     ///< as SHOW server_version prints it
  int version_number = 0;  ///< of the PostgreSQL it is or is based on: 150020
  bool transactional_truncate = true;
  bool generated_columns = true;  ///< pg_attribute.attgenerated exists (PostgreSQL 12)
  bool alter_rule = true;         ///< ALTER TABLE ... DISABLE RULE is supported
  /// This user may SET session_replication_role = replica: triggers and foreign keys stay quiet.
  bool replica_role = false;
  bool load_metrics = false;  ///< yb_servers_metrics() exists (2.20.8, 2024.1.4, 2024.2)
  /// The server can be told not to wait for its log at COMMIT (synchronous_commit).
  bool lazy_commit = true;
  /// Rows of large updates go through temporary tables, which this user may make.
  bool temporary_tables = false;
  std::string isolation;  ///< default_transaction_isolation to set; empty: the server's own
  /// First statement of a transaction that changes are applied in, or empty.
  std::string transaction_opening;
  std::vector<Node> nodes;  ///< empty for a single server
};

bool is_yugabytedb(Connection& connection);

/// Whether tables of this YugabyteDB database share one tablet unless they say otherwise.
/// Source: YugabyteDB documentation, "Colocating tables" (yb_is_database_colocated()).
bool is_colocated(Connection& connection);

/// Asks the server; leaves no trace on it.
Traits read_traits(Connection& connection);

using engine::Address;

struct AddressChoice {
  std::vector<Address> addresses;     ///< never empty
  bool behind_load_balancer = false;  ///< the cluster does not know the address that we were given
};

/// The numeric addresses of a host name; empty when it can't be resolved.
using Resolve = std::function<std::vector<std::string>(const std::string&)>;
std::vector<std::string> resolve_host(const std::string& host);

/// Spreads sessions: --target-endpoints when given; else every node that takes writes, if the given
/// host is one of them; else the given host alone, which must then be a load balancer. Throws:
/// E3121 for an endpoint that is not host[:port].
AddressChoice choose_addresses(const engine::Endpoint& endpoint, const std::vector<Node>& nodes,
                               const Resolve& resolve);

/// Loading connections for a cluster of so many nodes and cores (empty: unknown).
int jobs_for(std::optional<int> total_cores, int nodes);
/// The same for a single PostgreSQL server.
int jobs_for_single_server(std::optional<int> cores);

}  // namespace voyager::postgres
