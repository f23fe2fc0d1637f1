// SPDX-License-Identifier: Apache-2.0
#include "assess/gather.hpp"

#include <gmock/gmock.h>

#include <map>
#include <thread>

#include "base/error.hpp"
#include "support/recording_status.hpp"

namespace voyager::assess {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A server of which everything is known beforehand. Its counters grow with each reading.
struct FakeServer {
  std::string identifier = "1";
  bool replica = false;
  bool breaks_while_watched = false;
  std::vector<std::string> cautions;
  std::vector<engine::ReplicaAddress> replicas;
  std::optional<std::vector<engine::QueryStatistics>> queries =
      std::vector<engine::QueryStatistics>{{1, "SELECT $1", 2, 2, 4, 2, 2, 2, 0}};
};

class FakeReader final : public engine::StatisticsReader {
 public:
  explicit FakeReader(const FakeServer& server) : server_(server) {}

  std::string server_version() override { return "15.1"; }
  std::string system_identifier() override { return server_.identifier; }
  bool is_replica() override { return server_.replica; }
  std::vector<std::string> user_schemas() override { return {"a", "b"}; }
  std::vector<engine::ReplicaAddress> replicas() override { return server_.replicas; }
  std::vector<std::string> cautions(const std::vector<std::string>&) override {
    return server_.cautions;
  }
  std::vector<engine::RelationStatistics> relations(
      const std::vector<std::string>& schemas) override {
    std::vector<engine::RelationStatistics> relations(1);
    relations[0].name = {schemas.at(0), "t"};
    return relations;
  }
  std::vector<engine::RelationActivity> activity(const std::vector<std::string>& schemas) override {
    if (server_.breaks_while_watched) fail({3102}, "connection lost");
    reads_ += 10;
    return {{{schemas.at(0), "t"}, engine::RelationKind::table, reads_, 2 * reads_}};
  }
  std::vector<engine::RelationUsage> usage(const std::vector<std::string>& schemas) override {
    return {{{schemas.at(0), "t"}, engine::RelationKind::table, reads_, 0, 0, 0}};
  }
  std::vector<engine::ColumnSpread> columns(const std::vector<std::string>& schemas) override {
    return {{{schemas.at(0), "t"}, "c", 0, 1, 1}};
  }
  std::optional<std::vector<engine::QueryStatistics>> queries() override { return server_.queries; }

 private:
  const FakeServer& server_;
  std::int64_t reads_ = 0;
};

class Gather : public ::testing::Test {
 protected:
  Gather() {
    options_.primary.host = "main";
    options_.primary.port = 5432;
    options_.primary.database = "shop";
    options_.interval = 0s;
    servers_["main:5432"];
  }

  FakeServer& primary() { return servers_["main:5432"]; }
  FakeServer& add_replica(const std::string& address) {
    FakeServer& server = servers_[address];
    server.replica = true;
    return server;
  }
  Metadata gather(testing::RecordingStatus& status) {
    const OpenStatistics open = [this](const engine::Endpoint& endpoint) {
      const auto found = servers_.find(endpoint.host + ":" + std::to_string(endpoint.port));
      if (found == servers_.end()) fail({3101}, "cannot connect");
      return std::make_unique<FakeReader>(found->second);
    };
    return assess::gather(
        options_, open, [] { return std::string("CREATE TABLE a.t (c int);"); }, stop_.get_token(),
        status);
  }
  Metadata gather() { return gather(status_); }
  void expect_failure(int code, const std::string& words) {
    try {
      gather();
      ADD_FAILURE() << "it was gathered";
    } catch (const Error& error) {
      EXPECT_EQ(error.code().number, code);
      EXPECT_THAT(error.line(), HasSubstr(words));
    }
  }

  GatherOptions options_;
  std::map<std::string, FakeServer> servers_;
  std::stop_source stop_;
  testing::RecordingStatus status_;
};

std::vector<std::string> names_of(const Metadata& metadata) {
  std::vector<std::string> names;
  for (const NodeMetadata& node : metadata.nodes) names.push_back(node.name);
  return names;
}

TEST_F(Gather, ReadsAPrimaryAlone) {
  const Metadata metadata = gather();
  EXPECT_EQ(metadata.database, "shop");
  EXPECT_EQ(metadata.server_version, "15.1");
  EXPECT_THAT(metadata.schemas, ElementsAre("a", "b"));
  EXPECT_EQ(metadata.schema_sql, "CREATE TABLE a.t (c int);");
  EXPECT_THAT(metadata.relations, SizeIs(1));
  EXPECT_THAT(metadata.columns, SizeIs(1));
  EXPECT_TRUE(metadata.queries_known);
  EXPECT_THAT(metadata.notes, IsEmpty());
  ASSERT_THAT(names_of(metadata), ElementsAre("primary"));
  EXPECT_THAT(metadata.nodes[0].before, IsEmpty());
  EXPECT_THAT(metadata.nodes[0].after, SizeIs(1));
  EXPECT_EQ(metadata.nodes[0].interval_seconds, 0);
  EXPECT_THAT(throughput(metadata), IsEmpty());
  EXPECT_THAT(status_.lines(), IsEmpty()) << "nothing to wait for";
}

TEST_F(Gather, ReadsTheGivenSchemasOnly) {
  options_.primary.schemas = {"b"};
  const Metadata metadata = gather();
  EXPECT_THAT(metadata.schemas, ElementsAre("b"));
  EXPECT_EQ(metadata.relations[0].name.schema, "b");
}

TEST_F(Gather, MeasuresBetweenTwoReadings) {
  options_.interval = 1s;
  add_replica("10.0.0.2:5432");
  options_.replica_endpoints = {"10.0.0.2"};
  const Metadata metadata = gather();
  ASSERT_THAT(metadata.nodes, SizeIs(2));
  for (const NodeMetadata& node : metadata.nodes) {
    EXPECT_EQ(node.before[0].reads, 10);
    EXPECT_EQ(node.after[0].reads, 20);
    EXPECT_GE(node.interval_seconds, 1);
    EXPECT_LT(node.interval_seconds, 30);
  }
  EXPECT_THAT(status_.lines(), ElementsAre("Counting reads and writes for 1s on 2 servers..."));
  const Throughput rate = throughput(metadata).at(0);
  EXPECT_NEAR(rate.reads_per_second,
              10 / metadata.nodes[0].interval_seconds + 10 / metadata.nodes[1].interval_seconds,
              1e-9);
  EXPECT_NEAR(rate.writes_per_second, 20 / metadata.nodes[0].interval_seconds, 1e-9);
}

TEST_F(Gather, EndsAtOnceWhenItIsStopped) {
  options_.interval = std::chrono::hours(1);
  const std::jthread stopper([this] {
    while (status_.lines().empty()) std::this_thread::yield();
    stop_.request_stop();
  });
  expect_failure(4301, "stopped");
}

TEST_F(Gather, AsksWhetherToGoOnWithLess) {
  primary().cautions = {"track_counts is off."};
  const Metadata metadata = gather();
  EXPECT_THAT(status_.questions(), SizeIs(1));
  EXPECT_THAT(status_.warnings(), ElementsAre("track_counts is off."));
  EXPECT_THAT(metadata.notes, ElementsAre("track_counts is off."));
}

TEST_F(Gather, IsGivenUpWhenTheAnswerIsNo) {
  primary().cautions = {"track_counts is off."};
  testing::RecordingStatus refusing(false);
  try {
    gather(refusing);
    FAIL() << "it was gathered";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 4301);
  }
}

