// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <deque>

#include "engines/postgres/staging_tables.hpp"
#include "pg_target_support.hpp"

namespace voyager::testing {
namespace {

/// Values with the text that they point to.
class Owned {
 public:
  Owned(std::initializer_list<std::optional<std::string>> values) {
    for (const auto& value : values) add(value);
  }
  void add(const std::optional<std::string>& value) {
    if (!value) {
      values_.emplace_back();
      return;
    }
    texts_.push_back(*value);
    values_.push_back(Value::of(texts_.back()));
  }
  void add_unchanged() { values_.push_back({Value::Kind::unchanged, {}}); }
  const std::vector<Value>& values() const { return values_; }

 private:
  std::deque<std::string> texts_;
  std::vector<Value> values_;
};

Relation relation_of(const std::string& table, const std::vector<std::string>& columns,
                     const std::vector<std::string>& key) {
  Relation relation;
  relation.table = relation.leaf = {"public", table};
  for (const std::string& name : columns)
    relation.columns.push_back({name, std::find(key.begin(), key.end(), name) != key.end()});
  return relation;
}

class Applying : public PgTarget {
 protected:
  void SetUp() override {
    PgTarget::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    applier_ = engine_->change_applier({});
    vsn_ = applier_->applied_through();
  }
  void TearDown() override {
    applier_.reset();
    PgTarget::TearDown();
  }
  /// One batch of one piece of work.
  template <typename Work>
  void apply(const Work& work) {
    applier_->begin();
    try {
      work();
      applier_->commit(vsn_ + 1, {});
    } catch (...) {
      applier_->rollback();
      throw;
    }
    ++vsn_;
  }
  void write(Operation operation, const Relation& relation, std::vector<std::uint16_t> columns,
             const Owned& rows, const Owned& keys = {}) {
    const engine::RowSet set{&relation, std::move(columns), rows.values(), keys.values(),
                             operation};
    apply([&] { applier_->write(set); });
  }
  void write_one(Operation operation, const Relation& relation, const Owned& before,
                 const Owned& after) {
    apply([&] { applier_->write_one(relation, {1, operation, before.values(), after.values()}); });
  }
  static std::string rows_of(const std::string& table) {
    return value("target",
                 "SELECT coalesce(string_agg(t::text, ' ' ORDER BY t::text COLLATE \"C\"), '') "
                 "FROM " +
                     table + " t");
  }

