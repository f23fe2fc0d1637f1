// SPDX-License-Identifier: Apache-2.0
// The source side of engines/postgres against a real server.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "base/text.hpp"
#include "change_recorder.hpp"
#include "engines/postgres/engine.hpp"
#include "support/pg_cluster.hpp"

namespace voyager::postgres {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::Flush;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Recorder;
using testing::Seen;
using ::testing::UnorderedElementsAre;

class PgSource : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (testing::PgCluster::available()) {
      testing::ClusterOptions options;
      options.settings = {{"max_prepared_transactions", "5"}};
      cluster_ = std::make_unique<testing::PgCluster>(options);
    }
  }
  static void TearDownTestSuite() { cluster_.reset(); }

  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    static int number = 0;
    database_ = "source" + std::to_string(++number);
    names_ = {"slot" + std::to_string(number), "publication" + std::to_string(number)};
    cluster_->create_database(database_);
    engine_ = make_source_engine(endpoint());
  }
  void TearDown() override {
    if (engine_) engine_->capture_control()->drop(names_, [](const std::string&) {});
  }

  engine::Endpoint endpoint(const std::string& user = "postgres") const {
    engine::Endpoint endpoint = cluster_->endpoint(database_, user);
    endpoint.type = "postgresql";
    endpoint.application = "yb-voyager test";
    return endpoint;
  }
  static void expect_rewritten(const std::function<void()>& use) {
    try {
      use();
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code().number, 3210);
      EXPECT_THAT(error.what(), HasSubstr("public.t"));
    }
  }
  void sql(const std::string& text) const { cluster_->execute(database_, text); }
  std::string value(const std::string& text) const { return cluster_->value(database_, text); }
  /// Waits for what a server does a moment after its client has gone.
  void wait_until(const std::string& condition) const {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (value("SELECT " + condition) != "t") {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << condition;
      std::this_thread::sleep_for(20ms);
    }
  }
  void wait_until_slot_is_free() const {
    wait_until("NOT EXISTS (SELECT FROM pg_replication_slots WHERE active AND slot_name = '" +
               names_.slot + "')");
  }
  std::vector<Table> tables() { return engine_->catalog()->tables({}); }
  Table table(const std::string& name) {
    for (Table& table : tables()) {
      if (table.name.name == name) return table;
    }
    throw std::runtime_error("no table " + name);
  }
  std::unique_ptr<engine::SnapshotHolder> start_capture() {
    return engine_->create_capture(names_, tables(), [](const std::string&) {});
  }
  std::unique_ptr<engine::ChangeStream> stream(const Position& after = {}) {
    return engine_->change_stream(names_, recorded_.empty() ? tables() : recorded_, after);
  }

  /// Events up to and with the barrier's commit; a barrier is written first.
  std::vector<Seen> read_to_barrier(engine::ChangeStream& stream, Recorder& recorder,
                                    const std::string& id = "end") {
    engine_->barrier_writer(names_)->write(id);
    std::vector<Seen> seen;
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto event = stream.next(200ms);
      if (!event) continue;
      seen.push_back(recorder.record(*event));
      const auto size = seen.size();
      if (size > 1 && seen[size - 1].kind == "commit" && seen[size - 2].kind == "barrier" &&
          seen[size - 2].text == id)
        return seen;
    }
    ADD_FAILURE() << "the barrier did not come";
    return seen;
  }
  std::vector<Seen> changes(engine::ChangeStream& stream) {
    Recorder recorder;
    std::vector<Seen> seen = read_to_barrier(stream, recorder);
    relations_ = recorder.relations;
    std::erase_if(seen, [](const Seen& event) {
      return event.kind != "I" && event.kind != "U" && event.kind != "D" &&
             event.kind != "truncate";
    });
    return seen;
  }
  const Relation& relation_of_leaf(const std::string& leaf) const {
    for (const auto& [id, relation] : relations_) {
      if (relation.leaf.name == leaf) return relation;
    }
    throw std::runtime_error("no relation " + leaf);
  }
  static std::vector<engine::ChunkPlan> plan(engine::SnapshotReader& reader, const Table& table,
                                             std::int64_t aim_bytes) {
    const engine::TablePlan planned = reader.plan({&table}, aim_bytes).at(0);
    if (planned.rewritten) throw *planned.rewritten;
    return planned.chunks;
  }

  std::string read_csv(engine::SnapshotReader& reader, const Table& table,
                       const engine::ChunkPlan& chunk) {
    std::string text;
    read_one(reader,
             {&table, chunk, ChunkFormat::csv, [&](std::string_view piece) { text += piece; }});
    return text;
  }
  /// The rows that were read.
  static std::uint64_t read_one(engine::SnapshotReader& reader, const engine::ChunkRead& chunk) {
    const auto copied = reader.read({chunk}).at(0);
    if (copied.rewritten) throw *copied.rewritten;
    return copied.rows;
  }
  Error error_of(engine::ChangeStream& stream) {
    try {
      Recorder recorder;
      read_to_barrier(stream, recorder);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode{0}, Action::retry, "no error"};
  }

  static std::unique_ptr<testing::PgCluster> cluster_;
  std::string database_;
  engine::CaptureNames names_;
  std::unique_ptr<engine::SourceEngine> engine_;
  std::vector<Table> recorded_;
  std::map<std::uint32_t, Relation> relations_;
};