TEST_F(Gather, DoesNotAskWithoutGuardrails) {
  primary().cautions = {"track_counts is off."};
  options_.ask_about_cautions = false;
  EXPECT_THAT(gather().notes, SizeIs(1));
  EXPECT_THAT(status_.questions(), IsEmpty());
}

TEST_F(Gather, ReadsTheReplicasThatThePrimaryNames) {
  primary().replicas = {{"one", "10.0.0.2"}, {"two", "10.0.0.3"}, {"two", "10.0.0.3"}};
  add_replica("10.0.0.2:5432");
  add_replica("10.0.0.3:5432").queries.reset();
  const Metadata metadata = gather();
  EXPECT_THAT(names_of(metadata), ElementsAre("primary", "10.0.0.2-5432", "10.0.0.3-5432"));
  EXPECT_THAT(metadata.notes, ElementsAre(HasSubstr("10.0.0.3-5432 does not tell its statements")));
}

TEST_F(Gather, LeavesOutADiscoveredReplicaThatItCantRead) {
  primary().replicas = {{"gone", "10.0.0.2"},
                        {"socket", ""},
                        {"other", "10.0.0.3"},
                        {"itself", "main"},
                        {"ill", "10.0.0.4"}};
  add_replica("10.0.0.3:5432").identifier = "2";
  add_replica("10.0.0.4:5432").breaks_while_watched = true;
  const Metadata metadata = gather();
  EXPECT_THAT(names_of(metadata), ElementsAre("primary"));
  EXPECT_THAT(metadata.notes,
              ElementsAre(HasSubstr("Replica gone at 10.0.0.2:5432 is left out: cannot connect"),
                          HasSubstr("does not tell where replica socket is"),
                          HasSubstr("At 10.0.0.3:5432 there is no replica other"),
                          HasSubstr("At main:5432 there is no replica itself"),
                          HasSubstr("Replica 10.0.0.4-5432 is left out: connection lost")));
  EXPECT_THAT(metadata.notes[0], HasSubstr("--source-read-replica-endpoints"));
}

TEST_F(Gather, ReadsNamedReplicasInsteadOfDiscoveredOnes) {
  primary().replicas = {{"one", "10.0.0.2"}};
  add_replica("10.0.0.2:5432");
  add_replica("db/2:6000");
  options_.replica_endpoints = {"db/2:6000", " db/2:6000"};
  EXPECT_THAT(names_of(gather()), ElementsAre("primary", "db_2-6000"));
}

TEST_F(Gather, ReadsNoReplicaWhenToldSo) {
  primary().replicas = {{"one", "10.0.0.2"}};
  add_replica("10.0.0.2:5432");
  options_.primary_only = true;
  EXPECT_THAT(names_of(gather()), ElementsAre("primary"));
}

TEST_F(Gather, StopsAtANamedReplicaThatIsNone) {
  servers_["10.0.0.2:5432"];
  options_.replica_endpoints = {"10.0.0.2"};
  expect_failure(4304, "10.0.0.2:5432 is not a replica of this primary");
  add_replica("10.0.0.2:5432").identifier = "2";
  expect_failure(4304, "10.0.0.2:5432 is not a replica of this primary");
  options_.replica_endpoints = {"10.0.0.9"};
  expect_failure(3101, "cannot connect");
  options_.replica_endpoints = {"10.0.0.2:many"};
  expect_failure(4304, "\"10.0.0.2:many\" is not an address");
}

TEST_F(Gather, StopsWhenANamedReplicaBreaks) {
  add_replica("10.0.0.2:5432").breaks_while_watched = true;
  options_.replica_endpoints = {"10.0.0.2"};
  options_.interval = std::chrono::hours(1);
  expect_failure(3102, "node 10.0.0.2-5432: connection lost");
}

}  // namespace
}  // namespace voyager::assess