  std::unique_ptr<engine::ChangeApplier> applier_;
  std::int64_t vsn_ = 0;
};

TEST_F(Applying, WritesSetsOfAnySize) {
  run("target", "CREATE TABLE t (id int PRIMARY KEY, name text)");
  const Relation t = relation_of("t", {"id", "name"}, {"id"});
  write(Operation::insert, t, {0, 1}, {"1", "one"});
  write(Operation::insert, t, {0, 1}, {"2", "two\t\\N", "3", std::nullopt});
  Owned many{};
  for (int i = 4; i <= 1000; ++i) {
    many.add(std::to_string(i));
    many.add(i % 2 == 0 ? std::optional<std::string>("line\nof \"quoted\" \\. text")
                        : std::nullopt);
  }
  write(Operation::insert, t, {0, 1}, many);
  EXPECT_EQ(value("target", "SELECT count(*) FROM t"), "1000");
  EXPECT_EQ(
      value("target", "SELECT count(*) FROM t WHERE name = E'line\\nof \"quoted\" \\\\. text'"),
      "499");
  EXPECT_EQ(value("target", "SELECT name FROM t WHERE id = 2"), "two\t\\N");

  write(Operation::update, t, {1}, {""}, {"1"});
  write(Operation::update, t, {1}, {"zwei \\ \"", std::nullopt}, {"2", "4"});
  EXPECT_EQ(
      value("target", "SELECT string_agg(t::text, ' ' ORDER BY id) FROM t WHERE id IN (1, 2, 4)"),
      "(1,\"\") (2,\"zwei \\\\ \"\"\") (4,)");

  write(Operation::remove, t, {0}, {"1"});
  Owned keys{};
  for (int i = 5; i <= 1000; ++i) keys.add(std::to_string(i));
  write(Operation::remove, t, {0}, keys);
  EXPECT_EQ(rows_of("t"), "(2,\"zwei \\\\ \"\"\") (3,) (4,)");
}

/// Large updates, which go through a temporary table.
class LargeUpdates : public Applying {
 protected:
  static constexpr int rows = 3000;
  void SetUp() override {
    Applying::SetUp();
    run("target", "CREATE DOMAIN price AS numeric(8,2) CHECK (VALUE >= 0)");
    for (const char* name : {"t", "u"})
      run("target", std::string("CREATE TABLE ") + name +
                        " (id int PRIMARY KEY, name varchar(20), tags text[], paid price);"
                        "INSERT INTO " +
                        name + " SELECT i, 'x', '{}', 0 FROM generate_series(1, 3000) i");
  }
  static Relation relation(const std::string& name) {
    return relation_of(name, {"id", "name", "tags", "paid"}, {"id"});
  }
  /// Sets every row to what follows from `step`.
  static void update(engine::ChangeApplier& applier, const Relation& relation, int step,
                     int last = rows) {
    Owned values{};
    Owned keys{};
    for (int i = 1; i <= last; ++i) {
      values.add(i % 2 == 0 ? std::optional<std::string>("a\tb\\" + std::to_string(step))
                            : std::nullopt);
      values.add("{\"x,y\",NULL," + std::to_string(i) + "}");
      values.add(std::to_string(i + step) + ".5");
      keys.add(std::to_string(i));
    }
    applier.write({&relation, {1, 2, 3}, values.values(), keys.values(), Operation::update});
  }
  /// One batch, which updates all of t.
  void expect_written(engine::ChangeApplier& applier, int step) {
    applier.begin();
    update(applier, relation("t"), step);
    applier.commit(++vsn_, {});
    EXPECT_EQ(updated("t", step), "3000");
  }
  static std::string updated(const std::string& name, int step) {
    return value("target",
                 "SELECT count(*) FROM " + name + " WHERE paid = id + " + std::to_string(step) +
                     ".5 AND tags[3] = id::text AND (name = E'a\\tb\\\\" + std::to_string(step) +
                     "') IS NOT DISTINCT FROM "
                     "CASE WHEN id % 2 = 0 THEN true END");
  }
};

TEST_F(LargeUpdates, AreWrittenSetAfterSetAndBatchAfterBatch) {
  const Relation t = relation("t");
  const Relation u = relation("u");
  for (int batch = 0; batch < 2; ++batch) {
    applier_->begin();
    update(*applier_, t, 1 + batch);
    update(*applier_, u, 10 + batch);
    update(*applier_, t, 100 + batch);
    applier_->commit(++vsn_, {});
    EXPECT_EQ(updated("t", 100 + batch), "3000");
    EXPECT_EQ(updated("u", 10 + batch), "3000");
  }
}

TEST_F(LargeUpdates, DoNotKeepTheirTemporaryTablesForLong) {
  postgres::Connection connection(cluster_->endpoint("target"));
  postgres::StagingTables staging(connection, std::chrono::seconds(0));
  postgres::TargetColumn column;
  column.cast_type = "pg_catalog.int4";
  for (int batch = 0; batch < 2; ++batch) {
    staging.prepare();
    postgres::Transaction transaction(connection);
    const std::string name = staging.empty_one({&column});
    connection.execute("INSERT INTO " + name + " VALUES (1)");
    transaction.commit();
    staging.committed();
  }
  EXPECT_EQ(value("target", "SELECT count(*) FROM pg_class WHERE relname LIKE 'ybvoyager_rows%'"),
            "1");
}

TEST_F(LargeUpdates, AreWrittenAfterARollbackToo) {
  applier_->begin();
  update(*applier_, relation("t"), 1);
  applier_->rollback();
  expect_written(*applier_, 2);
}

TEST_F(LargeUpdates, AreCheckedRowByRow) {
  const Relation t = relation("t");
  applier_->begin();
  update(*applier_, t, 1, rows + 1);
  EXPECT_EQ(error_code_of([&] { applier_->settle(); }), 6001);
  applier_->rollback();
  applier_->begin();
  EXPECT_EQ(error_code_of([&] {
              update(*applier_, t, -2);
              applier_->settle();
            }),
            6001)
      << "the domain";
  applier_->rollback();
  EXPECT_EQ(value("target", "SELECT count(*) FROM t WHERE paid = 0"), "3000");
}

TEST_F(LargeUpdates, DoWithoutTemporaryTablesWhereTheUserMayNotMakeThem) {
  run("target",
      "DROP ROLE IF EXISTS modest; CREATE ROLE modest LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA "
      "public, ybvoyager_metadata TO modest; GRANT USAGE ON SCHEMA ybvoyager_metadata TO modest; "
      "REVOKE TEMPORARY ON DATABASE target FROM PUBLIC");
  const auto engine = engine_on("target", "modest");
  const auto applier = engine->change_applier({});
  applier->applied_through();
  expect_written(*applier, 3);
}

TEST_F(LargeUpdates, AreTriedAgainWithoutATemporaryTableThatTheServerRefuses) {
  run("target",
      "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE 'no tables here'; END $$;"
      "CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse();"
      "ALTER EVENT TRIGGER refuse ENABLE ALWAYS");
  applier_->begin();
  try {
    update(*applier_, relation("t"), 4);
    FAIL() << "the event trigger does not fire";
  } catch (const Error& error) {
    EXPECT_EQ(error.action(), Action::retry);
  }
  applier_->rollback();
  expect_written(*applier_, 4);
}

TEST_F(Applying, UpdatesKeysAndCompositeKeys) {
  run("target", "CREATE TABLE t (a int, b text, c int, PRIMARY KEY (b, a))");
  const Relation t = relation_of("t", {"a", "b", "c"}, {"a", "b"});
  write(Operation::insert, t, {0, 1, 2}, {"1", "x", "10", "2", "y", "20"});
  write(Operation::update, t, {0, 1, 2}, {"1", "z", "11", "2", "y", "21"}, {"1", "x", "2", "y"});
  EXPECT_EQ(rows_of("t"), "(1,z,11) (2,y,21)");
  write_one(Operation::update, t, {"1", "z", std::nullopt}, {"7", "z", "11"});
  EXPECT_EQ(rows_of("t"), "(2,y,21) (7,z,11)");
  write_one(Operation::remove, t, {"7", "z", std::nullopt}, {});
  EXPECT_EQ(rows_of("t"), "(2,y,21)");
}

TEST_F(Applying, KeepsUnchangedValuesInASingleUpdate) {
  run("target",
      "CREATE TABLE t (id int PRIMARY KEY, big text, n int); INSERT INTO t VALUES (1, 'big', 1)");
  const Relation t = relation_of("t", {"id", "big", "n"}, {"id"});
  Owned after{"1"};
  after.add_unchanged();
  after.add("2");
  write_one(Operation::update, t, {}, after);
  EXPECT_EQ(rows_of("t"), "(1,big,2)");
  Owned nothing{"1"};
  nothing.add_unchanged();
  nothing.add_unchanged();
  write_one(Operation::update, t, {}, nothing);
  EXPECT_EQ(rows_of("t"), "(1,big,2)");
}

TEST_F(Applying, FindsRowsByKeysOfTypesWhoseEqualityIsNotInTheSearchPath) {
  run("target",
      "CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE DOMAIN "
      "code AS char(4); "
      "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b text); "
      "CREATE TABLE t (a citext, b code, c mood, d pair, e ltree, f hstore, g int[], h varchar(9), "
      "i name, j numeric, k timestamptz, l int4range, n int, "
      "PRIMARY KEY (a, b, c, d, e, f, g, h, i, j, k, l))");
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g",
                                       "h", "i", "j", "k", "l", "n"};
  const Relation t = relation_of("t", names, {names.begin(), names.end() - 1});
  const std::vector<std::optional<std::string>> one{"Abc",
                                                    "x   ",
                                                    "ok",
                                                    "(1,\"a b\")",
                                                    "top.child",
                                                    "\"k\"=>\"v\"",
                                                    "{{1,2},{3,4}}",
                                                    "v",
                                                    "n",
                                                    "1.50",
                                                    "2020-01-01 00:00:00+00",
                                                    "[1,5)",
                                                    "1"};
  const std::vector<std::optional<std::string>> two{
      "def", "    ", "sad", "(,)", "top", "", "{}", "", "", "NaN", "infinity", "empty", "2"};
  Owned rows{};
  Owned keys{};
  for (const auto& row : {one, two}) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      rows.add(row[i]);
      if (i + 1 < row.size()) keys.add(row[i]);
    }
  }
  std::vector<std::uint16_t> all(names.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  write(Operation::insert, t, all, rows);
  write(Operation::update, t, {12}, {"5", "6"}, keys);
  EXPECT_EQ(value("target", "SELECT string_agg(n::text, ' ' ORDER BY n) FROM t"), "5 6");
  all.pop_back();
  write(Operation::remove, t, all, keys);
  EXPECT_EQ(rows_of("t"), "");
}

