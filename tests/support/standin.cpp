// SPDX-License-Identifier: Apache-2.0
#include "support/standin.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;

std::string setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

bool real_target() {
  return !setting("VOYAGER_TEST_YB_HOST", "").empty();
}

engine::Endpoint real_endpoint(const std::string& database) {
  engine::Endpoint endpoint;
  endpoint.type = "yugabytedb";
  endpoint.host = setting("VOYAGER_TEST_YB_HOST", "");
  endpoint.port = std::stoi(setting("VOYAGER_TEST_YB_PORT", "5433"));
  endpoint.user = setting("VOYAGER_TEST_YB_USER", "yugabyte");
  endpoint.password = Secret(setting("VOYAGER_TEST_YB_PASSWORD", ""));
  endpoint.database = database;
  return endpoint;
}

std::string identifier(const std::string& name) {
  std::string quoted = "\"";
  for (const char letter : name) {
    quoted += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  }
  return quoted + "\"";
}

/// Into the cluster's directory: the server's user may not be allowed to read the build tree.
void copy_modules(const PgCluster& cluster) {
  for (const char* module : {"yb_shim.so", "yboutput.so"}) {
    const fs::path copy = cluster.directory() / module;
    if (!fs::exists(copy)) {
      fs::copy_file(fs::path(VOYAGER_STANDIN_MODULES) / module, copy);
      fs::permissions(copy, fs::perms::owner_all | fs::perms::group_read | fs::perms::others_read);
    }
  }
}

/// Minor releases since 15.19 load output plugins of this list only.
void allow_output_plugin(const PgCluster& cluster) {
  const std::string name = "output_plugin_libraries";
  if (cluster.value("postgres", "SELECT count(*) FROM pg_settings WHERE name = '" + name + "'") !=
      "0") {
    cluster.execute("postgres",
                    "ALTER SYSTEM SET " + name + " = pgoutput, test_decoding, yboutput");
  }
}

}  // namespace

void dress_as_yugabytedb(const PgCluster& cluster, const std::string& database) {
  copy_modules(cluster);
  allow_output_plugin(cluster);
  cluster.execute("postgres", "ALTER SYSTEM SET dynamic_library_path = '" +
                                  cluster.directory().string() + ":$libdir'");
  cluster.execute("postgres", "SELECT pg_reload_conf()");
  cluster.execute(database, file_text(VOYAGER_STANDIN_SQL));
  cluster.execute("postgres", "ALTER DATABASE " + identifier(database) +
                                  " SET session_preload_libraries = 'yb_shim'");
}

bool TargetServer::available() {
  return real_target() ||
         (PgCluster::available() && fs::exists(fs::path(VOYAGER_STANDIN_MODULES) / "yb_shim.so"));
}

TargetServer::TargetServer(ClusterOptions options) {
  if (!real_target()) {
    cluster_ = std::make_unique<PgCluster>(std::move(options));
  }
}

TargetServer::~TargetServer() {
  try {
    for (const std::string& name : created_) {
      testing::execute(real_endpoint("yugabyte"), "DROP DATABASE IF EXISTS " + identifier(name));
    }
  } catch (const std::exception&) {
    // A database that is still in use stays; a destructor can't do more about it.
  }
}

void TargetServer::create_database(const std::string& name) {
  if (cluster_) {
    cluster_->create_database(name);
    dress_as_yugabytedb(*cluster_, name);
  } else {
    testing::execute(real_endpoint("yugabyte"), "CREATE DATABASE " + identifier(name));
    created_.push_back(name);
  }
}

void TargetServer::use_sequence_lsns(const std::string& database) const {
  if (cluster_) {
    cluster_->execute("postgres",
                      "ALTER DATABASE " + identifier(database) + " SET yb_shim.sequence_lsn = on");
  }
}

engine::Endpoint TargetServer::endpoint(const std::string& database) const {
  if (!cluster_) {
    return real_endpoint(database);
  }
  engine::Endpoint endpoint = cluster_->endpoint(database);
  endpoint.type = "yugabytedb";
  return endpoint;
}

void TargetServer::execute(const std::string& database, const std::string& sql) const {
  testing::execute(endpoint(database), sql);
}

Rows TargetServer::query(const std::string& database, const std::string& sql) const {
  return testing::query(endpoint(database), sql);
}

std::string TargetServer::value(const std::string& database, const std::string& sql) const {
  const Rows rows = query(database, sql);
  return rows.empty() || rows[0].empty() ? "" : rows[0][0].value_or("");
}

PgCluster& TargetServer::cluster() const {
  if (!cluster_) {
    throw std::runtime_error("a real YugabyteDB is not ours to stop");
  }
  return *cluster_;
}

void be_reached_at(const engine::Endpoint& target, int port) {
  testing::execute(target,
                   "DELETE FROM pg_catalog.yb_shim_servers WHERE host <> '127.0.0.1';"
                   "UPDATE pg_catalog.yb_shim_servers SET port = " +
                       std::to_string(port));
}

}  // namespace voyager::testing