std::unique_ptr<testing::PgCluster> PgSource::cluster_;

// Catalog

TEST_F(PgSource, CatalogDescribesColumnsAsDdlAndCastsNeedThem) {
  sql(R"(CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('a'); CREATE DOMAIN app.small AS varchar(5);
         CREATE TABLE app.t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gone int, b bit(3) NOT NULL,
           arr int[], v varchar(20), m app.mood, ms app.mood[], d app.small, ds app.small[], c money,
           r int4range, n numeric(10,2), twice int GENERATED ALWAYS AS (1) STORED);
         ALTER TABLE app.t DROP COLUMN gone;)");
  const Table t = table("t");
  const auto column = [&](const std::string& name) { return *t.find_column(name); };
  EXPECT_EQ(t.columns.size(), 12U);
  EXPECT_EQ(column("id").identity, Identity::always);
  EXPECT_TRUE(column("id").not_null);
  EXPECT_EQ(column("b").type, "bit(3)");
  EXPECT_EQ(column("b").cast_type, R"("pg_catalog"."bit")");
  EXPECT_TRUE(column("b").not_null);
  EXPECT_EQ(column("arr").cast_type, R"("pg_catalog"."_int4")");
  EXPECT_EQ(column("v").type, "character varying(20)");
  EXPECT_EQ(column("m").type, "app.mood");
  EXPECT_EQ(column("m").cast_type, R"("app"."mood")");
  EXPECT_EQ(column("d").type, "app.small");
  EXPECT_EQ(column("d").cast_type, R"("pg_catalog"."varchar")");
  EXPECT_TRUE(column("twice").generated);
  std::vector<std::string> unsafe;
  for (const Column& c : t.columns) {
    if (!c.binary_safe) unsafe.push_back(c.name);
  }
  EXPECT_THAT(unsafe, ElementsAre("m", "ms", "ds", "c"));
}

TEST_F(PgSource, CatalogKeepsHostileNamesExact) {
  const std::string wide(63, 'x');
  sql("CREATE SCHEMA \"Se\"\"x\"; CREATE TABLE \"Se\"\"x\".\"select\" (\"Tab\tle\" int PRIMARY "
      "KEY, "
      "\"größe\" int); CREATE TABLE \"" +
      wide + "\" (\"" + wide + "\" int); CREATE TABLE \"a.b\" ()");
  const auto all = tables();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].name, (QualifiedName{"Se\"x", "select"}));
  EXPECT_THAT(all[0].key, ElementsAre("Tab\tle"));
  EXPECT_EQ(all[0].columns[1].name, "größe");
  EXPECT_EQ(all[1].name.name, "a.b");
  EXPECT_TRUE(all[1].columns.empty());
  EXPECT_EQ(all[2].name.name, wide);
  EXPECT_EQ(engine_->catalog()->tables({"Se\"x"}).size(), 1U);
}

TEST_F(PgSource, CatalogTreatsPartitionTreesAsOneTableAndInheritanceAsMany) {
  sql(R"(CREATE SCHEMA other;
         CREATE TABLE p (a int, b int, PRIMARY KEY (b, a)) PARTITION BY RANGE (a);
         CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
         CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20) PARTITION BY LIST (b);
         CREATE TABLE other.p2a PARTITION OF p2 FOR VALUES IN (1);
         CREATE TABLE parent (x int); CREATE TABLE child () INHERITS (parent);
         CREATE TABLE keyed (a int, b int) PARTITION BY LIST (a);
         CREATE TABLE keyed1 PARTITION OF keyed (PRIMARY KEY (a, b)) FOR VALUES IN (1);
         CREATE TABLE keyed2 PARTITION OF keyed (PRIMARY KEY (a, b)) FOR VALUES IN (2);
         CREATE TEMP TABLE temporary_one (x int); CREATE UNLOGGED TABLE fast (x int PRIMARY KEY))");
  std::vector<std::string> names;
  for (const Table& t : tables()) names.push_back(t.name.name);
  EXPECT_THAT(names, ElementsAre("child", "fast", "keyed", "p", "parent"));
  const Table p = table("p");
  EXPECT_TRUE(p.partitioned);
  EXPECT_THAT(p.leaves, ElementsAre(QualifiedName{"other", "p2a"}, QualifiedName{"public", "p1"}));
  EXPECT_THAT(p.key, ElementsAre("b", "a"));
  EXPECT_THAT(p.needs_full_identity, IsEmpty());
  EXPECT_THAT(table("keyed").key, ElementsAre("a", "b"));
  EXPECT_THAT(table("parent").needs_full_identity, ElementsAre(QualifiedName{"public", "parent"}));
}