TEST_F(Applying, WritesIdentityColumnsAndLeavesGeneratedOnesOut) {
  run("target",
      "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, "
      "twice int GENERATED ALWAYS AS (n * 2) STORED)");
  const Relation t = relation_of("t", {"id", "n", "twice"}, {"id"});
  write(Operation::insert, t, {0, 1, 2}, {"7", "1", "0"});
  write(Operation::insert, t, {0, 1}, {"8", "1", "9", "1", "10", "1", "11", "1"});
  write(Operation::update, t, {0, 1, 2}, {"7", "3", "0", "8", "4", "0"}, {"7", "8"});
  write_one(Operation::update, t, {}, {"9", "5", "0"});
  EXPECT_EQ(rows_of("t"), "(10,1,2) (11,1,2) (7,3,6) (8,4,8) (9,5,10)");
}

TEST_F(Applying, UpdatesIdentityColumnsThatAreSuspended) {
  run_on_both("CREATE TABLE t (id int PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY)");
  run("target", "INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1, 10), (2, 20)");
  const auto control = engine_->session_control();
  for (const auto& object : control->to_suspend({source_table("t")})) control->suspend(object);
  const Relation t = relation_of("t", {"id", "n"}, {"id"});
  write(Operation::update, t, {1}, {"11", "21"}, {"1", "2"});
  EXPECT_EQ(rows_of("t"), "(1,11) (2,21)");
}

