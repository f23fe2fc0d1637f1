// SPDX-License-Identifier: Apache-2.0
// An assessment's metadata from a real primary and a real streaming replica.
#include "assess/gather.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <future>
#include <thread>

#include "assess/metadata_files.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "engines/postgres/engine.hpp"
#include "schema/pg_dump.hpp"
#include "support/pg_cluster.hpp"
#include "support/recording_status.hpp"
#include "support/temp_directory.hpp"

namespace voyager::assess {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* primary_address = "127.0.0.2";

constexpr const char* shop_sql = R"(
CREATE EXTENSION pg_stat_statements;
CREATE TABLE orders (id int PRIMARY KEY, note text);
CREATE TABLE days (day date NOT NULL, id int) PARTITION BY RANGE (day);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE INDEX days_id ON days (id);
INSERT INTO orders SELECT i, 'secret row' FROM generate_series(1, 100) i;
ANALYZE;
CREATE ROLE restricted LOGIN PASSWORD 'secret word';
SELECT pg_stat_force_next_flush())";

void wait_for(const engine::Endpoint& server, const std::string& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (testing::query(server, "SELECT " + condition) != testing::Rows{{"t"}}) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("never came true: " + condition);
    std::this_thread::sleep_for(20ms);
  }
}

/// Both listen on the same port, each on an address of its own, as on two hosts.
class GatherFromServers : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!testing::PgCluster::available()) return;
    testing::ClusterOptions options;
    options.tcp = true;
    options.settings = {{"shared_preload_libraries", "pg_stat_statements"},
                        {"listen_addresses", primary_address},
                        {"track_activity_query_size", "8192"},
                        {"autovacuum", "off"}};
    primary_ = std::make_unique<testing::PgCluster>(options);
    primary_->execute("postgres", shop_sql);
    options.primary = primary_.get();
    options.primary_host = primary_address;
    options.settings["listen_addresses"] = "127.0.0.1";
    options.settings["cluster_name"] = "first_replica";
    replica_ = std::make_unique<testing::PgCluster>(options);
  }
  static void TearDownTestSuite() {
    replica_.reset();
    primary_.reset();
  }

  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    wait_for(replica_->endpoint(),
             "EXISTS (SELECT FROM pg_stat_wal_receiver "
             "WHERE status = 'streaming')");
    options_.primary = primary_->tcp_endpoint();
    options_.primary.host = primary_address;
    options_.primary.application = "gather";
    options_.primary.schemas = {"public"};
    options_.interval = 0s;
  }

  Metadata gather() {
    return gather([this] { return schema::dump_schema(options_.primary, false); });
  }
  Metadata gather(const std::function<std::string()>& dump) {
    const OpenStatistics open = [](const engine::Endpoint& endpoint) {
      return postgres::make_statistics_source(endpoint)->statistics();
    };
    return assess::gather(options_, open, dump, stop_.get_token(), status_);
  }

  /// Returns when the server has answered the first reading of its counters.
  static void wait_for_first_reading(const testing::PgCluster& server) {
    wait_for(server.endpoint(),
             "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'gather' "
             "AND state = 'idle' AND query LIKE '%n_tup_ins%' AND pid <> pg_backend_pid())");
  }

  GatherOptions options_;
  std::stop_source stop_;
  testing::RecordingStatus status_;
  static std::unique_ptr<testing::PgCluster> primary_, replica_;
};

std::unique_ptr<testing::PgCluster> GatherFromServers::primary_, GatherFromServers::replica_;

const Throughput& rate_of(const std::vector<Throughput>& rates, const std::string& name) {
  const auto found = std::find_if(rates.begin(), rates.end(),
                                  [&](const Throughput& one) { return one.name.name == name; });
  if (found == rates.end()) throw std::runtime_error("no " + name);
  return *found;
}

