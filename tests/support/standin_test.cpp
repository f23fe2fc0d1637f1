// SPDX-License-Identifier: Apache-2.0
#include "support/standin.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

struct Finish {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  void operator()(PGresult* result) const noexcept { PQclear(result); }
  void operator()(char* buffer) const noexcept { PQfreemem(buffer); }
};
using Replication = std::unique_ptr<PGconn, Finish>;

Replication replication(const TargetServer& target, const std::string& database) {
  Replication connection(PQconnectdb(
      (connection_string(target.endpoint(database)) + " replication=database").c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  return connection;
}

/// Big-endian, as the protocol has it.
std::uint64_t number(const std::string& message, std::size_t at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (const char byte : message.substr(at, bytes)) {
    value = value << 8U | static_cast<unsigned char>(byte);
  }
  return value;
}

/// The next message of the copy, or nothing at the deadline.
std::string receive(PGconn* connection, std::chrono::steady_clock::time_point deadline) {
  while (std::chrono::steady_clock::now() < deadline) {
    char* bytes = nullptr;
    const int length = PQgetCopyData(connection, &bytes, 1);
    const std::unique_ptr<char, Finish> owner(bytes);
    if (length > 0) {
      return {bytes, static_cast<std::size_t>(length)};
    }
    if (length < 0) {
      throw std::runtime_error(PQerrorMessage(connection));
    }
    pollfd readable{PQsocket(connection), POLLIN, 0};
    poll(&readable, 1, 100);
    PQconsumeInput(connection);
  }
  return {};
}

void confirm(PGconn* connection, std::uint64_t lsn) {
  std::string reply = "r";
  for (const std::uint64_t field : {lsn, lsn, lsn, std::uint64_t{0}}) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      reply += static_cast<char>(field >> static_cast<unsigned>(shift));
    }
  }
  reply += '\0';
  if (PQputCopyData(connection, reply.data(), static_cast<int>(reply.size())) != 1 ||
      PQflush(connection) != 0) {
    throw std::runtime_error(PQerrorMessage(connection));
  }
}

/// What slot s sends of publication p up to the commit of a row with the text "the end", which it
/// then confirms: plugin messages without the protocol's header.
std::vector<std::string> stream(const TargetServer& target, const std::string& database) {
  const Replication connection = replication(target, database);
  const std::unique_ptr<PGresult, Finish> started(
      PQexec(connection.get(),
             "START_REPLICATION SLOT s LOGICAL 0/2 (proto_version '1', publication_names 'p')"));
  if (PQresultStatus(started.get()) != PGRES_COPY_BOTH) {
    throw std::runtime_error(PQresultErrorMessage(started.get()));
  }
  const std::size_t header = 25;
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  std::vector<std::string> messages;
  bool last = false;
  while (true) {
    const std::string message = receive(connection.get(), deadline);
    if (message.empty()) {
      throw std::runtime_error("the end did not come");
    }
    if (message[0] != 'w') {
      continue;
    }
    messages.push_back(message.substr(header));
    last = last || message.find("the end", header) != std::string::npos;
    if (last && messages.back()[0] == 'C') {
      confirm(connection.get(), number(messages.back(), 10, 8));
      return messages;
    }
  }
}

std::string kinds(const std::vector<std::string>& messages) {
  std::string all;
  for (const std::string& message : messages) {
    all += message[0];
  }
  return all;
}

/// Changes of that kind to the table.
std::int64_t count(const std::vector<std::string>& messages, char kind, const std::string& table) {
  std::uint64_t relation = 0;
  std::int64_t found = 0;
  for (const std::string& message : messages) {
    if (message[0] == 'R' &&
        message.find(std::string(1, '\0') + table + '\0') != std::string::npos) {
      relation = number(message, 1, 4);
    }
    found += message[0] == kind && number(message, 1, 4) == relation ? 1 : 0;
  }
  return found;
}

/// Publication p of all tables, slot s, and a table for "the end".
void prepare_stream(const TargetServer& target, const std::string& database) {
  target.execute(database, "CREATE TABLE ends (t text); CREATE PUBLICATION p FOR ALL TABLES");
  target.execute(database, "SELECT pg_create_logical_replication_slot('s', 'yboutput')");
}

void end_stream(const TargetServer& target, const std::string& database) {
  target.execute(database, "INSERT INTO ends VALUES ('the end')");
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Standin, LooksLikeYugabyteDb) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  target.create_database("yb");
  EXPECT_NE(target.value("yb", "SELECT version()").find("-YB-"), std::string::npos);
  EXPECT_GE(std::stoi(target.value("yb", "SELECT count(*) FROM yb_servers()")), 1);
  target.execute("yb", "SET yb_enable_upsert_mode = off");
}