TEST_F(Applying, DoesNotTouchTablesThatInheritFromTheTable) {
  run("target",
      "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE TABLE child () INHERITS (t); "
      "INSERT INTO t VALUES (1, 1); INSERT INTO child VALUES (1, 1)");
  const Relation t = relation_of("t", {"id", "n"}, {"id"});
  write(Operation::update, t, {1}, {"2"}, {"1"});
  EXPECT_EQ(rows_of("child"), "(1,1)");
  write(Operation::remove, t, {0}, {"1"});
  applier_->begin();
  applier_->truncate(t);
  applier_->commit(++vsn_, {});
  EXPECT_EQ(rows_of("child"), "(1,1)");
}

TEST_F(Applying, CallsMissingAndDuplicateRowsDivergenceAndNamesTableAndKeyButNoValue) {
  run("target",
      "CREATE TABLE t (id int PRIMARY KEY, \"N\" int CHECK (\"N\" > 0)); INSERT INTO t VALUES "
      "(4711, 1)");
  const Relation t = relation_of("t", {"id", "N"}, {"id"});
  const std::vector<std::function<void()>> surprises{
      [&] {
        write(Operation::insert, t, {0, 1}, {"4711", "1"});
      },
      [&] {
        write(Operation::insert, t, {0, 1}, {"1", "1", "2", "1", "3", "1", "4711", "1"});
      },
      [&] {
        write(Operation::update, t, {1}, {"5", "6"}, {"4711", "4712"});
      },
      [&] { write(Operation::update, t, {1}, {"-5"}, {"4711"}); },
      [&] {
        write(Operation::remove, t, {0}, {"4711", "4712"});
      },
      [&] {
        write_one(Operation::insert, t, {}, {"4711", "1"});
      },
      [&] {
        write_one(Operation::insert, t, {}, {"4712", "no number"});
      },
      [&] {
        write_one(Operation::update, t, {}, {"4712", "1"});
      },
      [&] {
        write_one(Operation::remove, t, {"4712", std::nullopt}, {});
      },
  };
  for (std::size_t i = 0; i < surprises.size(); ++i) {
    try {
      surprises[i]();
      ADD_FAILURE() << "surprise " << i << " went unnoticed";
    } catch (const Error& error) {
      EXPECT_EQ(error.code().number, 6001) << error.line();
      EXPECT_EQ(error.action(), Action::give_up);
      EXPECT_NE(error.line().find("public.t"), std::string::npos) << error.line();
      EXPECT_EQ(error.line().find("471"), std::string::npos) << error.line();
      EXPECT_EQ(error.line().find("no number"), std::string::npos) << error.line();
    }
  }
  EXPECT_EQ(rows_of("t"), "(4711,1)");
  try {
    write_one(Operation::remove, t, {"4712", std::nullopt}, {});
  } catch (const Error& error) {
    EXPECT_NE(error.line().find("(\"id\")"), std::string::npos) << error.line();
  }
}

TEST_F(Applying, ChecksDeferredConstraintsAtCommit) {
  run("target",
      "CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE DEFERRABLE); INSERT INTO t VALUES (1, 1), "
      "(2, 2)");
  const Relation t = relation_of("t", {"id", "u"}, {"id"});
  write(Operation::update, t, {1}, {"2", "1"}, {"1", "2"});
  EXPECT_EQ(rows_of("t"), "(1,2) (2,1)");
  // In the replica role the server does not check them at all.
  run("target",
      "DROP ROLE IF EXISTS app; CREATE ROLE app LOGIN; ALTER TABLE t OWNER TO app; "
      "GRANT ALL ON SCHEMA ybvoyager_metadata TO app; "
      "GRANT ALL ON ALL TABLES IN SCHEMA ybvoyager_metadata TO app");
  const auto engine = engine_on("target", "app");
  applier_ = engine->change_applier({});
  applier_->applied_through();
  EXPECT_EQ(error_code_of([&] { write(Operation::update, t, {1}, {"1"}, {"1"}); }), 6001);
  EXPECT_EQ(rows_of("t"), "(1,2) (2,1)");
  applier_.reset();
}