TEST_F(PgSource, CatalogFindsUniqueKeysOfEveryKind) {
  sql(R"(CREATE TABLE t (id int PRIMARY KEY, a int, b text, r int4range, UNIQUE (a, id),
           EXCLUDE USING gist (r WITH &&));
         CREATE UNIQUE INDEX t_lower ON t (lower(b)); CREATE UNIQUE INDEX t_part ON t (b) INCLUDE (a) WHERE a > 0;
         CREATE INDEX plain ON t (b))");
  std::map<std::string, UniqueKey> keys;
  for (const UniqueKey& key : table("t").unique_keys) keys[key.name] = key;
  ASSERT_EQ(keys.size(), 4U);
  EXPECT_THAT(keys["t_a_id_key"].columns, ElementsAre("a", "id"));
  EXPECT_THAT(keys["t_lower"].columns, IsEmpty());
  EXPECT_THAT(keys["t_part"].columns, ElementsAre("b"));
  EXPECT_TRUE(keys["t_part"].partial);
  EXPECT_THAT(keys["t_r_excl"].columns, IsEmpty());
}

TEST_F(PgSource, CatalogReadsManyTablesAndColumnsQuickly) {
  sql("DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, v "
      "text)', "
      "i); IF i % 200 = 0 THEN COMMIT; END IF; END LOOP; END $$");
  sql("DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE wide (' || string_agg('c' || i || ' int', ',') || "
      "')' "
      "FROM generate_series(1, 1600) i); END $$");
  const auto begun = std::chrono::steady_clock::now();
  const auto all = tables();
  EXPECT_EQ(all.size(), 1001U);
  EXPECT_EQ(table("wide").columns.size(), 1600U);
  EXPECT_LT(std::chrono::steady_clock::now() - begun,
            20s);  // a loaded machine; queries are set-based
}

TEST_F(PgSource, SequencesAreExactAlsoBeforeTheirFirstValue) {
  sql(R"(CREATE TABLE t (id serial, n int GENERATED BY DEFAULT AS IDENTITY (START 7 INCREMENT 3));
         CREATE SEQUENCE "Free" AS smallint START 5 CACHE 20; INSERT INTO t DEFAULT VALUES;
         SELECT setval('t_id_seq', 42))");
  std::map<std::string, Sequence> sequences;
  for (const Sequence& s : engine_->catalog()->sequences({})) sequences[s.name.name] = s;
  ASSERT_EQ(sequences.size(), 3U);
  EXPECT_EQ(sequences["t_id_seq"].last_value, 42);
  EXPECT_TRUE(sequences["t_id_seq"].is_called);
  EXPECT_EQ(sequences["t_id_seq"].owner_table.name, "t");
  EXPECT_EQ(sequences["t_id_seq"].owner_column, "id");
  EXPECT_EQ(sequences["t_n_seq"].last_value, 7);
  EXPECT_EQ(sequences["t_n_seq"].increment, 3);
  EXPECT_EQ(sequences["t_n_seq"].owner_column, "n");
  EXPECT_EQ(sequences["Free"].last_value, 5);
  EXPECT_FALSE(sequences["Free"].is_called);
  EXPECT_EQ(sequences["Free"].cache, 20);
  EXPECT_EQ(sequences["Free"].type, "smallint");
  EXPECT_TRUE(sequences["Free"].owner_table.name.empty());
}

// Snapshot

TEST_F(PgSource, ChunksHoldEveryRowOnceAndKeepNullApartFromEmpty) {
  sql("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('x', 500) FROM "
      "generate_series(1, 5000) i; UPDATE t SET v = NULL WHERE id = 1; UPDATE t SET v = '' WHERE "
      "id = 2");
  const Table t = table("t");
  const auto snapshot = engine_->hold_snapshot();
  EXPECT_TRUE(snapshot->position().empty());
  sql("INSERT INTO t VALUES (6000, 'later'); DELETE FROM t WHERE id = 3");
  const auto reader = engine_->snapshot_reader(snapshot->id());
  const auto chunks = plan(*reader, t, 256 * 1024);
  EXPECT_GT(chunks.size(), 5U);
  std::multiset<std::string> rows;
  std::uint64_t counted = 0;
  for (const auto& chunk : chunks) {
    std::string text;
    counted += read_one(
        *reader, {&t, chunk, ChunkFormat::csv, [&](std::string_view piece) { text += piece; }});
    for (const std::string& line : split(text, '\n')) {
      if (!line.empty()) rows.insert(line.substr(0, line.find("xxx")));
    }
  }
  EXPECT_EQ(counted, 5000U);
  EXPECT_EQ(rows.size(), 5000U);
  EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), 5000U);
  EXPECT_EQ(rows.count("1,"), 1U);
  EXPECT_EQ(rows.count("2,\"\""), 1U);
  EXPECT_EQ(rows.count("3,"), 1U);
}

