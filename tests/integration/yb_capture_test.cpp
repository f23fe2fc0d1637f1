// SPDX-License-Identifier: Apache-2.0
// The capture of a target's changes (engines/postgres) against YugabyteDB or its stand-in.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/error.hpp"
#include "change_recorder.hpp"
#include "engines/postgres/barrier_table.hpp"
#include "engines/postgres/capture_control.hpp"
#include "engines/postgres/change_stream.hpp"
#include "engines/postgres/engine.hpp"
#include "support/standin.hpp"

namespace voyager::postgres {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::Flush;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Recorder;
using testing::Seen;
using ::testing::UnorderedElementsAre;

void ignore(const std::string& /*reason*/) {}

/// Sets a variable of the environment for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

class YbCapture : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!testing::TargetServer::available()) return;
    testing::ClusterOptions options;
    options.settings = {{"log_statement", "all"},
                        {"log_replication_commands", "on"},
                        {"max_replication_slots", "4"}};
    server_ = std::make_unique<testing::TargetServer>(options);
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    VOYAGER_REQUIRE_TARGET();
    static int number = 0;
    database_ = "target" + std::to_string(++number);
    names_ = {"slot_" + database_, "publication_" + database_};
    server_->create_database(database_);
    database_made_ = true;
  }
  void TearDown() override {
    if (database_made_) source()->capture_control()->drop(names_, ignore);
  }

  engine::Endpoint endpoint(const std::string& user = "") const {
    engine::Endpoint endpoint = server_->endpoint(database_);
    endpoint.application = "yb-voyager test";
    if (!user.empty()) endpoint.user = user;
    return endpoint;
  }
  std::unique_ptr<engine::ChangeSource> source() const { return make_change_source(endpoint()); }
  void sql(const std::string& text) const { server_->execute(database_, text); }
  std::string value(const std::string& text) const { return server_->value(database_, text); }
  std::vector<Table> tables() const { return source()->catalog()->tables({}); }
  void create() {
    recorded_ = tables();
    source()->capture_control()->create(names_, recorded_, ignore);
    wait_until_slot_is_free();
  }
  std::unique_ptr<engine::ChangeStream> stream(const Position& after = {}) const {
    return source()->change_stream(names_, recorded_, after);
  }
  void wait_until_slot_is_free() const {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (value("SELECT count(*) FROM pg_replication_slots WHERE active_pid IS NOT NULL AND "
                 "slot_name = '" +
                 names_.slot + "'") != "0") {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(20ms);
    }
  }
  std::string slot_value(const std::string& expression) const {
    return value("SELECT " + expression + " FROM pg_replication_slots WHERE slot_name = '" +
                 names_.slot + "'");
  }

  std::vector<Seen> read_for(engine::ChangeStream& stream, std::chrono::milliseconds time) {
    std::vector<Seen> seen;
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < deadline) {
      if (const auto event = stream.next(50ms)) seen.push_back(recorder_.record(*event));
    }
    return seen;
  }
  /// Events up to and with the barrier's commit; the barrier is written first.
  std::vector<Seen> read_to_barrier(engine::ChangeStream& stream, const std::string& id = "end") {
    source()->barrier_writer(names_)->write(id);
    std::vector<Seen> seen;
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto event = stream.next(200ms);
      if (!event) continue;
      seen.push_back(recorder_.record(*event));
      const auto size = seen.size();
      if (size > 1 && seen[size - 1].kind == "commit" && seen[size - 2].text == id) return seen;
    }
    ADD_FAILURE() << "the barrier did not come";
    return seen;
  }
  static std::vector<std::string> kinds(const std::vector<Seen>& seen) {
    std::vector<std::string> kinds;
    for (const Seen& event : seen) kinds.push_back(event.kind);
    return kinds;
  }
  static std::vector<Seen> rows_of(std::vector<Seen> seen) {
    std::erase_if(seen, [](const Seen& event) {
      return event.kind != "I" && event.kind != "U" && event.kind != "D";
    });
    return seen;
  }
  std::vector<Seen> changes() {
    const auto changes_stream = stream();
    return rows_of(read_to_barrier(*changes_stream));
  }
  std::vector<engine::SourceChange> prepare() const {
    std::vector<engine::SourceChange> changed;
    source()->capture_control()->prepare_identities(
        tables(), [&](const engine::SourceChange& change) { changed.push_back(change); });
    return changed;
  }
  std::string identities() const {
    return value(
        "SELECT string_agg(relname || ':' || relreplident::text, ' ' ORDER BY relname) FROM "
        "pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace");
  }
  Error error_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode{0}, Action::retry, "no error"};
  }

  static std::unique_ptr<testing::TargetServer> server_;
  std::string database_;
  bool database_made_ = false;
  engine::CaptureNames names_;
  std::vector<Table> recorded_;
  Recorder recorder_;
};