TEST_F(Applying, ChangesOneOfSeveralIdenticalRows) {
  run("target",
      "CREATE TABLE t (a int, b text, c json); "
      "INSERT INTO t VALUES (1, NULL, '{ }'), (1, NULL, '{ }'), (1, NULL, '{ }'), (1, '', '{ }'), "
      "(1, NULL, '{}')");
  const Relation t = relation_of("t", {"a", "b", "c"}, {});
  write_one(Operation::remove, t, {"1", std::nullopt, "{ }"}, {});
  EXPECT_EQ(rows_of("t"), "(1,\"\",\"{ }\") (1,,\"{ }\") (1,,\"{ }\") (1,,{})");
  Owned after{"2"};
  after.add_unchanged();
  after.add("[]");
  write_one(Operation::update, t, {"1", std::nullopt, "{ }"}, after);
  EXPECT_EQ(rows_of("t"), "(1,\"\",\"{ }\") (1,,\"{ }\") (1,,{}) (2,,[])");
  write_one(Operation::insert, t, {}, {"2", std::nullopt, "[]"});
  write_one(Operation::remove, t, {"1", "", "{ }"}, {});
  EXPECT_EQ(rows_of("t"), "(1,,\"{ }\") (1,,{}) (2,,[]) (2,,[])");
  EXPECT_EQ(error_code_of([&] { write_one(Operation::remove, t, {"1", "", "{ }"}, {}); }), 6001);
  EXPECT_EQ(error_code_of([&] {
              write_one(Operation::update, t, {"9", "", "{ }"}, {"9", "", "{}"});
            }),
            6001);
}

TEST_F(Applying, RemovesManyRowsOfATableWithoutAKeyInOneScan) {
  run("target",
      "CREATE TABLE t (a int, b text); INSERT INTO t SELECT i, NULL FROM generate_series(1, 20000) "
      "i; "
      "INSERT INTO t SELECT 1, NULL FROM generate_series(1, 4)");
  const Relation t = relation_of("t", {"a", "b"}, {});
  Owned rows{"1", std::nullopt, "1", std::nullopt};
  for (int i = 2; i <= 1000; ++i) {
    rows.add(std::to_string(i));
    rows.add(std::nullopt);
  }
  const auto start = std::chrono::steady_clock::now();
  write(Operation::remove, t, {0, 1}, rows);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4)) << "pair by pair";
  EXPECT_EQ(value("target", "SELECT count(*) FROM t WHERE a = 1"), "3");
  EXPECT_EQ(value("target", "SELECT count(*) FROM t"), "19003");
  EXPECT_EQ(error_code_of([&] { write(Operation::remove, t, {0, 1}, rows); }), 6001);
}

TEST_F(Applying, ChangesRowsWithoutColumns) {
  run("target", "CREATE TABLE t ()");
  const Relation t = relation_of("t", {}, {});
  for (int i = 0; i < 3; ++i) write_one(Operation::insert, t, {}, {});
  write_one(Operation::remove, t, {}, {});
  EXPECT_EQ(value("target", "SELECT count(*) FROM t"), "2");
}

TEST_F(Applying, RefusesRowsWhoseValuesAreNotKnown) {
  run("target", "CREATE TABLE t (id int PRIMARY KEY, n int)");
  const Relation t = relation_of("t", {"id", "n"}, {"id"});
  Owned row{"1"};
  row.add_unchanged();
  EXPECT_EQ(error_code_of([&] { write(Operation::insert, t, {0, 1}, row); }), 6004);
  EXPECT_EQ(error_code_of([&] { write_one(Operation::insert, t, {}, row); }), 6004);
  EXPECT_EQ(rows_of("t"), "");
}

class Truncating : public Applying {
 protected:
  void truncate(const std::string& leaf, const std::string& filter = "") {
    Relation relation = relation_of("t", {"id"}, {"id"});
    if (!leaf.empty()) relation.leaf = {"public", leaf};
    relation.leaf_filter = filter;
    apply([&] { applier_->truncate(relation); });
  }
};