TEST_F(PgSource, TablesWithoutStoredColumnsAndChildrenAreReadAlone) {
  sql("CREATE TABLE empty (); INSERT INTO empty DEFAULT VALUES; INSERT INTO empty DEFAULT VALUES; "
      "CREATE "
      "TABLE parent (x int); CREATE TABLE child () INHERITS (parent); INSERT INTO parent VALUES "
      "(1); "
      "INSERT INTO child VALUES (2)");
  const auto snapshot = engine_->hold_snapshot();
  const auto reader = engine_->snapshot_reader(snapshot->id());
  const Table empty = table("empty");
  for (const ChunkFormat format : {ChunkFormat::binary, ChunkFormat::csv}) {
    const auto ignore = [](std::string_view) {};
    EXPECT_EQ(read_one(*reader, {&empty, {empty.name, "", 0}, format, ignore}), 2U);
  }
  const Table parent = table("parent");
  EXPECT_EQ(read_csv(*reader, parent, plan(*reader, parent, 1 << 20).at(0)), "1\n");
}

TEST_F(PgSource, ALostSnapshotHasItsOwnError) {
  sql("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  const Table t = table("t");
  auto snapshot = engine_->hold_snapshot();
  const auto reader = engine_->snapshot_reader(snapshot->id());
  snapshot.reset();
  wait_until(
      "NOT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = "
      "current_database())");
  try {
    read_csv(*reader, t, {t.name, "", 0});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 3203);
    EXPECT_EQ(error.action(), Action::give_up);
  }
}

TEST_F(PgSource, ARewriteBetweenChunksIsNoticed) {
  sql("CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, repeat('x', 500) FROM "
      "generate_series(1, 1000) i");
  const Table t = table("t");
  const auto snapshot = engine_->hold_snapshot();
  const auto reader = engine_->snapshot_reader(snapshot->id());
  const auto chunks = plan(*reader, t, 64 * 1024);
  read_csv(*reader, t, chunks.at(0));
  sql("DELETE FROM t WHERE id < 500");
  sql("VACUUM FULL t");  // no lock is left behind by the reader
  expect_rewritten([&] { read_csv(*reader, t, chunks.at(1)); });
}

/// TRUNCATE empties a table for older snapshots too, so that what they had is lost.
TEST_F(PgSource, RowsThatTheSnapshotHadAndTruncateTookAreNotTakenForNone) {
  sql("CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE TABLE other (id int)");
  const Table t = table("t");
  const auto snapshot = engine_->hold_snapshot();
  const auto reader = engine_->snapshot_reader(snapshot->id());
  const auto chunks = plan(*reader, t, 1 << 20);
  sql("TRUNCATE t; INSERT INTO t VALUES (2)");
  expect_rewritten([&] { read_csv(*reader, t, chunks.at(0)); });
  expect_rewritten([&] { plan(*reader, t, 1 << 20); });
  EXPECT_TRUE(plan(*reader, table("other"), 1 << 20).empty());
  const auto later = engine_->hold_snapshot();
  const auto later_reader = engine_->snapshot_reader(later->id());
  EXPECT_EQ(read_csv(*later_reader, t, plan(*later_reader, t, 1 << 20).at(0)), "2\n");
}

TEST_F(PgSource, APlanOfManyTablesTellsTheRewrittenFromTheOthers) {
  sql("CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE TABLE kept (id int); INSERT INTO "
      "kept VALUES (1); CREATE TABLE none (id int); CREATE TABLE gone (id int); INSERT INTO gone "
      "VALUES (1); CREATE TABLE tree (id int) PARTITION BY RANGE (id); CREATE TABLE low PARTITION "
      "OF tree FOR VALUES FROM (0) TO (9); CREATE TABLE high PARTITION OF tree FOR VALUES FROM (9) "
      "TO (99); INSERT INTO tree VALUES (1), (10)");
  const std::vector<Table> all{table("t"), table("kept"), table("none"), table("gone"),
                               table("tree")};
  const auto snapshot = engine_->hold_snapshot();
  const auto reader = engine_->snapshot_reader(snapshot->id());
  sql("TRUNCATE t; DROP TABLE gone");
  std::vector<const Table*> asked;
  for (const Table& one : all) asked.push_back(&one);
  const auto plans = reader->plan(asked, 1 << 20);
  ASSERT_EQ(plans.size(), all.size());
  EXPECT_EQ(plans[0].rewritten->code().number, 3210);
  EXPECT_FALSE(plans[1].rewritten);
  EXPECT_EQ(read_csv(*reader, all[1], plans[1].chunks.at(0)), "1\n");
  EXPECT_FALSE(plans[2].rewritten);
  EXPECT_TRUE(plans[2].chunks.empty());
  EXPECT_TRUE(plans[3].rewritten);
  EXPECT_FALSE(plans[4].rewritten);
  EXPECT_EQ(plans[4].chunks.size(), 2U);
}