std::unique_ptr<testing::TargetServer> YbCapture::server_;

// What comes out of the stream

TEST_F(YbCapture, AnyNodeThatAnswersServesTheStream) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  create();
  sql("INSERT INTO t VALUES (1)");
  engine::Endpoint cluster = endpoint();
  cluster.nodes = {"127.0.0.1:1", cluster.host + ":" + std::to_string(cluster.port)};
  const auto by_another_node = make_change_source(cluster);
  const auto changes = by_another_node->change_stream(names_, recorded_, {});
  EXPECT_THAT(read_for(*changes, 1s), Not(IsEmpty()));
  EXPECT_TRUE(by_another_node->capture_control()->usable(names_, {}));
}

TEST_F(YbCapture, ChangesCarryWhatWasSetAndTheKey) {
  sql("CREATE TABLE t (id int PRIMARY KEY, v text, w text)");
  EXPECT_THAT(prepare(), IsEmpty());
  create();
  sql("INSERT INTO t VALUES (1, 'one', NULL), (2, 'two', '')");
  sql("UPDATE t SET v = 'uno' WHERE id = 1");
  sql("UPDATE t SET v = NULL WHERE id = 1");
  sql("UPDATE t SET id = 3 WHERE id = 2");
  sql("DELETE FROM t WHERE id = 1");
  const auto seen = changes();
  ASSERT_EQ(seen.size(), 7U);
  EXPECT_THAT(seen[0].after, ElementsAre("1", "one", "<null>"));
  EXPECT_THAT(seen[1].after, ElementsAre("2", "two", ""));
  EXPECT_EQ(seen[2].kind, "U");
  EXPECT_THAT(seen[2].before, IsEmpty());
  EXPECT_THAT(seen[2].after, ElementsAre("1", "uno", "<same>"));
  EXPECT_THAT(seen[3].after, ElementsAre("1", "<null>", "<same>"));
  EXPECT_EQ(seen[4].kind, "D");
  EXPECT_THAT(seen[4].before, ElementsAre("2", "<same>", "<same>"));
  EXPECT_EQ(seen[5].kind, "I");
  EXPECT_THAT(seen[5].after, ElementsAre("3", "two", ""));
  EXPECT_THAT(seen[6].before, ElementsAre("1", "<same>", "<same>"));
}

TEST_F(YbCapture, RowsWithoutAKeyCarryAllTheirOldValues) {
  sql("CREATE TABLE f (a int, b text)");
  const auto changed = prepare();
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].table, (QualifiedName{"public", "f"}));
  EXPECT_EQ(changed[0].original, "c");
  create();
  sql("INSERT INTO f VALUES (1, NULL); UPDATE f SET a = 2; DELETE FROM f");
  const auto seen = changes();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_THAT(seen[1].before, ElementsAre("1", "<null>"));
  EXPECT_THAT(seen[1].after, ElementsAre("2", "<null>"));
  EXPECT_THAT(seen[2].before, ElementsAre("2", "<null>"));
}