TEST_F(Truncating, EmptiesTheTableOrTheLeafOrWhatTheLeafHolds) {
  run("target",
      "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id); "
      "CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (10); "
      "CREATE TABLE t_high PARTITION OF t FOR VALUES FROM (10) TO (100); "
      "CREATE TABLE stranger (id int PRIMARY KEY); INSERT INTO stranger VALUES (1)");
  const std::string fill = "DELETE FROM t; INSERT INTO t VALUES (1), (2), (11), (60)";
  run("target", fill);
  truncate("t_low");
  EXPECT_EQ(rows_of("t"), "(11) (60)");
  truncate("t_middle", "id >= 50 AND id < 70");
  EXPECT_EQ(rows_of("t"), "(11)");
  EXPECT_EQ(error_code_of([&] { truncate("t_middle"); }), 6002);
  EXPECT_EQ(error_code_of([&] { truncate("stranger"); }), 6002);
  EXPECT_EQ(rows_of("stranger"), "(1)");
  run("target", fill);
  truncate("");
  EXPECT_EQ(rows_of("t"), "");
  run("target", fill);
  truncate("t");
  EXPECT_EQ(rows_of("t"), "");
}

TEST_F(Truncating, IsPartOfTheBatchEvenWhereOtherTablesReferToTheTable) {
  run("target",
      "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE r (id int REFERENCES t); "
      "INSERT INTO t VALUES (1); INSERT INTO r VALUES (1)");
  applier_->begin();
  applier_->truncate(relation_of("t", {"id"}, {"id"}));
  applier_->rollback();
  EXPECT_EQ(rows_of("t"), "(1)");
  truncate("");
  EXPECT_EQ(rows_of("t"), "");
  EXPECT_EQ(rows_of("r"), "(1)");
}

TEST_F(Applying, StopsASecondApplierAtItsCommit) {
  run("target", "CREATE TABLE t (id int PRIMARY KEY)");
  const Relation t = relation_of("t", {"id"}, {"id"});
  const auto zombie_engine = engine_on("target");
  const auto zombie = zombie_engine->change_applier({});
  EXPECT_EQ(zombie->applied_through(), 0);
  write(Operation::insert, t, {0}, {"1"});
  zombie->begin();
  zombie->write_one(t, {1, Operation::insert, {}, Owned{"2"}.values()});
  EXPECT_EQ(error_code_of([&] { zombie->commit(5, {}); }), 6003);
  zombie->rollback();
  EXPECT_EQ(rows_of("t"), "(1)");
  EXPECT_EQ(zombie->applied_through(), vsn_);
  zombie->begin();
  EXPECT_EQ(error_code_of([&] { zombie->commit(vsn_, {}); }), 6003)
      << "not backwards, nor in place";
}

TEST_F(Applying, SharesThePositionBetweenTheAppliersOfOneProcess) {
  const auto second = engine_->change_applier({});
  EXPECT_EQ(second->applied_through(), 0);
  for (engine::ChangeApplier* applier : {applier_.get(), second.get(), applier_.get()}) {
    applier->begin();
    EXPECT_NO_THROW(applier->commit(++vsn_, {}));
  }
  EXPECT_EQ(second->applied_through(), 3);
}

TEST_F(Applying, LeavesACommitWithoutAnswerToTheLedger) {
  run("target", "CREATE TABLE t (id int PRIMARY KEY)");
  const Relation t = relation_of("t", {"id"}, {"id"});
  const Owned row{"1"};
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto applier = engine_->change_applier({});
    EXPECT_EQ(applier->applied_through(), 0);
    applier->begin();
    applier->write_one(t, {1, Operation::insert, {}, row.values()});
    if (attempt == 1) {
      applier->commit(1, {});
      continue;
    }
    run("postgres",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'target' "
        "AND state = 'idle in transaction'");
    EXPECT_NE(error_code_of([&] { applier->commit(1, {}); }), 0);
    applier->rollback();
  }
  EXPECT_EQ(engine_->change_applier({})->applied_through(), 1);
  EXPECT_EQ(rows_of("t"), "(1)");
}