TEST(Standin, GivesEveryNewTableTheIdentityChange) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  target.execute(
      "yb",
      "CREATE SCHEMA s CREATE TABLE inside (a int);"
      "CREATE TABLE plain (a int PRIMARY KEY, b text);"
      "CREATE TABLE copied AS SELECT 1 AS a;"
      "SELECT 1 AS a INTO selected;"
      "CREATE TABLE root (a int) PARTITION BY RANGE (a);"
      "CREATE TABLE leaf PARTITION OF root FOR VALUES FROM (0) TO (9);"
      "CREATE TEMP TABLE gone (a int);"
      "INSERT INTO plain VALUES (1, 'x'), (2, 'y'); UPDATE plain SET b = 'z' WHERE a = 1;"
      "DELETE FROM plain WHERE a = 2");
  EXPECT_EQ(target.value("yb",
                         "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class "
                         "WHERE relreplident = 'c'"),
            "copied inside leaf plain root selected");
  EXPECT_EQ(target.value("yb", "SELECT string_agg(b, ' ') FROM plain"), "z");
}

TEST(Standin, ShowsNothingOfItselfAmongUserObjects) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  target.create_database("yb");
  EXPECT_EQ(
      target.value("yb",
                   "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
                   "WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"),
      "0");
  EXPECT_EQ(target.value("yb", "SELECT count(*) FROM pg_event_trigger"), "0");
}

TEST(Standin, StreamsChangesThroughItsOwnPlugin) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  target.execute("yb",
                 "CREATE TABLE keyed (a int PRIMARY KEY, b text); CREATE TABLE keyless (a int)");
  prepare_stream(target, "yb");
  target.execute("yb",
                 "INSERT INTO keyed VALUES (1, 'x'); UPDATE keyed SET b = 'y'; DELETE FROM keyed;"
                 "INSERT INTO keyless VALUES (1);"
                 "WITH gone AS (DELETE FROM keyless RETURNING a) SELECT a FROM gone");
  end_stream(target, "yb");
  EXPECT_EQ(kinds(stream(target, "yb")), "BRIUDRIDCBRIC");
}

TEST(Standin, LogsOldRowsOfAStatementThatChangesItsOwnTablesCatalogRow) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  // Every GRANT makes the session read pg_class again, between two rows of the statement.
  target.execute(
      "yb",
      "CREATE TABLE parent (a int PRIMARY KEY, b int);"
      "CREATE TABLE child (a int PRIMARY KEY, p int REFERENCES parent ON DELETE CASCADE);"
      "CREATE FUNCTION rebuild() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
      "  GRANT SELECT ON parent, child TO PUBLIC; REVOKE SELECT ON parent, child FROM PUBLIC;"
      "  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END$$;"
      "CREATE TRIGGER r BEFORE UPDATE OR DELETE ON parent"
      "  FOR EACH ROW EXECUTE FUNCTION rebuild();"
      "CREATE TRIGGER r BEFORE DELETE ON child FOR EACH ROW EXECUTE FUNCTION rebuild();"
      "INSERT INTO parent SELECT i, 0 FROM generate_series(1, 100) i;"
      "INSERT INTO child SELECT i, 50 + i % 50 + 1 FROM generate_series(1, 100) i");
  prepare_stream(target, "yb");
  target.execute("yb", "UPDATE parent SET a = a + 1000 WHERE a <= 40");
  target.execute("yb", "DELETE FROM parent WHERE a > 40");
  end_stream(target, "yb");
  const std::vector<std::string> messages = stream(target, "yb");
  EXPECT_EQ(count(messages, 'I', "parent"), 40);
  EXPECT_EQ(count(messages, 'D', "parent"), 40 + 100);
  EXPECT_EQ(count(messages, 'D', "child"), 100);
}

/// Rows whose BEFORE trigger locks tables that the transaction has not locked yet, which is when a
/// session learns of other sessions' changes; the long text makes heap itself lock one.
void make_busy_tables(const TargetServer& target) {
  target.execute(
      "yb",
      "CREATE TABLE busy (a int PRIMARY KEY, big text); ALTER TABLE busy ALTER big SET STORAGE "
      "EXTERNAL;"
      "CREATE TABLE part (a int PRIMARY KEY, p int REFERENCES busy ON DELETE CASCADE);"
      "CREATE TABLE locks (a int) PARTITION BY LIST (a);"
      "DO $$BEGIN FOR i IN 0..49 LOOP"
      "  EXECUTE format('CREATE TABLE lock_%s PARTITION OF locks FOR VALUES IN (%s)', i, i);"
      "END LOOP; END$$;"
      "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
      "  EXECUTE format('LOCK TABLE lock_%s IN ACCESS SHARE MODE', OLD.a % 50);"
      "  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END$$;"
      "CREATE TRIGGER l BEFORE UPDATE OR DELETE ON busy FOR EACH ROW EXECUTE FUNCTION look();"
      "INSERT INTO busy SELECT i, repeat('x', 3000) FROM generate_series(1, 4000) i;"
      "INSERT INTO part SELECT i, i FROM generate_series(1, 4000) i");
}