TEST_F(YbCapture, PartitionsAreMappedToTheirRoot) {
  sql("CREATE TABLE p (a int PRIMARY KEY, b text) PARTITION BY RANGE (a); CREATE TABLE p1 "
      "PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM "
      "(10) TO (20)");
  prepare();
  create();
  EXPECT_EQ(value("SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_publication_tables "
                  "WHERE pubname = '" +
                  names_.publication + "'"),
            "p1 p2 ybvoyager_barriers");
  sql("INSERT INTO p VALUES (1, 'one'), (11, 'eleven'); UPDATE p SET b = 'x' WHERE a = 11; DELETE "
      "FROM p WHERE a = 1");
  const auto seen = changes();
  ASSERT_EQ(seen.size(), 4U);
  for (const Seen& event : seen) EXPECT_EQ(event.text, "public.p");
  EXPECT_THAT(seen[2].after, ElementsAre("11", "x"));
  EXPECT_THAT(seen[3].before, ElementsAre("1", "<same>"));
  std::vector<std::string> leaves;
  for (const auto& [id, relation] : recorder_.relations) leaves.push_back(relation.leaf.name);
  EXPECT_THAT(leaves, UnorderedElementsAre("p1", "p2"));
}

TEST_F(YbCapture, OnlyMarkersOfTheOwnPublicationAreBarriers) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  create();
  const auto changes_stream = stream();
  Connection connection(endpoint());
  barriers::write(connection, "somebody_else", "theirs");
  barriers::write(connection, names_.publication, "twice");
  barriers::write(connection, names_.publication, "twice");
  sql("DELETE FROM ybvoyager_metadata.ybvoyager_barriers WHERE id = 'theirs'");
  const auto seen = read_to_barrier(*changes_stream);
  EXPECT_THAT(kinds(seen), ElementsAre("begin", "barrier", "commit", "begin", "barrier", "commit",
                                       "begin", "barrier", "commit"));
  EXPECT_EQ(seen[1].text, "twice");
  EXPECT_EQ(seen[7].text, "end");
}

TEST_F(YbCapture, TransactionsAreWholeAndOthersAreLeftOut) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  create();
  sql("CREATE TABLE unrelated (x int PRIMARY KEY); INSERT INTO unrelated VALUES (1)");
  sql("BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); COMMIT");
  const auto changes_stream = stream();
  EXPECT_THAT(kinds(read_to_barrier(*changes_stream)),
              ElementsAre("begin", "relation", "I", "I", "commit", "begin", "barrier", "commit"));
  EXPECT_EQ(changes_stream->bytes_behind(), std::nullopt);
}

// Once and only once

class YbRedelivery : public YbCapture, public ::testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    YbCapture::SetUp();
    if (GetParam() && database_made_) server_->use_sequence_lsns(database_);
  }
  std::vector<Position> commits_;

  /// Four transactions of a row each, and a barrier.
  void fill() {
    sql("CREATE TABLE t (id int PRIMARY KEY)");
    create();
    for (int i = 1; i <= 4; ++i) sql("INSERT INTO t VALUES (" + std::to_string(i) + ")");
  }
  void take_note(const std::vector<Seen>& seen) {
    commits_.clear();
    for (const Seen& event : seen) {
      if (event.kind == "commit") commits_.push_back({event.text});
    }
  }
  static std::vector<std::string> ids(const std::vector<Seen>& seen) {
    std::vector<std::string> ids;
    for (const Seen& event : rows_of(seen)) ids.push_back(event.after.at(0));
    return ids;
  }
};

TEST_P(YbRedelivery, WhatTheCallerHasIsPassedOver) {
  fill();
  take_note(read_to_barrier(*stream()));
  ASSERT_EQ(commits_.size(), 5U);
  if (GetParam() && !server_->real()) {
    EXPECT_LT(commits_[4].text, "00000000000000FF");
  }
  wait_until_slot_is_free();
  const auto second = stream(commits_[1]);
  const auto seen = read_to_barrier(*second, "second");
  EXPECT_THAT(ids(seen), ElementsAre("3", "4"));
  EXPECT_EQ(kinds(seen).front(), "begin");
}

TEST_P(YbRedelivery, NothingIsLostWithoutAnAcknowledgement) {
  fill();
  EXPECT_THAT(ids(read_to_barrier(*stream())), ElementsAre("1", "2", "3", "4"));
  wait_until_slot_is_free();
  EXPECT_THAT(ids(read_to_barrier(*stream(), "second")), ElementsAre("1", "2", "3", "4"));
}