/// Every built-in type that can be in a table, with values at its edges.
constexpr const char* typed_values = R"types(
bool|true|false
int2|-32768|32767
int4|-2147483648|2147483647
int8|-9223372036854775808|9223372036854775807
numeric|NaN|Infinity|-Infinity|-0.000000000000000000000000000001|1e500
numeric(10,3)|-1234567.890|0.001
float4|1e-45|3.4028235e38|NaN|-Infinity|-0
float8|5e-324|1.7976931348623157e308|0.1|NaN|Infinity|-0
money|-92233720368547758.08|1.10
text||NULL|\.|\N|a\tb|"|'|{,}|naïve 日本 🚀
varchar(5)|abcde|
char(5)|ab|abcde
"char"|a|
name|x|A b
bytea|\x|\x00ff5c27220a0d09
date|4713-01-01 BC|infinity|-infinity|5874897-12-31
time|00:00:00|24:00:00|23:59:59.999999
timetz|00:00:00+15:59:59|23:59:59.999999-15:59
timestamp|4713-01-01 00:00:00 BC|294276-12-31 23:59:59.999999|infinity
timestamptz|4713-01-02 00:00:00+00 BC|-infinity|2000-01-01 00:00:00.000001+00
interval|-178000000 years|1 year -2 mons 3 days -04:05:06.000007|00:00:00
bit(5)|00000|00101
varbit(9)||000
uuid|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff
json|{"a" :  1, "a":2}|null|"x"
jsonb|{"a": [1, 2.50]}|null
jsonpath|$."a"[*]?(@ > 1)
xml|<a b="c">d</a>|text &amp; more
inet|::1|10.0.0.1/8|255.255.255.255
cidr|10.0.0.0/8|::/0
macaddr|08:00:2b:01:02:03
macaddr8|08:00:2b:ff:fe:01:02:03
point|(1,-0.1)|(Infinity,NaN)
line|{1,2,3}
lseg|[(1,2),(3,4)]
box|(3,4),(1,2)
path|((1,2),(3,4))|[(0,0)]
polygon|((0,0),(1,1),(1,0))
circle|<(1,2),3>
tsvector|'a':1A 'b c':2,3|
tsquery|'a' & !'b':*|
int4range|empty|[1,5)|(,)
numrange|(0.5,]
tsrange|["2020-01-01 00:00:00",infinity]
int4multirange|{}|{[1,3),[5,9)}
pg_lsn|FFFFFFFF/FFFFFFFF|0/0
oid|4294967295
xid8|18446744073709551615
regclass|pg_class
int4[]|{}|{1,NULL,3}|{{1,2},{3,4}}|[-1:0]={7,8}
text[]|{NULL,"NULL","","a,b","\"","\\"}
box[]|{(3,4),(1,2);(1,1),(0,0)}
timestamptz[]|{infinity,NULL}
numrange[]|{"[1,2)",empty}
jsonb[]|{"{\"a\": 1}"}
public.mood|sad|very ok
public.mood[]|{sad,"very ok"}
public.pair|(1,"a b")|(,)|(,"")
public.pair[]|{"(1,\"a \"\"b\")",NULL}
public.positive|1
public.span|[1,3)
public.hstore|"a"=>NULL, "b"=>"NULL"|
public.citext|Abc|
public.ltree|top.child
)types";

struct TypedColumn {
  std::string type;
  std::vector<std::string> values;
};