/// So do the forms of ALTER TABLE that write it anew.
TEST_F(PgSource, RowsThatAlterTableTookFromTheSnapshotAreNotTakenForNone) {
  sql("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  const Table t = table("t");
  const auto snapshot = engine_->hold_snapshot();
  const auto reader = engine_->snapshot_reader(snapshot->id());
  sql("ALTER TABLE t ALTER id TYPE bigint");
  expect_rewritten([&] { plan(*reader, t, 1 << 20); });
}

// Capture

TEST_F(PgSource, SnapshotAndStreamMeetExactly) {
  sql("CREATE TABLE t (id bigint PRIMARY KEY)");
  recorded_ = tables();
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; !stop; ++i) {
        sql("INSERT INTO t VALUES (" + std::to_string(writer * 1'000'000 + i) + ")");
        ++written;
      }
    });
  }
  while (written < 30) std::this_thread::yield();
  const auto snapshot = start_capture();
  const int at_snapshot = written;
  while (written < at_snapshot + 30) std::this_thread::yield();
  stop = true;
  writers.clear();

  const auto reader = engine_->snapshot_reader(snapshot->id());
  const Table& t = recorded_.at(0);
  std::multiset<std::string> rows;
  for (const auto& chunk : plan(*reader, t, 1 << 20)) {
    for (const std::string& line : split(read_csv(*reader, t, chunk), '\n')) {
      if (!line.empty()) rows.insert(line);
    }
  }
  EXPECT_GT(rows.size(), 0U);
  const auto changes_stream = stream();
  Recorder recorder;
  std::size_t streamed = 0;
  for (const Seen& event : read_to_barrier(*changes_stream, recorder)) {
    if (event.kind == "begin") {
      EXPECT_GE(event.text, snapshot->position().text);
    }
    if (event.kind != "I") continue;
    rows.insert(event.after.at(0));
    ++streamed;
  }
  EXPECT_GT(streamed, 0U);
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(written));
  EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), rows.size());
  EXPECT_EQ(std::to_string(rows.size()), value("SELECT count(*) FROM t"));
}

TEST_F(PgSource, CreateSaysWhoKeepsItWaiting) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  sql("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'the blocker'");
  std::vector<std::string> reasons;
  const auto holder = engine_->create_capture(names_, tables(), [&](const std::string& reason) {
    reasons.push_back(reason);
    if (reason.find("the blocker") != std::string::npos && reasons.size() < 10)
      sql("COMMIT PREPARED 'the blocker'");
  });
  EXPECT_THAT(reasons, Contains(HasSubstr("prepared transaction 'the blocker'")));
  EXPECT_EQ(holder->position().text.size(), 16U);
}

TEST_F(PgSource, AWaitThatIsGivenUpLeavesNoSlot) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  sql("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'stays'");
  const auto control = engine_->capture_control();
  EXPECT_THROW(control->create(names_, tables(),
                               [](const std::string&) { throw std::runtime_error("stop"); }),
               std::runtime_error);
  sql("ROLLBACK PREPARED 'stays'");
  control->drop(names_, [](const std::string&) {});
  EXPECT_EQ(
      value("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" + names_.slot + "'"),
      "0");
}

TEST_F(PgSource, ARenewedSnapshotHasALaterPositionAndLeavesNoSlot) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  const auto first = start_capture();
  sql("INSERT INTO t VALUES (1)");
  const auto second = engine_->renew_snapshot();
  EXPECT_GT(second->position(), first->position());
  const Table t = table("t");
  const auto reader = engine_->snapshot_reader(second->id());
  EXPECT_EQ(read_csv(*reader, t, {t.name, "", 0}), "1\n");
  wait_until("NOT EXISTS (SELECT FROM pg_replication_slots WHERE temporary)");
}

TEST_F(PgSource, ChangesCarryOldKeysNullsAndUntouchedToast) {
  sql("CREATE TABLE t (id int PRIMARY KEY, v text, big text); ALTER TABLE t ALTER big SET STORAGE "
      "EXTERNAL; CREATE TABLE f (a int, b text); ALTER TABLE f REPLICA IDENTITY FULL");
  start_capture();
  const std::string big(3000, 'y');
  sql("INSERT INTO t VALUES (1, NULL, '" + big + "')");
  sql("UPDATE t SET v = '' WHERE id = 1");
  sql("UPDATE t SET id = 2 WHERE id = 1");
  sql("DELETE FROM t");
  sql("INSERT INTO f VALUES (1, NULL); UPDATE f SET a = 2; DELETE FROM f");
  const auto changes_stream = stream();
  const auto seen = changes(*changes_stream);
  ASSERT_EQ(seen.size(), 7U);
  EXPECT_THAT(seen[0].after, ElementsAre("1", "<null>", big));
  EXPECT_THAT(seen[1].before, IsEmpty());
  EXPECT_THAT(seen[1].after, ElementsAre("1", "", "<same>"));
  EXPECT_THAT(seen[2].before, ElementsAre("1", "<same>", "<same>"));
  EXPECT_THAT(seen[2].after, ElementsAre("2", "", "<same>"));
  EXPECT_THAT(seen[3].before, ElementsAre("2", "<same>", "<same>"));
  EXPECT_THAT(seen[5].before, ElementsAre("1", "<null>"));
  EXPECT_THAT(seen[5].after, ElementsAre("2", "<null>"));
  EXPECT_THAT(seen[6].before, ElementsAre("2", "<null>"));
  const Relation& t = relation_of_leaf("t");
  EXPECT_TRUE(t.columns.at(0).key);
  EXPECT_FALSE(t.columns.at(1).key);
  EXPECT_FALSE(relation_of_leaf("f").columns.at(0).key);
}