TEST_P(YbRedelivery, WhatWasAcknowledgedDoesNotComeTwiceEvenIfItIsSent) {
  fill();
  {
    const auto first = stream();
    take_note(read_to_barrier(*first));
    first->acknowledge(Flush::durable(commits_.at(2)));
  }
  wait_until_slot_is_free();
  EXPECT_TRUE(source()->capture_control()->usable(names_, commits_[2]));
  EXPECT_THAT(ids(read_to_barrier(*stream(commits_[2]), "second")), ElementsAre("4"));
}

TEST_P(YbRedelivery, AHalfReadTransactionComesAgainWholeAfterACrashOfTheServer) {
  fill();
  sql("BEGIN; INSERT INTO t VALUES (5); INSERT INTO t VALUES (6); COMMIT");
  {
    const auto first = stream();
    std::vector<Seen> seen;
    while (ids(seen).size() < 5) {
      if (const auto event = first->next(1s)) seen.push_back(recorder_.record(*event));
    }
    take_note(seen);
    ASSERT_EQ(commits_.size(), 4U);
    if (!server_->real()) server_->cluster().stop_immediately();
  }
  if (!server_->real()) server_->cluster().start();
  wait_until_slot_is_free();
  EXPECT_THAT(ids(read_to_barrier(*stream(commits_[3]), "second")), ElementsAre("5", "6"));
}

std::string numbering(const ::testing::TestParamInfo<bool>& info) {
  return info.param ? "WithCounters" : "WithLogPositions";
}
INSTANTIATE_TEST_SUITE_P(Numbering, YbRedelivery, ::testing::Bool(), numbering);

TEST_F(YbCapture, OnlyEndsOfTransactionsAreConfirmed) {
  if (server_->real()) GTEST_SKIP() << "asks the stand-in's log";
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  create();
  std::string noise;
  {
    const auto changes_stream = stream();
    sql("INSERT INTO t VALUES (1)");
    const auto seen = read_to_barrier(*changes_stream);
    ASSERT_EQ(seen.back().kind, "commit");
    changes_stream->acknowledge(Flush::durable({seen.back().text}));
    noise = server_->cluster().value("postgres", "SELECT pg_current_wal_lsn()");
    sql("CREATE TABLE noise AS SELECT generate_series(1, 1000)");
    EXPECT_THAT(read_for(*changes_stream, 1s), IsEmpty());
  }
  wait_until_slot_is_free();
  EXPECT_EQ(slot_value("confirmed_flush_lsn <= '" + noise + "'"), "t");
  EXPECT_EQ(slot_value("confirmed_flush_lsn > restart_lsn"), "t");
  EXPECT_THAT(rows_of(read_to_barrier(*stream(), "second")), IsEmpty());
}

TEST_F(YbCapture, AnIdleSlotIsKeptAliveByAHeartbeatThatNobodySees) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  create();
  const std::string before = slot_value("confirmed_flush_lsn");
  const auto impatient = [](Connection& connection) {
    CaptureDialect dialect = dialect_of(connection);
    dialect.heartbeat = 300ms;
    return dialect;
  };
  {
    const auto changes_stream = make_change_stream(endpoint(), names_, recorded_, {}, {impatient});
    EXPECT_THAT(read_for(*changes_stream, 2s), IsEmpty());
    EXPECT_FALSE(changes_stream->caught_up_to().empty());
  }
  EXPECT_EQ(value("SELECT count(*) FROM ybvoyager_metadata.ybvoyager_barriers WHERE id = "
                  "'heartbeat' AND publication = '" +
                  names_.publication + "'"),
            "1");
  wait_until_slot_is_free();
  EXPECT_EQ(slot_value("confirmed_flush_lsn > '" + before + "'"), "t");
}

// Making and removing

TEST_F(YbCapture, EverythingWrittenAfterItWasMadeComesOut) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  create();
  sql("INSERT INTO t VALUES (1)");
  EXPECT_NE(value("SELECT count(*) FROM ybvoyager_metadata.ybvoyager_barriers WHERE id = '" +
                  names_.slot + ":opened'"),
            "0");
  EXPECT_EQ(slot_value("plugin"), "yboutput");
  EXPECT_EQ(changes().size(), 1U);
}