std::vector<TypedColumn> typed_columns() {
  std::vector<TypedColumn> columns;
  const std::string_view all = typed_values;
  for (std::size_t at = 1; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    std::string_view line = all.substr(at, end - at);
    at = end + 1;
    const std::size_t bar = line.find('|');
    TypedColumn column{std::string(line.substr(0, bar)), {}};
    for (std::size_t from = bar; from != std::string_view::npos;) {
      const std::size_t next = line.find('|', from + 1);
      column.values.emplace_back(
          line.substr(from + 1, next == std::string_view::npos ? next : next - from - 1));
      from = next;
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

class EveryType : public Applying {
 protected:
  void SetUp() override {
    Applying::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    std::string table = "CREATE TABLE t (id int, c0 text";
    std::vector<std::string> names{"id", "c0"};
    const std::vector<TypedColumn> columns = typed_columns();
    for (const TypedColumn& column : columns) {
      names.push_back("c" + std::to_string(names.size()));
      table += ", " + names.back() + " " + column.type;
      rows_ = std::max(rows_, column.values.size());
    }
    run_on_both(
        "CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree; "
        "CREATE TYPE mood AS ENUM ('sad', 'very ok'); CREATE TYPE pair AS (a int, b text); "
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE TYPE span AS RANGE (subtype = "
        "int); " +
        table + ")");
    fill_source(columns);
    keyed_ = relation_of("t", names, {"id"});
    keyless_ = relation_of("t", names, {});
    for (std::size_t i = 0; i < names.size(); ++i) all_.push_back(static_cast<std::uint16_t>(i));
  }
  /// Row r holds each type's r-th value, NULL where it has fewer.
  void fill_source(const std::vector<TypedColumn>& columns) const {
    std::string inserts;
    for (std::size_t row = 0; row < rows_; ++row) {
      inserts += "INSERT INTO t VALUES (" + std::to_string(row) + ", ''";
      for (const TypedColumn& column : columns)
        inserts += row < column.values.size() ? ", " + quote_literal(column.values[row]) : ", NULL";
      inserts += ");";
    }
    run("source", "SET lc_monetary = 'C'; SET xmloption = content; " + inserts);
  }
  /// What a change stream would carry: the text of pinned sessions, row by row.
  static Owned source_values(const std::string& list) {
    postgres::Connection connection(cluster_->endpoint("source"));
    const postgres::Result rows = connection.query("SELECT " + list + " FROM public.t ORDER BY id");
    Owned values{};
    for (int row = 0; row < rows.rows(); ++row) {
      for (int column = 0; column < rows.columns(); ++column)
        values.add(rows.is_null(row, column) ? std::nullopt
                                             : std::optional(rows.string(row, column)));
    }
    return values;
  }
  void expect_equal() const {
    const Table table = source_table("t");
    const auto expected = engine_on("source")->row_hasher()->buckets(table, 16);
    EXPECT_GT(expected.size(), 1U);
    EXPECT_EQ(engine_->row_hasher()->buckets(table, 16), expected);
  }

  Relation keyed_, keyless_;
  std::vector<std::uint16_t> all_;
  std::size_t rows_ = 0;
};

TEST_F(EveryType, IsInsertedUpdatedAndRemovedBySets) {
  run("target", "ALTER TABLE t ADD PRIMARY KEY (id)");
  const Owned rows = source_values("*");
  const Owned keys = source_values("id");
  write(Operation::insert, keyed_, all_, rows);
  expect_equal();
  run("target", "DELETE FROM t; INSERT INTO t (id) SELECT generate_series(0, " +
                    std::to_string(rows_ - 1) + ")");
  write(Operation::update, keyed_, all_, rows, keys);
  expect_equal();
  write(Operation::remove, keyed_, {0}, keys);
  EXPECT_EQ(value("target", "SELECT count(*) FROM t"), "0");
}

TEST_F(EveryType, IsInsertedUpdatedAndRemovedRowByRow) {
  const Owned rows = source_values("*");
  const std::span<const Value> values = rows.values();
  const std::size_t width = all_.size();
  const auto each = [&](const auto& work) {
    for (std::size_t row = 0; row < rows_; ++row)
      apply([&] { work(values.subspan(row * width, width)); });
  };
  for (int copies = 0; copies < 2; ++copies)
    each([&](auto row) { applier_->write_one(keyless_, {1, Operation::insert, {}, row}); });
  each([&](auto row) { applier_->write_one(keyless_, {1, Operation::remove, row, {}}); });
  expect_equal();
  each([&](auto row) { applier_->write_one(keyless_, {1, Operation::update, row, row}); });
  expect_equal();
  run("target", "ALTER TABLE t ADD PRIMARY KEY (id); UPDATE t SET c0 = 'other'");
  each([&](auto row) { applier_->write_one(keyed_, {1, Operation::update, {}, row}); });
  expect_equal();
  each([&](auto row) { applier_->write_one(keyed_, {1, Operation::remove, row, {}}); });
  EXPECT_EQ(value("target", "SELECT count(*) FROM t"), "0");
}

TEST_F(EveryType, IsLoadedFromCsv) {
  const Table table = source_table("t");
  const std::string bytes = chunk_of(table, ChunkFormat::csv);
  load_one(*engine_->bulk_loader(),
           {{table.name, "a", 1}, &table, ChunkFormat::csv, pieces_of(bytes)});
  expect_equal();
}

TEST_F(Applying, FindsRowsByIndexHoweverSmallTheTableWasAtFirst) {
  run("target", "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1), (2, 2)");
  const Relation t = relation_of("t", {"id", "n"}, {"id"});
  write(Operation::update, t, {1}, {"5", "6"}, {"1", "2"});
  write(Operation::remove, t, {0}, {"1", "2"});
  run("target",
      "INSERT INTO t SELECT i, i FROM generate_series(1, 20000) i; "
      "SELECT pg_stat_reset()");
  for (int i = 0; i < 20; ++i) write(Operation::update, t, {1}, {"5", "6"}, {"1", "2"});
  write(Operation::remove, t, {0}, {"1", "2"});
  applier_.reset();  // its statistics are sent at the end of the session at the latest
  for (int i = 0;
       i < 100 &&
       value("target", "SELECT idx_scan > 0 FROM pg_stat_user_tables WHERE relname = 't'") != "t";
       ++i)
    run("target", "SELECT pg_sleep(0.05)");
  EXPECT_EQ(value("target", "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 't'"), "0");
}

TEST_F(Applying, CarriesLargeValues) {
  run("target",
      "CREATE TABLE t (id int PRIMARY KEY, big text); INSERT INTO t VALUES (1, ''), (2, '')");
  const Relation t = relation_of("t", {"id", "big"}, {"id"});
  const std::string large(20'000'000, '\\');
  write(Operation::update, t, {1}, {large, large}, {"1", "2"});
  write(Operation::insert, t, {0, 1}, {"3", large, "4", large, "5", large, "6", large});
  EXPECT_EQ(value("target", "SELECT sum(length(big)) FROM t"), "120000000");
}

}  // namespace
}  // namespace voyager::testing