TEST(Standin, LogsOldRowsWhileOtherSessionsChangeTheCatalog) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  make_busy_tables(target);
  prepare_stream(target, "yb");
  std::jthread changer([&](const std::stop_token& stop) {
    for (int i = 10; !stop.stop_requested(); i = i == 100 ? 10 : i + 1) {
      const std::string factor = std::to_string(i);
      target.execute("yb", "ALTER TABLE busy SET (fillfactor = " + factor +
                               "); ALTER TABLE part SET (fillfactor = " + factor + ")");
    }
  });
  const auto write = [&](int first) {
    for (int a = first; a < first + 2000; a += 20) {
      const std::string from = std::to_string(a);
      target.execute("yb", "UPDATE busy SET big = big || 'y' WHERE a = " + from);
      target.execute("yb", "UPDATE part SET a = a + 10000 WHERE a = " + from);
      target.execute("yb", "DELETE FROM busy WHERE a BETWEEN " + from + " AND " + from + " + 19");
    }
  };
  auto left = std::async(std::launch::async, write, 1);
  auto right = std::async(std::launch::async, write, 2001);
  left.get();
  right.get();
  changer.request_stop();
  changer.join();
  end_stream(target, "yb");
  const std::vector<std::string> messages = stream(target, "yb");
  EXPECT_EQ(count(messages, 'U', "busy"), 200);
  EXPECT_EQ(count(messages, 'D', "busy"), 4000);
  EXPECT_EQ(count(messages, 'D', "part"), 200 + 4000);
}

TEST(Standin, OtherUsesOfTablesWork) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  target.execute("yb",
                 "CREATE TABLE t (a int PRIMARY KEY, b text);"
                 "INSERT INTO t SELECT i, 'x' FROM generate_series(1, 1000) i;"
                 "CREATE INDEX ON t (b); ALTER TABLE t ALTER a TYPE bigint;"
                 "CREATE MATERIALIZED VIEW m AS SELECT * FROM t; CREATE UNIQUE INDEX ON m (a);"
                 "CREATE TEMP TABLE held AS SELECT * FROM t; DELETE FROM held WHERE ctid = '(0,1)';"
                 "DELETE FROM t WHERE a > 10; REFRESH MATERIALIZED VIEW CONCURRENTLY m;"
                 "INSERT INTO t VALUES (1, 'y') ON CONFLICT (a) DO UPDATE SET b = EXCLUDED.b");
  target.execute("yb", "VACUUM FULL t");
  EXPECT_EQ(target.value("yb", "SELECT count(*) || ' ' || max(b) FROM t"), "10 y");
  EXPECT_EQ(target.value("yb", "SELECT count(*) FROM m"), "10");
  target.execute("yb", "TRUNCATE t");
  EXPECT_EQ(target.value("yb", "SELECT count(*) FROM t"), "0");
}

TEST(Standin, NumbersChangesWithSmallCounters) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  target.use_sequence_lsns("yb");
  target.execute("yb",
                 "CREATE TABLE keyed (a int PRIMARY KEY, b text); CREATE TABLE other (a int);"
                 "CREATE TABLE ends (t text); CREATE PUBLICATION p FOR TABLE keyed, ends");
  target.execute("yb", "SELECT pg_create_logical_replication_slot('s', 'yboutput')");
  target.execute("yb", "INSERT INTO keyed VALUES (1, 'x')");
  target.execute("yb", "INSERT INTO other VALUES (1)");
  target.execute("yb", "UPDATE keyed SET a = 2; UPDATE keyed SET b = 'y'");
  end_stream(target, "yb");
  const std::vector<std::string> messages = stream(target, "yb");
  ASSERT_EQ(kinds(messages), "BRICBDIUCBRIC");
  const auto begins = [&](std::size_t i) {
    return std::pair(number(messages[i], 1, 8), number(messages[i], 17, 4));
  };
  const auto commits = [&](std::size_t i) {
    return std::pair(number(messages[i], 2, 8), number(messages[i], 10, 8));
  };
  EXPECT_EQ(begins(0), std::pair(4UL, 2UL));
  EXPECT_EQ(commits(3), std::pair(4UL, 5UL));
  EXPECT_EQ(begins(4), std::pair(9UL, 3UL));
  EXPECT_EQ(commits(8), std::pair(9UL, 10UL));
  EXPECT_EQ(begins(9), std::pair(12UL, 4UL));
  EXPECT_EQ(commits(12), std::pair(12UL, 13UL));
  // All of it again, though it was confirmed; also after a restart of the server.
  EXPECT_EQ(stream(target, "yb"), messages);
  target.cluster().restart();
  EXPECT_EQ(stream(target, "yb"), messages);
}

