// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/traits.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "engines/postgres/statement_counts.hpp"

namespace voyager::postgres {
namespace {

constexpr ErrorCode bad_endpoint{3121};

bool may_set_replica_role(Connection& connection) {
  try {
    Transaction transaction(connection);
    connection.execute("SET LOCAL session_replication_role = replica");
    return true;
  } catch (const Error& error) {
    if (error.sqlstate().empty()) throw;
    return false;
  }
}

bool may_make_temporary_tables(Connection& connection) {
  return connection
      .query("SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY')")
      .boolean(0, 0);
}

std::vector<Node> read_nodes(Connection& connection) {
  const Result rows = connection.query(
      marked("SELECT host, port, coalesce(public_ip, ''), node_type FROM pg_catalog.yb_servers() "
             "ORDER BY host, port"));
  std::vector<Node> nodes;
  nodes.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) {
    nodes.push_back({rows.string(i, 0), static_cast<int>(rows.integer(i, 1)), rows.string(i, 2),
                     rows.text(i, 3) == "readreplica"});
  }
  return nodes;
}

Address address_of_node(const std::string& text, int default_port) {
  const std::optional<Address> address = engine::parse_address(text, default_port);
  if (!address)
    fail(bad_endpoint, fmt::format("\"{}\" is not an address", text),
         "Give target endpoints as host:port,host:port");
  return *address;
}

bool same_host(const std::vector<std::string>& addresses, const std::string& host,
               const Resolve& resolve) {
  if (host.empty()) return false;
  const std::vector<std::string> others = resolve(host);
  return std::any_of(addresses.begin(), addresses.end(), [&](const std::string& address) {
    return std::find(others.begin(), others.end(), address) != others.end();
  });
}

bool has_load_metrics(Connection& connection) {
  return connection.scalar("SELECT 1 FROM pg_catalog.pg_proc WHERE proname = 'yb_servers_metrics'")
      .has_value();
}

}  // namespace

bool is_yugabytedb(Connection& connection) {
  // Source: reference behaviour of YugabyteDB's own tools; the function is built in there.
  return connection
      .scalar(marked("SELECT 1 FROM pg_catalog.pg_proc WHERE proname = 'yb_servers' LIMIT 1"))
      .has_value();
}

bool is_colocated(Connection& connection) {
  try {
    return connection.scalar("SELECT pg_catalog.yb_is_database_colocated()") == "t";
  } catch (const Error& error) {
    if (error.sqlstate().empty() || error.action() != Action::give_up) throw;
    return false;  // a release that does not have the function
  }
}

Traits read_traits(Connection& connection) {
  Traits traits;
  traits.version = connection.parameter_status("server_version");
  traits.version_number = connection.server_version();
  traits.generated_columns = traits.version_number >= 120000;
  traits.replica_role = may_set_replica_role(connection);
  traits.yugabytedb = is_yugabytedb(connection);
  if (!traits.yugabytedb) {
    traits.temporary_tables = may_make_temporary_tables(connection);
    return traits;
  }
  traits.transactional_truncate = false;
  traits.lazy_commit = false;
  traits.alter_rule = false;
  traits.isolation = "repeatable read";
  // Data sent to the client keeps the server from restarting a transaction's earlier statements on
  // its own, which lost some of them in releases before 2.18.7 and 2.21.1 (technical advisory
  // TA-21297).
  traits.transaction_opening = "SELECT 1";
  traits.nodes = read_nodes(connection);
  traits.load_metrics = has_load_metrics(connection);
  return traits;
}

std::vector<std::string> resolve_host(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(at->ai_addr, at->ai_addrlen, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) == 0)
      addresses.emplace_back(text.data());
  }
  return addresses;
}

AddressChoice choose_addresses(const engine::Endpoint& endpoint, const std::vector<Node>& nodes,
                               const Resolve& resolve) {
  AddressChoice choice;
  for (const std::string& node : endpoint.nodes)
    choice.addresses.push_back(address_of_node(node, endpoint.port));
  if (!choice.addresses.empty()) return choice;

  const Address given{endpoint.host, endpoint.port};
  if (nodes.empty()) return {{given}, false};
  const std::vector<std::string> own = resolve(endpoint.host);
  const bool known = std::any_of(nodes.begin(), nodes.end(), [&](const Node& node) {
    return same_host(own, node.host, resolve) || same_host(own, node.public_ip, resolve);
  });
  for (const Node& node : nodes) {
    const bool use_public = endpoint.use_public_ip && !node.public_ip.empty();
    if (known && !node.read_replica)
      choice.addresses.push_back({use_public ? node.public_ip : node.host, node.port});
  }
  if (choice.addresses.empty()) return {{given}, !known};
  return choice;
}

int jobs_for(std::optional<int> total_cores, int nodes) {
  constexpr int likely_cores_of_a_node = 16;
  constexpr int cores_for_a_job = 4;
  constexpr int jobs_without_any_count = 3;
  if (total_cores == 0) return jobs_without_any_count;
  return std::max(1, total_cores.value_or(nodes * likely_cores_of_a_node) / cores_for_a_job);
}

int jobs_for_single_server(std::optional<int> cores) {
  constexpr int cores_for_a_job = 2;
  constexpr int jobs_at_least = 2;  // so that one waits for the server while another prepares
  constexpr int jobs_without_a_count = 8;
  if (!cores || *cores == 0) return jobs_without_a_count;
  return std::max(jobs_at_least, *cores / cores_for_a_job);
}

}  // namespace voyager::postgres