TEST_F(YbCapture, HalfMadeObjectsAreMadeAgain) {
  sql("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION " + names_.publication);
  EXPECT_FALSE(source()->capture_control()->usable(names_, {}));
  create();
  sql("INSERT INTO t VALUES (1)");
  create();
  EXPECT_TRUE(source()->capture_control()->usable(names_, {}));
  sql("INSERT INTO t VALUES (2)");
  EXPECT_EQ(changes().size(), 1U);
}

/// A table t, and a slot whose proof never comes.
constexpr const char* silence =
    "CREATE TABLE t (id int PRIMARY KEY); CREATE SCHEMA ybvoyager_metadata; CREATE TABLE "
    "ybvoyager_metadata.ybvoyager_barriers (publication text, id text, written_at timestamptz "
    "DEFAULT now(), PRIMARY KEY (publication, id, written_at)); CREATE FUNCTION nothing() RETURNS "
    "trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER nothing BEFORE INSERT "
    "ON ybvoyager_metadata.ybvoyager_barriers FOR EACH ROW EXECUTE FUNCTION nothing()";

auto waiting_for_the_proof(std::chrono::milliseconds limit) {
  return [limit](Connection& connection) {
    CaptureDialect dialect = dialect_of(connection);
    dialect.opening_limit = limit;
    return dialect;
  };
}

TEST_F(YbCapture, AProofThatLosesItsSessionIsLeftToANewOne) {
  sql(silence);
  const Error error = error_of([&] {
    make_capture_control(endpoint(), waiting_for_the_proof(10s))
        ->create(names_, tables(), [&](const std::string&) {
          sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
              "current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()");
        });
  });
  EXPECT_EQ(error.action(), Action::reconnect) << error.what();
}

TEST_F(YbCapture, ASlotThatStaysSilentIsAnError) {
  sql(silence);
  std::vector<std::string> reasons;
  const Error error = error_of([&] {
    make_capture_control(endpoint(), waiting_for_the_proof(1500ms))
        ->create(names_, tables(), [&](const std::string& reason) { reasons.push_back(reason); });
  });
  EXPECT_EQ(error.code().number, 3208) << error.what();
  EXPECT_EQ(error.action(), Action::retry);
  EXPECT_THAT(error.what(), HasSubstr(names_.slot));
  EXPECT_THAT(reasons, Contains(HasSubstr("until changes come out of replication slot")));
}

TEST_F(YbCapture, AMissingPlugInIsAnErrorThatSaysWhatToDo) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  const auto old_server = [](Connection& connection) {
    CaptureDialect dialect = dialect_of(connection);
    dialect.plugin = "nosuchplugin";
    return dialect;
  };
  const Error error = error_of(
      [&] { make_capture_control(endpoint(), old_server)->create(names_, tables(), ignore); });
  EXPECT_EQ(error.code().number, 3207) << error.what();
  EXPECT_EQ(error.action(), Action::give_up);
  EXPECT_THAT(error.what(), HasSubstr("nosuchplugin"));
  EXPECT_FALSE(error.remedy().empty());
}

TEST_F(YbCapture, AUserWhoMayNotReplicateIsToldSo) {
  const std::string user = "user_" + database_;
  sql("CREATE TABLE t (id int PRIMARY KEY); CREATE ROLE " + user +
      " LOGIN; GRANT CREATE ON DATABASE " + database_ + " TO " + user +
      "; ALTER TABLE t OWNER TO " + user);
  const Error error = error_of([&] {
    make_change_source(endpoint(user))->capture_control()->create(names_, tables(), ignore);
  });
  EXPECT_EQ(error.code().number, 3207) << error.what();
  EXPECT_EQ(error.action(), Action::give_up);
  EXPECT_THAT(error.remedy(), HasSubstr("REPLICATION"));
}

TEST_F(YbCapture, DropLeavesNothing) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  create();
  const auto control = source()->capture_control();
  control->drop(names_, ignore);
  EXPECT_EQ(slot_value("count(*)"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM pg_publication"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM pg_namespace WHERE nspname = 'ybvoyager_metadata'"), "0");
  EXPECT_NO_THROW(control->drop(names_, ignore));
}