TEST(Standin, SendsTheWholeRowAfterAnUpdateOfItsKey) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  target.use_sequence_lsns("yb");
  target.execute("yb",
                 "CREATE TABLE keyed (a int PRIMARY KEY, b text);"
                 "ALTER TABLE keyed ALTER b SET STORAGE EXTERNAL;"
                 "CREATE TABLE ends (t text); CREATE PUBLICATION p FOR TABLE keyed, ends");
  target.execute("yb", "SELECT pg_create_logical_replication_slot('s', 'yboutput')");
  target.execute("yb", "INSERT INTO keyed VALUES (1, repeat('x', 10000))");
  target.execute("yb", "UPDATE keyed SET a = 2");
  end_stream(target, "yb");
  const std::vector<std::string> messages = stream(target, "yb");
  ASSERT_EQ(kinds(messages), "BRICBDICBRIC");
  EXPECT_NE(messages[6].find(std::string(10000, 'x')), std::string::npos);
}

TEST(Standin, RefusesWhatYugabyteDbDoesNotHave) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  target.execute("yb", "CREATE TABLE t (a int); SELECT tableoid FROM t; SELECT xmin FROM pg_class");
  const auto refused = [&](const std::string& sql) {
    return refusal([&] { target.execute("yb", sql); });
  };
  for (const char* call :
       {"pg_current_wal_lsn()", "pg_current_wal_flush_lsn()", "pg_wal_lsn_diff('0/1', '0/2')",
        "txid_current()", "pg_logical_emit_message(true, 'a', 'b'::text)",
        "pg_logical_slot_get_changes('s', NULL, NULL)",
        "pg_logical_slot_peek_changes('s', NULL, NULL)"}) {
    EXPECT_NE(refused(std::string("SELECT ") + call).find("is not supported yet"),
              std::string::npos)
        << call;
  }
  for (const char* sql :
       {"SELECT xmin FROM t",
        "SELECT 1 FROM t x WHERE EXISTS (SELECT FROM pg_class WHERE x.xmax = 1)",
        "DELETE FROM t WHERE ctid = '(0,1)'", "COPY (SELECT cmin FROM t) TO STDOUT",
        "EXPLAIN SELECT cmax FROM t", "CREATE VIEW v AS SELECT t.xmin FROM t"}) {
    EXPECT_NE(refused(sql).find("System column \""), std::string::npos) << sql;
  }
}

TEST(Standin, TakesHowTheColumnsOfAPrimaryKeyAreSharded) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  target.create_database("grammar");
  target.execute("grammar",
                 "CREATE TABLE a (at date, hash int, \"asc\" int, PRIMARY KEY (at ASC, hash HASH, "
                 "\"asc\" DESC)); CREATE TABLE b (x int, y int, CONSTRAINT k PRIMARY KEY ((x, y) "
                 "HASH), n text DEFAULT 'primary key (n asc)')");
  target.execute("grammar", "CREATE TABLE c (at date)");
  target.execute("grammar", "ALTER TABLE ONLY c ADD CONSTRAINT c_pkey PRIMARY KEY (at ASC)");
  EXPECT_EQ(target.value("grammar",
                         "SELECT count(*) FROM pg_index WHERE indisprimary AND indrelid IN "
                         "('a'::regclass, 'b'::regclass, 'c'::regclass)"),
            "3");
  EXPECT_EQ(target.value("grammar", "INSERT INTO b VALUES (1, 2) RETURNING n"),
            "primary key (n asc)");
  // YugabyteDB knows it of primary keys only.
  EXPECT_NE(refusal([&] {
              target.execute("grammar", "CREATE TABLE d (at date, UNIQUE (at ASC))");
            }).find("syntax error"),
            std::string::npos);
}

TEST(Standin, FailsOneCopyOnRequest) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  target.execute("yb", "CREATE TABLE t (a int)");
  EXPECT_THROW(target.execute("yb",
                              "SET yb_shim.copy_fault = '40001:Restart read required';"
                              "COPY t FROM PROGRAM 'echo 1'"),
               std::runtime_error);
  target.execute("yb", "COPY t FROM PROGRAM 'echo 1' WITH (ROWS_PER_TRANSACTION 100)");
  EXPECT_EQ(target.value("yb", "SELECT count(*) FROM t"), "1");
}

}  // namespace
}  // namespace voyager::testing