TEST_F(PgSource, TransactionsAreWholeAndThoseWithoutContentAreLeftOut) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  start_capture();
  sql("CREATE TABLE unrelated (x int); INSERT INTO unrelated VALUES (1)");
  sql("SELECT pg_logical_emit_message(true, 'somebody else', 'x')");
  sql("BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); COMMIT");
  recorded_ = {table("t")};
  const auto changes_stream = stream();
  Recorder recorder;
  std::vector<std::string> kinds;
  for (const Seen& event : read_to_barrier(*changes_stream, recorder)) kinds.push_back(event.kind);
  EXPECT_THAT(kinds,
              ElementsAre("begin", "relation", "I", "I", "commit", "begin", "barrier", "commit"));
}

TEST_F(PgSource, PartitionsAreMappedToTheirRootAndNewOnesAreFollowed) {
  sql("CREATE TABLE p (a int PRIMARY KEY, b text) PARTITION BY RANGE (a); CREATE TABLE p1 "
      "PARTITION OF p "
      "FOR VALUES FROM (0) TO (10); CREATE TABLE p3 (b text, a int NOT NULL)");
  recorded_ = {table("p")};
  engine_->create_capture(names_, recorded_, [](const std::string&) {});
  sql("INSERT INTO p VALUES (1, 'one')");
  sql("CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20); INSERT INTO p VALUES (11, "
      "'new')");
  sql("UPDATE p SET a = 12 WHERE a = 1");
  sql("ALTER TABLE p ATTACH PARTITION p3 FOR VALUES FROM (20) TO (30); INSERT INTO p VALUES (21, "
      "'x')");
  const auto changes_stream = stream();
  const auto seen = changes(*changes_stream);
  ASSERT_EQ(seen.size(), 5U);
  for (const Seen& event : seen) EXPECT_EQ(event.text, "public.p");
  EXPECT_EQ(seen[2].kind, "D");
  EXPECT_EQ(seen[3].kind, "I");
  EXPECT_THAT(seen[4].after, ElementsAre("x", "21"));
  EXPECT_THAT(relation_of_leaf("p2").leaf_filter, HasSubstr("a >= 10"));
  EXPECT_TRUE(relation_of_leaf("p3").columns.at(1).key);
}

TEST_F(PgSource, APartitionAttachedWithRowsStopsTheStream) {
  sql("CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a); CREATE TABLE late (a int NOT "
      "NULL)");
  recorded_ = {table("p")};
  engine_->create_capture(names_, recorded_, [](const std::string&) {});
  sql("INSERT INTO late VALUES (1)");
  sql("ALTER TABLE p ATTACH PARTITION late FOR VALUES FROM (0) TO (10)");
  sql("INSERT INTO p VALUES (2)");
  const auto changes_stream = stream();
  const Error error = error_of(*changes_stream);
  EXPECT_EQ(error.code().number, 3202);
  EXPECT_THAT(error.what(), HasSubstr("public.late"));
}

TEST_F(PgSource, TruncateNamesAllItsRelations) {
  sql("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a); "
      "CREATE TABLE "
      "h (id int PRIMARY KEY) PARTITION BY HASH (id); CREATE TABLE h0 PARTITION OF h FOR VALUES "
      "WITH "
      "(MODULUS 1, REMAINDER 0)");
  start_capture();
  sql("TRUNCATE a, b RESTART IDENTITY");
  sql("TRUNCATE h0");
  const auto changes_stream = stream();
  const auto seen = changes(*changes_stream);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].text, "public.a,public.b");
  EXPECT_THAT(seen[0].after, ElementsAre("restart"));
  EXPECT_EQ(seen[1].text, "public.h0");
  EXPECT_EQ(relation_of_leaf("h0").leaf_filter, "");
}

TEST_F(PgSource, AChangedTableStopsTheStreamWithTableAndColumn) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"ADD COLUMN extra int", "column \"extra\" was added"},
      {"DROP COLUMN v", "column \"v\" was dropped"},
      {"RENAME COLUMN v TO w", "column \"v\" was dropped, column \"w\" was added"},
      {"ALTER COLUMN v TYPE varchar(10)",
       "column \"v\" changed its type from text to character varying(10)"}};
  for (const auto& [change, message] : cases) {
    sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text)");
    recorded_ = tables();
    start_capture();
    sql("INSERT INTO t VALUES (1, 'before')");
    sql("ALTER TABLE t " + change + "; INSERT INTO t (id) VALUES (2)");
    const auto changes_stream = stream();
    const Error error = error_of(*changes_stream);
    EXPECT_EQ(error.code().number, 3202) << error.what();
    EXPECT_EQ(error.action(), Action::give_up);
    EXPECT_THAT(error.what(), HasSubstr("table public.t "));
    EXPECT_THAT(error.what(), HasSubstr(message));
    EXPECT_FALSE(error.remedy().empty());
  }
}