TEST_F(YbCapture, DropLeavesTheMarkersOfAnotherCapture) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  create();
  const engine::CaptureNames others{names_.slot + "_2", names_.publication + "_2"};
  const auto control = source()->capture_control();
  control->create(others, recorded_, ignore);
  control->drop(others, ignore);
  EXPECT_EQ(value("SELECT string_agg(DISTINCT publication, ' ') FROM "
                  "ybvoyager_metadata.ybvoyager_barriers"),
            names_.publication);
  EXPECT_TRUE(control->usable(names_, {}));
}

TEST_F(YbCapture, TheLedgersEndTakesTheEmptyMarkerTableAlong) {
  const auto target = make_target_engine(endpoint(), "11111111-2222-3333-4444-555555555555");
  target->prepare_ledger();
  Connection connection(endpoint());
  barriers::create(connection, true);
  target->ledger()->remove();
  EXPECT_EQ(value("SELECT count(*) FROM pg_namespace WHERE nspname = 'ybvoyager_metadata'"), "0");
}

TEST_F(YbCapture, DropWaitsForTheSlotToBeReleased) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  create();
  engine::Endpoint other = endpoint();
  other.application = "somebody else";
  auto reader = make_change_stream(other, names_, recorded_, {}, {dialect_of});
  std::vector<std::string> reasons;
  source()->capture_control()->drop(names_, [&](const std::string& reason) {
    reasons.push_back(reason);
    reader.reset();
  });
  EXPECT_THAT(reasons, Contains(HasSubstr("counts as in use")));
  EXPECT_EQ(slot_value("count(*)"), "0");
}

TEST_F(YbCapture, IdentitiesArePutBack) {
  sql("CREATE TABLE keyed (id int PRIMARY KEY); CREATE TABLE keyless (a int); CREATE TABLE off (id "
      "int PRIMARY KEY); ALTER TABLE off REPLICA IDENTITY NOTHING");
  const auto changed = prepare();
  EXPECT_EQ(identities(), "keyed:c keyless:f off:d");
  const auto control = source()->capture_control();
  for (const auto& change : changed) control->restore_identity(change);
  const std::string restored = server_->real() ? "c" : "d";  // its grammar lacks CHANGE
  EXPECT_EQ(identities(), "keyed:c keyless:" + restored + " off:n");
}

TEST_F(YbCapture, AnotherPlugInCanBeChosen) {
  const Variable variable("YB_VOYAGER_OUTPUT_PLUGIN", "pgoutput");
  sql("CREATE TABLE keyed (id int PRIMARY KEY, v text); CREATE TABLE keyless (a int)");
  EXPECT_EQ(prepare().size(), 2U);
  EXPECT_EQ(identities(), "keyed:d keyless:f");
  create();
  EXPECT_EQ(slot_value("plugin"), "pgoutput");
  sql("INSERT INTO keyed VALUES (1, 'x'); UPDATE keyed SET v = 'y'; INSERT INTO keyless VALUES "
      "(1); DELETE FROM keyless; DELETE FROM keyed");
  const auto seen = changes();
  ASSERT_EQ(seen.size(), 5U);
  EXPECT_THAT(seen[1].after, ElementsAre("1", "y"));
  EXPECT_THAT(seen[3].before, ElementsAre("1"));
  EXPECT_THAT(seen[4].before, ElementsAre("1", "<same>"));
}

TEST_F(YbCapture, AnUnknownPlugInIsRefused) {
  const Variable variable("YB_VOYAGER_OUTPUT_PLUGIN", "wal2json");
  const Error error = error_of([&] { source()->capture_control(); });
  EXPECT_EQ(error.code().number, 1002);
}

// What the server is asked

TEST_F(YbCapture, NothingIsAskedThatYugabyteDbLacks) {
  if (server_->real()) GTEST_SKIP() << "reads the stand-in's log";
  sql("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE f (a int)");
  const auto log_before = testing::file_text(server_->cluster().log_file()).size();
  prepare();
  EXPECT_THAT(source()->capture_control()->preflight(tables()), IsEmpty());
  create();
  sql("INSERT INTO t VALUES (1)");
  {
    const auto changes_stream = stream();
    read_to_barrier(*changes_stream);
    changes_stream->bytes_behind();
  }
  source()->capture_control()->cautions();
  EXPECT_TRUE(source()->capture_control()->usable(names_, {}));
  wait_until_slot_is_free();
  source()->capture_control()->drop(names_, ignore);
  const std::string log = testing::file_text(server_->cluster().log_file()).substr(log_before);
  ASSERT_THAT(log, HasSubstr("START_REPLICATION SLOT"));
  ASSERT_THAT(log, HasSubstr("LOGICAL 0/0 "));
  ASSERT_THAT(log, HasSubstr("CREATE_REPLICATION_SLOT"));
  for (const char* missing :
       {"IDENTIFY_SYSTEM", "pg_current_wal", "pg_wal_lsn_diff", "pg_logical_emit_message", "xmin",
        "messages", " WAIT", "TEMPORARY", "advisory", "ERROR:"})
    EXPECT_THAT(log, Not(HasSubstr(missing)));
}

