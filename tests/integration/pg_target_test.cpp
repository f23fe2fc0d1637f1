// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <thread>

#include "pg_target_support.hpp"

namespace voyager::testing {
namespace {

class BulkLoading : public PgTarget {
 protected:
  std::uint64_t load(const Table& table, ChunkFormat format, std::int64_t number = 1) {
    const std::string bytes = chunk_of(table, format);
    return load_one(*engine_->bulk_loader(),
                    {batch(table, number), &table, format, pieces_of(bytes)});
  }
  bool is_loaded(const engine::BatchId& batch) {
    const auto loaded = engine_->ledger()->loaded_batches();
    return std::find(loaded.begin(), loaded.end(), batch) != loaded.end();
  }
  static engine::BatchId batch(const Table& table, std::int64_t number = 1) {
    return {table.name, "chunk-" + std::to_string(number), number};
  }
};

TEST_F(BulkLoading, LoadsAChunkOnceHoweverOftenItIsAsked) {
  run_on_both("CREATE TABLE t (id int PRIMARY KEY, name text)");
  run("source", "INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 500) i");
  const Table table = source_table("t");
  for (const ChunkFormat format : {ChunkFormat::binary, ChunkFormat::csv}) {
    EXPECT_FALSE(is_loaded(batch(table)));
    EXPECT_EQ(load(table, format), 500U);
    EXPECT_TRUE(is_loaded(batch(table)));
    EXPECT_EQ(load(table, format), 500U);
    EXPECT_EQ(value("target", "SELECT count(*) FROM t"), "500");
    engine_->bulk_loader()->discard(table.name);
    EXPECT_EQ(value("target", "SELECT count(*) FROM t"), "0");
  }
}

TEST_F(BulkLoading, LoadsManyTogetherAndWhatIsMissingOfThemLater) {
  run_on_both("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int)");
  run("source", "INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (7)");
  run("source", "CREATE TABLE c (id int PRIMARY KEY); INSERT INTO c VALUES (5)");
  run("target", "CREATE TABLE c (id text PRIMARY KEY)");
  std::vector<Table> tables{source_table("a"), source_table("b"), source_table("c")};
  std::vector<std::string> bytes;
  for (const Table& table : tables) bytes.push_back(chunk_of(table, ChunkFormat::binary));
  const auto load_through = [&](std::size_t last) {
    std::vector<engine::ChunkLoad> chunks;
    for (std::size_t i = 0; i <= last; ++i)
      chunks.push_back({batch(tables[i]), &tables[i], ChunkFormat::binary, pieces_of(bytes[i])});
    return engine_->bulk_loader()->load(chunks);
  };
  EXPECT_EQ(load_through(0), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(load_through(2), (std::vector<std::uint64_t>{2, 1, 1}));
  EXPECT_EQ(load_through(2), (std::vector<std::uint64_t>{2, 1, 1}));
  EXPECT_EQ(value("target",
                  "SELECT (SELECT count(*) FROM a) || ',' || (SELECT count(*) FROM b) "
                  "|| ',' || (SELECT string_agg(id, ' ') FROM c)"),
            "2,1,5");
  EXPECT_EQ(engine_->ledger()->loaded_batches().size(), 3U);
}

TEST_F(BulkLoading, OneThatIsRefusedTakesTheOthersWithIt) {
  run_on_both("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)");
  run("source", "INSERT INTO a VALUES (1); INSERT INTO b VALUES (2)");
  run("target", "INSERT INTO b VALUES (2)");
  std::vector<Table> tables{source_table("a"), source_table("b")};
  std::vector<engine::ChunkLoad> chunks;
  const std::string one = chunk_of(tables[0], ChunkFormat::csv);
  const std::string two = chunk_of(tables[1], ChunkFormat::csv);
  chunks.push_back({batch(tables[0]), &tables[0], ChunkFormat::csv, pieces_of(one)});
  chunks.push_back({batch(tables[1]), &tables[1], ChunkFormat::csv, pieces_of(two)});
  const auto loader = engine_->bulk_loader();
  EXPECT_THROW(loader->load(chunks), Error);
  EXPECT_EQ(value("target", "SELECT count(*) FROM a"), "0");
  EXPECT_TRUE(engine_->ledger()->loaded_batches().empty());
  chunks[0].read = pieces_of(one);
  EXPECT_EQ(load_one(*loader, chunks[0]), 1U) << "the loader is still of use";
}

TEST_F(BulkLoading, LeavesNothingBehindWhenTheChunkCannotBeRead) {
  run_on_both("CREATE TABLE t (id int PRIMARY KEY, name text)");
  run("source", "INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 500) i");
  const Table table = source_table("t");
  const auto loader = engine_->bulk_loader();
  int calls = 0;
  const auto broken = [&](std::string& piece) -> bool {
    if (++calls == 2) throw std::runtime_error("disk");
    piece = "1,one\n";
    return true;
  };
  EXPECT_THROW(load_one(*loader, {batch(table), &table, ChunkFormat::csv, broken}),
               std::runtime_error);
  EXPECT_EQ(value("target", "SELECT count(*) FROM t"), "0");
  EXPECT_FALSE(is_loaded(batch(table)));
  const std::string bytes = chunk_of(table, ChunkFormat::binary);
  EXPECT_EQ(load_one(*loader, {batch(table), &table, ChunkFormat::binary, pieces_of(bytes)}), 500U);
}

TEST_F(BulkLoading, NamesFileAndTableButNoDataWhenARowIsRefused) {
  run("source", "CREATE TABLE t (id int PRIMARY KEY, name text)");
  run("target", "CREATE TABLE t (id int PRIMARY KEY, name int)");
  run("source", "INSERT INTO t VALUES (1, 'secret')");
  const Table table = source_table("t");
  try {
    load(table, ChunkFormat::csv);
    FAIL() << "text is no number";
  } catch (const Error& error) {
    const std::string line = error.line();
    EXPECT_NE(line.find("chunk-1"), std::string::npos) << line;
    EXPECT_NE(line.find("public.t"), std::string::npos) << line;
    EXPECT_EQ(line.find("secret"), std::string::npos) << line;
  }
}

TEST_F(BulkLoading, BringsBinaryRowsIntoColumnsOfOtherTypes) {
  run("source",
      "CREATE TABLE t (id int PRIMARY KEY, a char(5), b numeric, c text, d float8, e bool)");
  run("target",
      "CREATE TABLE t (id bigint PRIMARY KEY, a text, b float8, c varchar(20), d numeric, e text)");
  run("source",
      "INSERT INTO t VALUES (1, 'ab', 1.5, '', 0.1, true), (2, NULL, NULL, NULL, NULL, NULL)");
  const Table table = source_table("t");
  EXPECT_EQ(load(table, ChunkFormat::binary), 2U);
  EXPECT_EQ(value("target", "SELECT string_agg(t::text, ' ' ORDER BY id) FROM t"),
            "(1,\"ab   \",1.5,\"\",0.1,t) (2,,,,,)");
  EXPECT_EQ(load(table, ChunkFormat::binary), 2U) << "the second time does nothing";
  EXPECT_EQ(value("target", "SELECT count(*) FROM t"), "2");
}

TEST_F(BulkLoading, TellsToExportAsCsvWhenTheSourcesTypeIsNotHere) {
  run("source",
      "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id int PRIMARY KEY, m mood)");
  run("target", "CREATE TABLE t (id int PRIMARY KEY, m text)");
  run("source", "INSERT INTO t VALUES (1, 'ok')");
  const Table table = source_table("t");
  EXPECT_EQ(error_code_of([&] { load(table, ChunkFormat::binary); }), 3127);
  EXPECT_EQ(load(table, ChunkFormat::csv), 1U);
  EXPECT_EQ(value("target", "SELECT m FROM t"), "ok");
}

TEST_F(BulkLoading, WritesIdentityValuesAndLeavesGeneratedColumnsToTheServer) {
  run_on_both(
      "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, "
      "twice int GENERATED ALWAYS AS (n * 2) STORED)");
  run("source", "INSERT INTO t (id, n) OVERRIDING SYSTEM VALUE VALUES (41, 4), (7, 5)");
  for (const ChunkFormat format : {ChunkFormat::binary, ChunkFormat::csv}) {
    EXPECT_EQ(load(source_table("t"), format), 2U);
    EXPECT_EQ(value("target", "SELECT string_agg(t::text, ' ' ORDER BY id) FROM t"),
              "(7,5,10) (41,4,8)");
    engine_->bulk_loader()->discard({"public", "t"});
  }
}

TEST_F(BulkLoading, LoadsDomainsAsWhatTheyStandFor) {
  run("source",
      "CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE TABLE t (id positive PRIMARY KEY)");
  run("target", "CREATE TABLE t (id int PRIMARY KEY)");
  run("source", "INSERT INTO t VALUES (1), (2)");
  EXPECT_EQ(load(source_table("t"), ChunkFormat::binary), 2U);
  EXPECT_EQ(value("target", "SELECT sum(id) FROM t"), "3");
}

TEST_F(BulkLoading, LoadsTablesWithoutColumns) {
  run_on_both("CREATE TABLE nothing ()");
  run("source", "INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES");
  for (const ChunkFormat format : {ChunkFormat::binary, ChunkFormat::csv}) {
    EXPECT_EQ(load(source_table("nothing"), format), 2U);
    EXPECT_EQ(value("target", "SELECT count(*) FROM nothing"), "2");
    engine_->bulk_loader()->discard({"public", "nothing"});
  }
}

TEST_F(BulkLoading, DoesNotFireTriggersNorForeignKeysNorRules) {
  run_on_both(
      "CREATE TABLE parent (id int PRIMARY KEY); "
      "CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES parent)");
  run("target",
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      "$$BEGIN RAISE 'fired'; END$$; "
      "CREATE TRIGGER refuse BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION refuse(); "
      "CREATE RULE nothing AS ON INSERT TO t DO INSTEAD NOTHING");
  run("source", "INSERT INTO parent VALUES (1); INSERT INTO t VALUES (10, 1)");
  EXPECT_EQ(load(source_table("t"), ChunkFormat::binary), 1U) << "before its parent";
  EXPECT_EQ(value("target", "SELECT count(*) FROM t"), "1");
}

TEST_F(BulkLoading, DiscardsATableThatOthersReferToAndNothingElse) {
  run_on_both("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE other (id int REFERENCES t)");
  run("source", "INSERT INTO t VALUES (1), (2); INSERT INTO other VALUES (1)");
  load(source_table("t"), ChunkFormat::csv);
  load(source_table("other"), ChunkFormat::csv, 2);
  engine_->bulk_loader()->discard({"public", "t"});
  EXPECT_EQ(value("target", "SELECT count(*) FROM t"), "0");
  EXPECT_EQ(value("target", "SELECT count(*) FROM other"), "1");
  EXPECT_FALSE(is_loaded(batch(source_table("t"))));
  EXPECT_TRUE(is_loaded(batch(source_table("other"), 2)));
}

TEST_F(BulkLoading, SaysWhichTableIsMissing) {
  run("source", "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  EXPECT_EQ(error_code_of([&] { load(source_table("t"), ChunkFormat::csv); }), 3122);
}

using TargetLedger = PgTarget;

TEST_F(TargetLedger, CanBePreparedBySeveralAtTheSameTime) {
  run("target", "DROP SCHEMA ybvoyager_metadata CASCADE");
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      try {
        engine_on("target")->prepare_ledger();
      } catch (const std::exception&) {
        ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(
      value("target", "SELECT count(*) FROM pg_tables WHERE schemaname = 'ybvoyager_metadata'"),
      "3");
}

TEST_F(TargetLedger, IsUsableByAUserWhoMayNotCreateSchemas) {
  run("target",
      "DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN; "
      "GRANT USAGE ON SCHEMA ybvoyager_metadata TO plain; "
      "GRANT ALL ON ALL TABLES IN SCHEMA ybvoyager_metadata TO plain");
  const auto engine = engine_on("target", "plain");
  EXPECT_NO_THROW(engine->prepare_ledger());
  EXPECT_EQ(engine->change_applier({})->applied_through(), 0);
  run("target", "DROP SCHEMA ybvoyager_metadata CASCADE");
  EXPECT_EQ(error_code_of([&] { engine->prepare_ledger(); }), 3124);
}

TEST_F(TargetLedger, SumsWhatWasLoadedAndAppliedByTable) {
  run_on_both("CREATE TABLE \"T.x\" (id int PRIMARY KEY)");
  run("source", "INSERT INTO \"T.x\" VALUES (1), (2)");
  const Table table = source_table("T.x");
  const std::string bytes = chunk_of(table, ChunkFormat::csv);
  load_one(*engine_->bulk_loader(),
           {{table.name, "a", 1}, &table, ChunkFormat::csv, pieces_of(bytes)});
  const auto applier = engine_->change_applier({});
  applier->applied_through();
  for (const std::int64_t vsn : {5, 9}) {
    const std::vector<engine::TableCounts> counts{{table.name, 3, 2, 1}};
    applier->begin();
    applier->commit(vsn, counts);
  }
  const auto ledger = engine_->ledger();
  ASSERT_EQ(ledger->snapshot_rows().size(), 1U);
  EXPECT_EQ(ledger->snapshot_rows()[0].table, table.name);
  EXPECT_EQ(ledger->snapshot_rows()[0].rows, 2);
  ASSERT_EQ(ledger->change_counts().size(), 1U);
  EXPECT_EQ(ledger->change_counts()[0].table, table.name);
  EXPECT_EQ(ledger->change_counts()[0].inserts, 6);
  EXPECT_EQ(ledger->change_counts()[0].updates, 4);
  EXPECT_EQ(ledger->change_counts()[0].deletes, 2);
  EXPECT_EQ(ledger->applied_through(), 9);
  EXPECT_EQ(ledger->count_rows(table.name), 2);
  EXPECT_EQ(value("target",
                  "SELECT total_events FROM "
                  "ybvoyager_metadata.ybvoyager_imported_event_count_by_table"),
            "12");
}

TEST_F(TargetLedger, LeavesNothingBehindButAnotherMigrationsRows) {
  engine_->change_applier({})->applied_through();
  const auto other = postgres::make_target_engine(cluster_->endpoint("target"),
                                                  "99999999-2222-3333-4444-555555555555");
  other->change_applier({})->applied_through();
  engine_->ledger()->remove();
  EXPECT_EQ(value("target",
                  "SELECT count(*) FROM "
                  "ybvoyager_metadata.ybvoyager_import_data_event_channels_metainfo"),
            "1");
  other->ledger()->remove();
  EXPECT_EQ(value("target", "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'ybv%'"), "0");
  EXPECT_NO_THROW(other->ledger()->remove()) << "twice is fine";
  EXPECT_EQ(other->ledger()->applied_through(), 0);
  EXPECT_TRUE(other->ledger()->change_counts().empty());
}

using TargetSessions = PgTarget;

constexpr const char* objects_to_suspend =
    "CREATE TABLE parent (id int PRIMARY KEY); "
    "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
    "  parent int REFERENCES parent, n int GENERATED BY DEFAULT AS IDENTITY); "
    "CREATE TABLE child (t int); "
    "ALTER TABLE child ADD FOREIGN KEY (t) REFERENCES t NOT VALID; "
    "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$; "
    "CREATE TRIGGER own AFTER INSERT ON t EXECUTE FUNCTION nothing(); "
    "CREATE TRIGGER eager AFTER INSERT ON t EXECUTE FUNCTION nothing(); "
    "ALTER TABLE t ENABLE ALWAYS TRIGGER eager; "
    "CREATE TRIGGER off AFTER INSERT ON t EXECUTE FUNCTION nothing(); "
    "ALTER TABLE t DISABLE TRIGGER off; "
    "CREATE RULE quiet AS ON DELETE TO t DO INSTEAD NOTHING; ";

/// Everything that suspending may change.
constexpr const char* state_sql =
    "SELECT string_agg(line, E'\\n' ORDER BY line) FROM ("
    "SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text AS line FROM pg_trigger "
    "WHERE NOT tgisinternal "
    "UNION ALL SELECT ev_class::regclass || ' ' || rulename || ' ' || ev_enabled::text FROM "
    "pg_rewrite "
    "WHERE rulename = 'quiet' "
    "UNION ALL SELECT conrelid::regclass || ' ' || conname || pg_get_constraintdef(oid) "
    "FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 "
    "UNION ALL SELECT attrelid::regclass || ' ' || attname || ' ' || attidentity::text FROM "
    "pg_attribute "
    "WHERE attidentity <> '') s";

std::vector<std::string> named(const std::vector<engine::SuspendedObject>& objects) {
  std::vector<std::string> names;
  for (const auto& object : objects) names.push_back(object.kind + " " + object.name);
  return names;
}

TEST_F(TargetSessions, SuspendAndRestoreWhatTheReplicaRoleDoesNotCover) {
  run_on_both(objects_to_suspend);
  const std::string before = value("target", state_sql);
  const auto control = engine_->session_control();
  const auto objects = control->to_suspend({source_table("t")});
  EXPECT_EQ(named(objects), (std::vector<std::string>{"identity always id", "trigger eager"}));
  for (const auto& object : objects) control->suspend(object);
  EXPECT_TRUE(control->to_suspend({source_table("t")}).empty());
  for (int twice = 0; twice < 2; ++twice) {
    for (const auto& object : objects) control->restore(object);
  }
  EXPECT_EQ(value("target", state_sql), before);
}

TEST_F(TargetSessions, SuspendAndRestoreEverythingForAUserWithoutTheReplicaRole) {
  run("source", objects_to_suspend);
  run("target",
      "DROP ROLE IF EXISTS app; CREATE ROLE app LOGIN; GRANT CREATE ON DATABASE target TO app; "
      "GRANT CREATE ON SCHEMA public TO app; SET ROLE app; " +
          std::string(objects_to_suspend));
  const std::string before = value("target", state_sql);
  const auto engine = engine_on("target", "app");
  const auto control = engine->session_control();
  const auto objects = control->to_suspend({source_table("t")});
  EXPECT_EQ(named(objects), (std::vector<std::string>{
                                "identity always id", "trigger eager", "trigger own", "rule quiet",
                                "foreign key child_t_fkey", "foreign key t_parent_fkey"}));
  for (int twice = 0; twice < 2; ++twice) {
    for (const auto& object : objects) control->suspend(object);
  }
  EXPECT_TRUE(control->to_suspend({source_table("t")}).empty());
  for (int twice = 0; twice < 2; ++twice) {
    for (const auto& object : objects) control->restore(object);
  }
  EXPECT_EQ(value("target", state_sql), before);
}

TEST_F(TargetSessions, SuspendTriggersOfPartitionsOneByOne) {
  const std::string tables =
      "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (id)) PARTITION BY RANGE "
      "(id); "
      "CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (10); "
      "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$; "
      "CREATE TRIGGER every AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION nothing(); "
      "CREATE TRIGGER leaf AFTER INSERT ON t_low FOR EACH ROW EXECUTE FUNCTION nothing(); "
      "ALTER TABLE t_low ENABLE ALWAYS TRIGGER every; ALTER TABLE t_low ENABLE ALWAYS TRIGGER "
      "leaf; "
      "CREATE TRIGGER rests_below AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION nothing(); "
      "ALTER TABLE t ENABLE ALWAYS TRIGGER rests_below; ALTER TABLE t_low DISABLE TRIGGER "
      "rests_below; ";
  run_on_both(tables);
  const std::string before = value("target", state_sql);
  const auto control = engine_->session_control();
  const auto objects = control->to_suspend({source_table("t")});
  EXPECT_EQ(named(objects),
            (std::vector<std::string>{"identity always id", "trigger rests_below", "trigger every",
                                      "trigger leaf", "trigger rests_below"}));
  for (const auto& object : objects) control->suspend(object);
  for (const auto& object : objects) control->restore(object);
  EXPECT_EQ(value("target", state_sql), before);
}

TEST_F(TargetSessions, SetSequencesToTheSourcesValueUnderWhateverNameTheyHaveHere) {
  run("source",
      "CREATE SEQUENCE free; CREATE SEQUENCE down INCREMENT -5 MINVALUE -1000 MAXVALUE 0 START -5 "
      "CYCLE; "
      "CREATE SEQUENCE gone; CREATE TABLE t (id serial PRIMARY KEY); "
      "ALTER SEQUENCE t_id_seq RENAME TO \"Odd name\"; CREATE SEQUENCE fresh START 7");
  run("target",
      "CREATE SEQUENCE free; CREATE SEQUENCE down INCREMENT -5 MINVALUE -1000 MAXVALUE 0 START -5 "
      "CYCLE; "
      "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY); "
      "CREATE SEQUENCE fresh START 7; SELECT nextval('fresh')");
  const auto sequence = [](const std::string& name, std::int64_t last, bool is_called) {
    Sequence made;
    made.name = {"public", name};
    made.last_value = last;
    made.is_called = is_called;
    return made;
  };
  Sequence owned = sequence("Odd name", 41, true);
  owned.owner_table = {"public", "t"};
  owned.owner_column = "id";
  const auto missing = engine_->session_control()->set_sequences(
      {sequence("free", 1000000, true), sequence("down", -15, true), sequence("gone", 3, true),
       owned, sequence("fresh", 7, false)});
  EXPECT_EQ(missing, (std::vector<QualifiedName>{{"public", "gone"}}));
  EXPECT_EQ(value("target", "SELECT nextval('free')"), "1000001");
  EXPECT_EQ(value("target", "SELECT nextval('down')"), "-20");
  EXPECT_EQ(value("target", "SELECT nextval('fresh')"), "7");
  EXPECT_EQ(value("target", "INSERT INTO t DEFAULT VALUES RETURNING id"), "42");
}

using TargetSchema = PgTarget;

TEST_F(TargetSchema, IsEmptiedButPublicItselfAndExtensionsStay) {
  run("target",
      "CREATE EXTENSION citext; CREATE SCHEMA \"Other\"; "
      "CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN d AS int; CREATE TYPE pair AS (a int, b "
      "mood); "
      "CREATE TYPE span AS RANGE (subtype = int); "
      "CREATE TABLE t (id serial PRIMARY KEY, m mood, p pair) PARTITION BY RANGE (id); "
      "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9); "
      "CREATE VIEW v AS SELECT * FROM t; CREATE MATERIALIZED VIEW m1 AS SELECT 1 AS one; "
      "CREATE MATERIALIZED VIEW a2 AS SELECT * FROM m1; CREATE SEQUENCE s; "
      "CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql AS 'SELECT 1'; "
      "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'; "
      "CREATE AGGREGATE agg(int) (SFUNC = int4pl, STYPE = int); "
      "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq); "
      "CREATE COLLATION c FROM \"C\"; CREATE TEXT SEARCH CONFIGURATION cfg (COPY = simple); "
      "CREATE TABLE \"Other\".\"Mixed\" (id int)");
  const auto writer = engine_->schema_writer();
  const std::vector<std::string> schemas{"public", "Other"};
  EXPECT_EQ(writer->materialized_views(schemas),
            (std::vector<QualifiedName>{{"public", "m1"}, {"public", "a2"}}));
  EXPECT_EQ(writer->object_count(schemas), 16);
  writer->drop_schemas(schemas);
  EXPECT_EQ(writer->object_count(schemas), 0);
  EXPECT_EQ(value("target",
                  "SELECT string_agg(nspname, ' ') FROM pg_namespace "
                  "WHERE nspname IN ('public', 'Other')"),
            "public");
  EXPECT_EQ(value("target", "SELECT 'A'::citext = 'a'"), "t");
  EXPECT_NO_THROW(writer->drop_schemas(schemas));
}

TEST_F(TargetSchema, IsMadeStatementByStatementWithTheServersErrors) {
  const auto writer = engine_->schema_writer();
  writer->execute(
      "CREATE FUNCTION public.later() RETURNS int LANGUAGE sql AS 'SELECT n FROM public.not_yet'");
  try {
    writer->execute("CREATE TABLE public.t (m public.mood)");
    FAIL() << "the type is missing";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), "42704");
  }
  EXPECT_NO_THROW(writer->execute("CREATE TABLE public.t (m int)"));
}

}  // namespace
}  // namespace voyager::testing