TEST_F(PgSource, ARestartSendsOnlyWhatIsNotKnown) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  start_capture();
  recorded_ = tables();
  for (int i = 1; i <= 4; ++i) sql("INSERT INTO t VALUES (" + std::to_string(i) + ")");
  Recorder recorder;
  std::vector<Position> commits;
  {
    const auto first = stream();
    for (const Seen& event : read_to_barrier(*first, recorder)) {
      if (event.kind == "commit") commits.push_back({event.text});
    }
    ASSERT_EQ(commits.size(), 5U);
    first->acknowledge(Flush::durable(commits[1]));
  }
  // Rows 1 and 2 are confirmed; row 3 is known to the caller although it never said so.
  EXPECT_TRUE(engine_->capture_control()->usable(names_, commits[2]));
  wait_until_slot_is_free();
  const auto second = stream(commits[2]);
  std::vector<std::string> rows;
  for (const Seen& event : read_to_barrier(*second, recorder, "second")) {
    if (event.kind == "I") rows.push_back(event.after.at(0));
  }
  EXPECT_THAT(rows, ElementsAre("4"));
}

TEST_F(PgSource, UnacknowledgedTransactionsAreNeverConfirmed) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  start_capture();
  sql("INSERT INTO t VALUES (1)");
  {
    const auto first = stream();
    EXPECT_EQ(changes(*first).size(), 1U);
    sql("CREATE TABLE noise AS SELECT generate_series(1, 1000)");
    std::this_thread::sleep_for(100ms);
    first->next(100ms);
  }
  wait_until_slot_is_free();
  const auto second = stream();
  EXPECT_EQ(changes(*second).size(), 1U);
}

TEST_F(PgSource, AnIdleSourceIsConfirmedByKeepAlives) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  start_capture();
  const auto changes_stream = stream();
  sql("CREATE TABLE noise AS SELECT generate_series(1, 1000)");
  const std::string target = value("SELECT pg_current_wal_lsn()");
  const std::string confirmed = "SELECT confirmed_flush_lsn >= '" + target +
                                "' FROM pg_replication_slots WHERE slot_name = '" + names_.slot +
                                "'";
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (value(confirmed) != "t" && std::chrono::steady_clock::now() < deadline)
    EXPECT_FALSE(changes_stream->next(200ms));
  EXPECT_EQ(value(confirmed), "t");
  EXPECT_EQ(changes_stream->caught_up_to().text.size(), 16U);
  EXPECT_TRUE(changes_stream->bytes_behind().has_value());
}

TEST_F(PgSource, TheConnectionStaysAliveWhileNobodyReads) {
  sql("CREATE TABLE t (id int PRIMARY KEY, v text)");
  start_capture();
  const auto changes_stream = stream();
  sql("INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) i");
  const std::string sent =
      "SELECT reply_time > now() - interval '6 seconds' FROM pg_stat_replication "
      "WHERE application_name = 'yb-voyager test'";
  std::this_thread::sleep_for(11s);
  EXPECT_EQ(value(sent), "t");
  EXPECT_EQ(changes(*changes_stream).size(), 20000U);
}

TEST_F(PgSource, AMissingSlotIsGivenUpAndABusyOneIsTriedAgain) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  try {
    stream();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 3201);
    EXPECT_EQ(error.action(), Action::give_up);
  }
  EXPECT_FALSE(engine_->capture_control()->usable(names_, {}));
  start_capture();
  const auto first = stream();
  try {
    stream();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.action(), Action::reconnect);
  }
}

TEST_F(PgSource, AnEndedWalSenderMeansReconnect) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  start_capture();
  const auto changes_stream = stream();
  sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '" +
      names_.slot + "'");
  try {
    for (int i = 0; i < 50; ++i) changes_stream->next(100ms);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.action(), Action::reconnect);
  }
}

TEST_F(PgSource, DropEndsItsOwnStreamAndLeavesNothing) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  start_capture();
  const auto changes_stream = stream();
  const auto control = engine_->capture_control();
  control->drop(names_, [](const std::string&) {});
  EXPECT_EQ(
      value("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" + names_.slot + "'"),
      "0");
  EXPECT_EQ(value("SELECT count(*) FROM pg_publication"), "0");
  EXPECT_NO_THROW(control->drop(names_, [](const std::string&) {}));
}