TEST_F(YbCapture, PreflightIsCleanForASuperuserAndNamesWhatIsMissing) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  EXPECT_THAT(source()->capture_control()->preflight(tables()), IsEmpty());
  auto asked = tables();
  asked.at(0).name.name = "gone";
  asked.at(0).leaves = {asked.at(0).name};
  EXPECT_THAT(source()->capture_control()->preflight(asked),
              ElementsAre(HasSubstr("These tables are not there: public.gone")));
}

TEST_F(YbCapture, PreflightNamesTheRightsThatAreMissing) {
  const std::string user = "user_" + database_;
  sql("CREATE TABLE t (id int PRIMARY KEY); CREATE ROLE " + user + " LOGIN");
  const auto lines = [&] {
    return make_change_source(endpoint(user))->capture_control()->preflight(tables());
  };
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("may not create a publication"),
                                   HasSubstr("may not replicate. ALTER ROLE"),
                                   HasSubstr("neither owner of these tables"),
                                   HasSubstr("may not read these tables")));
  sql("GRANT CREATE ON DATABASE " + database_ + " TO " + user + "; GRANT yb_superuser TO " + user +
      "; ALTER TABLE t OWNER TO " + user);
  EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(YbCapture, PreflightNamesAFullServerAndAnOldOne) {
  if (server_->real()) GTEST_SKIP() << "changes what the stand-in claims to be";
  const auto& cluster = server_->cluster();
  cluster.execute("postgres",
                  "SELECT pg_create_physical_replication_slot('full' || i) FROM "
                  "generate_series(1, 4) i");
  cluster.execute("postgres", "ALTER DATABASE " + database_ +
                                  " SET yb_shim.version = '11.2-YB-2024.1.0.0-b129'");
  EXPECT_THAT(source()->capture_control()->preflight({}),
              ElementsAre(HasSubstr("YugabyteDB 2024.1.0.0 can't stream its changes"),
                          HasSubstr("No replication slot is free")));
  const Error error = error_of([&] { source()->capture_control()->create(names_, {}, ignore); });
  EXPECT_EQ(error.code().number, 3207) << error.what();
  EXPECT_THAT(error.remedy(), HasSubstr("max_replication_slots"));
  cluster.execute("postgres",
                  "SELECT pg_drop_replication_slot('full' || i) FROM generate_series(1, 4) i");
}

TEST_F(YbCapture, CautionsFollowTheReleaseAndTheDatabase) {
  if (server_->real()) GTEST_SKIP() << "changes what the stand-in claims to be";
  EXPECT_THAT(source()->capture_control()->cautions(),
              ElementsAre(HasSubstr("cdc_intent_retention_ms"), HasSubstr("TRUNCATE is not")));
  const auto& cluster = server_->cluster();
  cluster.execute("postgres",
                  "ALTER DATABASE " + database_ + " SET yb_shim.version = '11.2-YB-2024.2.3.0-b1'");
  cluster.execute("postgres", "ALTER DATABASE " + database_ + " SET yb_shim.colocated = on");
  sql("CREATE TABLE p (a int) PARTITION BY RANGE (a)");
  EXPECT_THAT(source()->capture_control()->cautions(),
              ElementsAre(HasSubstr("cdc_intent_retention_ms"), HasSubstr("TRUNCATE is not"),
                          HasSubstr("partitions that are created"), HasSubstr("colocated"),
                          HasSubstr("SAVEPOINT"), HasSubstr("4 MB")));
}

