// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/sessions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "model/name.hpp"

namespace voyager::postgres {
namespace {

/// Changes find their rows by key. A plan is made once and kept, so it must not be one that suits
/// only the table's size at that moment: a table that was empty then may be large when the plan
/// runs.
constexpr std::array prefer_index_lookups{
    Setting{"enable_seqscan", "off"}, Setting{"enable_hashjoin", "off"},
    Setting{"enable_mergejoin", "off"}, Setting{"plan_cache_mode", "force_generic_plan"},
    Setting{"jit", "off"}};

void set_up(Connection& connection, const Traits& traits, SessionUse use) {
  if (use == SessionUse::plain) return;
  if (use == SessionUse::ddl) {
    set_if_possible(connection, std::array{Setting{"check_function_bodies", "off"}});
    return;
  }
  std::string sql;
  if (traits.replica_role) sql += "SET session_replication_role = replica;";
  if (!traits.isolation.empty())
    sql += "SET default_transaction_isolation = " + quote_literal(traits.isolation);
  if (!sql.empty()) connection.execute(sql);
  if (use != SessionUse::apply) return;
  std::vector<Setting> wishes(prefer_index_lookups.begin(), prefer_index_lookups.end());
  if (traits.lazy_commit) wishes.push_back({"synchronous_commit", "off"});
  set_if_possible(connection, wishes);
}

/// Asks the machine that the server runs on. Empty where the user may not, as on a managed service.
std::optional<int> cores_of(Connection& connection) {
  try {
    connection.execute("CREATE TEMP TABLE ybvoyager_cores (n int)");
    connection.execute(
        "COPY pg_temp.ybvoyager_cores FROM PROGRAM 'grep -c ^processor /proc/cpuinfo'");
    const auto count = connection.scalar("SELECT max(n) FROM pg_temp.ybvoyager_cores");
    if (!count) return std::nullopt;
    return static_cast<int>(parse_int(*count).value_or(0));
  } catch (const Error& error) {
    if (error.sqlstate().empty()) throw;
    return std::nullopt;
  }
}

}  // namespace

std::optional<Connection> IdleSession::take() {
  constexpr std::chrono::seconds a_moment{2};
  const MutexLock lock(mutex_);
  std::optional<Kept> kept = std::exchange(kept_, std::nullopt);
  if (!kept || std::chrono::steady_clock::now() - kept->since > a_moment) return std::nullopt;
  return std::move(kept->connection);
}

void IdleSession::keep(Connection connection) {
  const MutexLock lock(mutex_);
  kept_.emplace(Kept{std::move(connection), std::chrono::steady_clock::now()});
}

PlainSession::PlainSession(Connection connection, std::shared_ptr<IdleSession> idle)
    : connection_(std::make_unique<Connection>(std::move(connection))), idle_(std::move(idle)) {}

PlainSession::~PlainSession() {
  if (connection_ && connection_->idle()) idle_->keep(std::move(*connection_));
}

Sessions::Sessions(engine::Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

engine::Endpoint Sessions::at(const Address& address) const {
  engine::Endpoint endpoint = endpoint_;
  endpoint.host = address.host;
  endpoint.port = address.port;
  return endpoint;
}

/// The address that was given may be down while --target-endpoints still work.
Sessions::Topology Sessions::learn() {
  std::vector<Address> seeds{{endpoint_.host, endpoint_.port}};
  if (!endpoint_.nodes.empty()) {
    const AddressChoice given = choose_addresses(endpoint_, {}, resolve_host);
    seeds.insert(seeds.end(), given.addresses.begin(), given.addresses.end());
  }
  for (std::size_t i = 0;; ++i) {
    try {
      Connection connection(at(seeds[i]));
      Topology topology;
      topology.traits = read_traits(connection);
      topology.choice = choose_addresses(endpoint_, topology.traits.nodes, resolve_host);
      if (topology.choice.behind_load_balancer) {
        log::warn(
            "{}:{} is not an address of any node of the cluster: it is used for every connection, "
            "as a load balancer",
            endpoint_.host, endpoint_.port);
      }
      const auto& chosen = topology.choice.addresses;
      if (std::find(chosen.begin(), chosen.end(), seeds[i]) != chosen.end())
        idle_->keep(std::move(connection));
      return topology;
    } catch (const Error& error) {
      if (error.action() != Action::reconnect || i + 1 == seeds.size()) throw;
    }
  }
}

Sessions::Topology Sessions::topology() {
  const MutexLock lock(mutex_);
  if (!topology_) topology_ = learn();
  return *topology_;
}

Traits Sessions::traits() {
  return topology().traits;
}

Connection Sessions::open(SessionUse use) {
  const Topology known = topology();
  const auto& addresses = known.choice.addresses;
  const std::size_t first = next_.fetch_add(1, std::memory_order_relaxed);
  for (std::size_t i = 0;; ++i) {
    const Address& address = addresses[(first + i) % addresses.size()];
    try {
      Connection connection(at(address));
      set_up(connection, known.traits, use);
      return connection;
    } catch (const Error& error) {
      if (error.action() != Action::reconnect || i + 1 == addresses.size()) throw;
      log::warn("{}; trying another node", error.line());
    }
  }
}

engine::Endpoint Sessions::answering() {
  const AddressChoice choice = topology().choice;
  for (std::size_t i = 0;; ++i) {
    try {
      engine::Endpoint node = at(choice.addresses[i]);
      const Connection connection(node);
      return node;
    } catch (const Error& error) {
      if (error.action() != Action::reconnect || i + 1 == choice.addresses.size()) throw;
      log::warn("{}; trying another node", error.line());
    }
  }
}

PlainSession Sessions::plain() {
  topology();
  std::optional<Connection> idle = idle_->take();
  return {idle ? *std::move(idle) : open(SessionUse::plain), idle_};
}

/// Empty when a server does not tell; one that can't be reached counts as none.
std::optional<int> Sessions::cores(const Topology& known) const {
  std::optional<int> cores = 0;
  for (const Address& address : known.choice.addresses) {
    try {
      Connection connection(at(address));
      const std::optional<int> own = cores_of(connection);
      cores = cores && own ? std::optional(*cores + *own) : std::nullopt;
    } catch (const Error& error) {
      if (error.action() != Action::reconnect) throw;
      log::warn("{}; its cores are not counted", error.line());
    }
  }
  return cores;
}

int Sessions::default_jobs() {
  const Topology known = topology();
  std::optional<int> total = cores(known);
  if (!known.traits.yugabytedb) return jobs_for_single_server(total);
  const int nodes = static_cast<int>(known.traits.nodes.size());
  if (total && known.choice.behind_load_balancer) total = *total * nodes;
  return jobs_for(total, nodes);
}

}  // namespace voyager::postgres