TEST_F(PgSource, IdentitiesAreRecordedChangedAndPutBack) {
  sql("CREATE TABLE nokey (a int); CREATE TABLE off (id int PRIMARY KEY); ALTER TABLE off REPLICA "
      "IDENTITY "
      "NOTHING; CREATE TABLE late (id int PRIMARY KEY DEFERRABLE); CREATE TABLE fine (id int "
      "PRIMARY KEY)");
  std::vector<engine::SourceChange> recorded;
  const auto control = engine_->capture_control();
  const auto before = tables();
  const auto record = [&](const engine::SourceChange& change) { recorded.push_back(change); };
  control->prepare_identities(before, record);
  control->prepare_identities(before, record);  // after a crash
  const std::string identities =
      "SELECT string_agg(relname || ':' || relreplident::text, ' ' ORDER BY relname) FROM pg_class "
      "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
  EXPECT_EQ(value(identities), "fine:d late:f nokey:f off:d");
  ASSERT_EQ(recorded.size(), 3U);
  for (const auto& change : recorded) control->restore_identity(change);
  EXPECT_EQ(value(identities), "fine:d late:d nokey:d off:n");
}

TEST_F(PgSource, AnIdentityByIndexIsPutBackByName) {
  sql("CREATE TABLE t (id int PRIMARY KEY, u int NOT NULL); CREATE UNIQUE INDEX \"U\" ON t (u); "
      "ALTER TABLE "
      "t REPLICA IDENTITY FULL");
  engine_->capture_control()->restore_identity({{"public", "t"}, "i U"});
  EXPECT_EQ(value("SELECT relreplident FROM pg_class WHERE relname = 't'"), "i");
  EXPECT_THAT(table("t").key, ElementsAre("u"));
  EXPECT_NO_THROW(engine_->capture_control()->restore_identity({{"public", "gone"}, "d"}));
}

TEST_F(PgSource, PreflightOfASuperuserIsCleanAndNamesWhatCantBeCaptured) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  EXPECT_THAT(engine_->capture_control()->preflight(tables()), IsEmpty());
  sql("CREATE UNLOGGED TABLE u (id int PRIMARY KEY)");
  EXPECT_THAT(engine_->capture_control()->preflight(tables()),
              ElementsAre(HasSubstr("unlogged tables can't be captured: public.u")));
}

TEST_F(PgSource, TheUserOfTheGuideMigratesWithoutSuperuserRights) {
  const std::string user = "guide_" + database_;
  sql("CREATE ROLE owner_" + database_ + "; CREATE ROLE " + user +
      " LOGIN; CREATE SCHEMA app; CREATE TABLE "
      "app.t (id serial PRIMARY KEY); CREATE TABLE app.nokey (a int)");
  engine_ = make_source_engine(endpoint(user));
  EXPECT_EQ(engine_->capture_control()->preflight(tables()).size(), 6U);
  sql("ALTER ROLE " + user + " REPLICATION; GRANT owner_" + database_ + " TO " + user +
      "; GRANT USAGE ON SCHEMA app TO " + user + "; GRANT SELECT ON ALL TABLES IN SCHEMA app TO " +
      user + "; GRANT SELECT ON ALL SEQUENCES IN SCHEMA app TO " + user +
      "; ALTER TABLE app.t OWNER TO owner_" + database_ +
      "; ALTER TABLE app.nokey OWNER TO owner_" + database_ +
      "; GRANT USAGE ON SCHEMA app TO "
      "owner_" +
      database_ + "; GRANT CREATE ON DATABASE " + database_ + " TO " + user);
  engine_ = make_source_engine(endpoint(user));
  const auto control = engine_->capture_control();
  EXPECT_THAT(control->preflight(tables()), IsEmpty());
  control->prepare_identities(tables(), [](const engine::SourceChange&) {});
  EXPECT_EQ(engine_->catalog()->sequences({}).size(), 1U);
  start_capture();
  sql("INSERT INTO app.t DEFAULT VALUES; INSERT INTO app.nokey VALUES (1); DELETE FROM app.nokey");
  const auto changes_stream = stream();
  EXPECT_EQ(changes(*changes_stream).size(), 3U);
  EXPECT_TRUE(control->usable(names_, {}));
}

TEST_F(PgSource, RowsHiddenByAPolicyAreAnErrorNotALoss) {
  const std::string user = "hidden_" + database_;
  sql("CREATE ROLE " + user +
      " LOGIN; CREATE TABLE t (id int); INSERT INTO t VALUES (1); ALTER TABLE t "
      "ENABLE ROW LEVEL SECURITY; GRANT SELECT ON t TO " +
      user);
  const auto source = make_source_engine(endpoint(user));
  const Table t = table("t");
  const auto snapshot = source->hold_snapshot();
  const auto reader = source->snapshot_reader(snapshot->id());
  EXPECT_THROW(read_csv(*reader, t, {t.name, "", 0}), Error);
  EXPECT_THAT(source->capture_control()->preflight(tables()),
              Contains(HasSubstr("Row-level security hides rows")));
}

TEST_F(PgSource, AReadOnlyDatabaseStillTakesBarriersAndIsCleanedUp) {
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  start_capture();
  sql("ALTER DATABASE " + database_ + " SET default_transaction_read_only = on");
  {
    const auto changes_stream = stream();
    EXPECT_THAT(changes(*changes_stream), IsEmpty());
  }
  engine_->capture_control()->drop(names_, [](const std::string&) {});
  EXPECT_EQ(value("SELECT count(*) FROM pg_publication"), "0");
}

}  // namespace
}  // namespace voyager::postgres