TEST_F(YbCapture, ATargetThatIsPlainPostgresqlUsesItsOwnMeans) {
  if (server_->real()) GTEST_SKIP() << "needs a PostgreSQL server";
  const auto& cluster = server_->cluster();
  cluster.create_database("plain");
  cluster.execute("plain", "CREATE TABLE t (id int PRIMARY KEY)");
  const auto plain = make_change_source(cluster.endpoint("plain"));
  recorded_ = plain->catalog()->tables({});
  const auto control = plain->capture_control();
  const engine::CaptureNames names{"plain_slot", "plain_publication"};
  EXPECT_THAT(control->preflight(recorded_), IsEmpty());
  control->create(names, recorded_, ignore);
  {
    const auto changes_stream = plain->change_stream(names, recorded_, {});
    plain->barrier_writer(names)->write("marker");
    EXPECT_THAT(kinds(read_for(*changes_stream, 2s)), ElementsAre("begin", "barrier", "commit"));
    EXPECT_TRUE(changes_stream->bytes_behind().has_value());
  }
  control->drop(names, ignore);
  EXPECT_EQ(cluster.value("plain",
                          "SELECT count(*) FROM pg_namespace WHERE nspname = "
                          "'ybvoyager_metadata'"),
            "0");
}

// Encryption

/// Makes the server encrypt, with a certificate of its own making.
void switch_tls_on(const testing::PgCluster& cluster) {
  const std::string key = (cluster.directory() / "server.key").string();
  const std::string certificate = (cluster.directory() / "server.crt").string();
  testing::run({"openssl", "req", "-new", "-x509", "-days", "2", "-nodes", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate});
  struct stat owner {};
  ASSERT_EQ(stat((cluster.directory() / "data").c_str(), &owner), 0);
  ASSERT_EQ(chown(key.c_str(), owner.st_uid, owner.st_gid), 0);
  ASSERT_EQ(chmod(key.c_str(), 0600), 0);
  cluster.execute("postgres", "ALTER SYSTEM SET ssl_key_file = '" + key + "'");
  cluster.execute("postgres", "ALTER SYSTEM SET ssl_cert_file = '" + certificate + "'");
  cluster.execute("postgres", "ALTER SYSTEM SET ssl = on");
  std::ofstream hba(cluster.directory() / "data" / "pg_hba.conf", std::ios::trunc);
  hba << "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
  hba.close();
  cluster.execute("postgres", "SELECT pg_reload_conf()");
}

TEST(YbCaptureTls, TheReplicationConnectionIsEncryptedAsAsked) {
  VOYAGER_REQUIRE_TARGET();
  if (access("/usr/bin/openssl", X_OK) != 0) GTEST_SKIP() << "no openssl to make a certificate";
  testing::ClusterOptions options;
  options.tcp = true;
  const testing::PgCluster cluster(options);
  cluster.create_database("secret");
  testing::dress_as_yugabytedb(cluster, "secret");
  cluster.execute("secret", "CREATE TABLE t (id int PRIMARY KEY)");
  switch_tls_on(cluster);

  engine::Endpoint endpoint = cluster.tcp_endpoint("secret");
  endpoint.application = "yb-voyager test";
  endpoint.ssl_mode = "disable";
  EXPECT_THROW(make_change_source(endpoint)->catalog(), Error);
  endpoint.ssl_mode = "verify-full";
  endpoint.ssl_root_cert = (cluster.directory() / "server.crt").string();
  for (const char* mode : {"require", "verify-full"}) {
    endpoint.ssl_mode = mode;
    const auto source = make_change_source(endpoint);
    const auto tables = source->catalog()->tables({});
    const engine::CaptureNames names{"tls_slot", "tls_publication"};
    source->capture_control()->create(names, tables, ignore);
    while (cluster.value("secret", "SELECT active FROM pg_replication_slots") == "t")
      std::this_thread::sleep_for(20ms);
    const auto stream = source->change_stream(names, tables, {});
    EXPECT_EQ(
        cluster.value("secret",
                      "SELECT s.ssl FROM pg_stat_replication r JOIN pg_stat_ssl s USING (pid)"),
        "t");
    source->capture_control()->drop(names, ignore);
  }
}

}  // namespace
}  // namespace voyager::postgres