TEST_F(GatherFromServers, MeasuresWhatIsDoneOnBothWhileItWatches) {
  options_.interval = 2s;
  auto work = std::async(std::launch::async, [] {
    wait_for_first_reading(*primary_);
    primary_->execute("postgres",
                      "INSERT INTO orders SELECT i FROM generate_series(1001, 1010) i; "
                      "INSERT INTO days VALUES ('2020-05-05', 1); SELECT count(*) FROM orders; "
                      "SELECT pg_stat_force_next_flush()");
    wait_for_first_reading(*replica_);
    for (int i = 0; i < 3; ++i)
      replica_->execute("postgres",
                        "SELECT count(*) FROM orders; SELECT pg_stat_force_next_flush()");
  });
  const Metadata metadata = gather();
  work.get();
  ASSERT_THAT(metadata.nodes, SizeIs(2));
  const double primary_seconds = metadata.nodes[0].interval_seconds;
  const double replica_seconds = metadata.nodes[1].interval_seconds;
  EXPECT_GE(primary_seconds, 2);
  const std::vector<Throughput> rates = throughput(metadata);
  EXPECT_NEAR(rate_of(rates, "orders").writes_per_second, 10 / primary_seconds, 1e-9);
  EXPECT_NEAR(rate_of(rates, "orders").reads_per_second, 1 / primary_seconds + 3 / replica_seconds,
              1e-9);
  EXPECT_NEAR(rate_of(rates, "days_1").writes_per_second, 1 / primary_seconds, 1e-9);
  EXPECT_EQ(rate_of(rates, "days").writes_per_second, 0);
}

TEST_F(GatherFromServers, FindsTheReplicaByItself) {
  replica_->execute("postgres", "SELECT id, note FROM orders WHERE id = 7");
  const Metadata metadata = gather();
  EXPECT_THAT(metadata.notes, IsEmpty());
  EXPECT_THAT(status_.questions(), IsEmpty());
  ASSERT_THAT(metadata.nodes, SizeIs(2));
  EXPECT_EQ(metadata.nodes[1].name, "127.0.0.1-" + std::to_string(primary_->port()));
  const auto& queries = metadata.nodes[1].queries;
  const auto found = std::find_if(queries.begin(), queries.end(), [](const auto& query) {
    return query.text == "SELECT id, note FROM orders WHERE id = $1";
  });
  ASSERT_NE(found, queries.end());
  EXPECT_EQ(found->calls, 1);
}

TEST_F(GatherFromServers, ReadsTheReplicaThatIsNamed) {
  options_.replica_endpoints = {replica_->socket_directory()};
  const Metadata metadata = gather();
  ASSERT_THAT(metadata.nodes, SizeIs(2));
  EXPECT_THAT(metadata.nodes[1].name, Not(HasSubstr("/")));
}

TEST_F(GatherFromServers, TakesNoOtherServerForAReplica) {
  const testing::PgCluster other;
  for (const std::string& address :
       {other.socket_directory() + ":5432", primary_->socket_directory()}) {
    options_.replica_endpoints = {address};
    try {
      gather();
      ADD_FAILURE() << address << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.code().number, 4304);
    }
  }
}

TEST_F(GatherFromServers, NotesAReplicaThatItMayNotSee) {
  options_.primary.user = "restricted";
  options_.ask_about_cautions = false;
  const Metadata metadata = gather([] { return std::string(); });
  EXPECT_THAT(metadata.nodes, SizeIs(1));
  EXPECT_THAT(metadata.notes, Contains(HasSubstr("does not tell where replica first_replica is")));
}

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) files.push_back(entry.path());
  return files;
}

TEST_F(GatherFromServers, WritesNoRowDataAndReadsItsFilesBack) {
  primary_->execute("postgres", "SELECT 'secret row' INTO made; SELECT 'secret row'");
  const Metadata gathered = gather();
  const testing::TempDirectory temporary;
  write_metadata(temporary.path() / "metadata", gathered);
  for (const fs::path& file : files_in(temporary.path()))
    EXPECT_THAT(read_file(file), Not(HasSubstr("secret"))) << file;

  const Metadata read = read_metadata(temporary.path() / "metadata");
  EXPECT_EQ(read.relations, gathered.relations);
  EXPECT_EQ(read.columns, gathered.columns);
  EXPECT_EQ(read.nodes[0].usage, gathered.nodes[0].usage);
  EXPECT_EQ(read.nodes[0].after, gathered.nodes[0].after);
  EXPECT_EQ(read.nodes[0].queries, gathered.nodes[0].queries);
  EXPECT_EQ(read.nodes[1].queries, gathered.nodes[1].queries);
  EXPECT_EQ(read.schema_sql, gathered.schema_sql);
}

}  // namespace
}  // namespace voyager::assess
