// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <random>
#include <thread>

#include "changes/apply.hpp"
#include "pg_target_support.hpp"
#include "support/recording_status.hpp"
#include "support/temp_directory.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

/// A change log written by hand, applied over several sessions.
class ParallelApply : public PgTarget {
 protected:
  void SetUp() override {
    PgTarget::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    layout_.create();
    meta_.emplace(exportdir::MetaDb::open(layout_, true));
    writer_.emplace(layout_, *meta_, "source_db_exporter", exportdir::ChangeLogLimits{});
    options_.role = "target_db_importer";
    options_.parallel_jobs = 4;
    options_.limits.batch_changes = 1;  // every transaction is a batch
    options_.patience = 10s;
  }

  /// The migrating table as it is in the target; its changes are logged under this number.
  void add_table(std::uint32_t number, const std::string& name,
                 const std::vector<std::string>& columns, const std::vector<std::string>& key) {
    exportdir::TableRecord record;
    record.table.name = {"public", name};
    record.table.key = key;
    for (const std::string& column : columns)
      record.table.columns.push_back({column, "text", "text"});
    meta_->add_tables({record});
    Relation relation{number, {"public", name}, {"public", name}, "", {}};
    for (const std::string& column : columns)
      relation.columns.push_back({column, std::find(key.begin(), key.end(), column) != key.end()});
    relations_.push_back(relation);
  }

  void begin() {
    ++transactions_;
    writer_->append(Begin{position(), 1, 1});
    if (transactions_ == 1)
      for (const Relation& relation : relations_) writer_->append(relation);
  }
  void commit() { writer_->append(Commit{position()}); }
  void change(std::uint32_t table, Operation operation, const std::vector<std::string>& row) {
    std::vector<Value> values;
    for (const std::string& text : row) values.push_back(Value::of(text));
    if (operation == Operation::remove) {
      for (std::size_t i = 1; i < values.size(); ++i) values[i].kind = Value::Kind::unchanged;
      writer_->append(RowChange{table, operation, values, {}});
    } else {
      writer_->append(RowChange{table, operation, {}, values});
    }
  }
  void transaction(Operation operation, const std::vector<std::string>& row) {
    begin();
    change(1, operation, row);
    commit();
  }

  bool apply(const std::stop_token& stop = {}) {
    writer_->flush();
    changes::Apply apply(layout_, *meta_, *engine_, options_, status_);
    return apply.run([this] { return std::optional(writer_->last_vsn()); }, stop);
  }
  static std::string rows_of(const std::string& table) {
    return value("target",
                 "SELECT coalesce(string_agg(t::text, ' ' ORDER BY t::text COLLATE \"C\"), '') "
                 "FROM " +
                     table + " t");
  }
  /// Waits until the importer's sessions are in this state so often.
  static bool await_sessions(const std::string& condition, int count) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < end) {
      if (value("target",
                "SELECT count(*) FROM pg_stat_activity WHERE datname = 'target' AND "
                "pid <> pg_backend_pid() AND " +
                    condition) == std::to_string(count))
        return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  TempDirectory directory_;
  exportdir::Layout layout_{directory_.path()};
  std::optional<exportdir::MetaDb> meta_;
  std::optional<exportdir::ChangeLogWriter> writer_;
  std::vector<Relation> relations_;
  changes::ApplyOptions options_;
  RecordingStatus status_;

 private:
  Position position() const { return {std::to_string(1'000'000 + transactions_)}; }
  int transactions_ = 0;
};

/// Each transaction moves an amount from one account to another, counts itself in one row and
/// leaves a line without a key.
class Accounts : public ParallelApply {
 protected:
  static constexpr int accounts = 40;

  void SetUp() override {
    ParallelApply::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    run("target",
        "CREATE TABLE account (id int PRIMARY KEY, amount int); "
        "INSERT INTO account SELECT i, 1000 FROM generate_series(1, 40) i; "
        "CREATE TABLE total (id int PRIMARY KEY, transactions int); INSERT INTO total VALUES (1, "
        "0); "
        "CREATE TABLE line (n int)");
    add_table(1, "account", {"id", "amount"}, {"id"});
    add_table(2, "total", {"id", "transactions"}, {"id"});
    add_table(3, "line", {"n"}, {});
  }

  void log_transfers(int count) {
    std::vector<int> amounts(accounts + 1, 1000);
    std::mt19937 random(1);
    for (int n = 1; n <= count; ++n) {
      const int from = 1 + static_cast<int>(random() % accounts);
      const int to = 1 + (from + static_cast<int>(random() % (accounts - 1))) % accounts;
      amounts[static_cast<std::size_t>(from)] -= n;
      amounts[static_cast<std::size_t>(to)] += n;
      begin();
      for (const int id : {from, to})
        change(1, Operation::update,
               {std::to_string(id), std::to_string(amounts[static_cast<std::size_t>(id)])});
      change(2, Operation::update, {"1", std::to_string(n)});
      change(3, Operation::insert, {std::to_string(n)});
      commit();
    }
  }
  /// The number of transactions that the target shows; every state must be one of the source's.
  static int transactions_shown(postgres::Connection& connection) {
    const postgres::Result state = connection.query(
        "SELECT (SELECT sum(amount) FROM account), (SELECT transactions FROM total), "
        "(SELECT count(*) FROM line), (SELECT coalesce(max(n), 0) FROM line)");
    EXPECT_EQ(state.integer(0, 0), 1000 * accounts);
    EXPECT_EQ(state.integer(0, 1), state.integer(0, 2));
    EXPECT_EQ(state.integer(0, 1), state.integer(0, 3));
    return static_cast<int>(state.integer(0, 1));
  }
};

TEST_F(Accounts, AReaderSeesOnlyStatesThatTheSourceHad) {
  constexpr int count = 600;
  log_transfers(count);
  std::jthread reader([](const std::stop_token& stop) {
    postgres::Connection connection(cluster_->endpoint("target"));
    connection.execute("SET search_path = public");
    int last = 0;
    while (!stop.stop_requested() && !HasFailure()) {
      const int shown = transactions_shown(connection);
      EXPECT_GE(shown, last);
      last = shown;
    }
  });
  EXPECT_TRUE(apply());
  reader.request_stop();
  reader.join();
  postgres::Connection connection(cluster_->endpoint("target"));
  connection.execute("SET search_path = public");
  EXPECT_EQ(transactions_shown(connection), count);
}

TEST_F(Accounts, ALockOfSomebodyElseIsWaitedForWithoutHoldingRowsForLong) {
  log_transfers(60);
  options_.patience = 100ms;
  postgres::Connection other(cluster_->endpoint("target"));
  other.execute("BEGIN; LOCK TABLE public.total IN SHARE MODE");
  std::jthread applying([this] { EXPECT_TRUE(apply()); });
  EXPECT_TRUE(await_sessions("wait_event_type = 'Lock'", 1));
  EXPECT_TRUE(await_sessions("state = 'idle in transaction' AND backend_xid IS NOT NULL", 0));
  EXPECT_EQ(value("target", "SELECT transactions FROM total"), "0");
  other.execute("COMMIT");
  applying.join();
  EXPECT_EQ(value("target", "SELECT transactions FROM total"), "60");
}

/// The target's commits stay in its memory: nobody but us has them flushed.
class LazyAccounts : public Accounts {
 protected:
  void SetUp() override {
    Accounts::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    run("postgres", "ALTER SYSTEM SET wal_writer_delay = '10s'");
    run("postgres", "SELECT pg_reload_conf()");
  }
  void TearDown() override {
    Accounts::TearDown();
    if (!IsSkipped()) run("postgres", "ALTER SYSTEM RESET wal_writer_delay");
  }
  static void crash() {
    cluster_->stop_immediately();
    cluster_->start();
  }
  static void expect_transactions(int count) {
    postgres::Connection connection(cluster_->endpoint("target"));
    connection.execute("SET search_path = public");
    EXPECT_EQ(transactions_shown(connection), count);
  }
};

TEST_F(LazyAccounts, ACrashOfTheTargetAfterTheEndLosesNothing) {
  log_transfers(50);
  EXPECT_TRUE(apply());
  crash();
  expect_transactions(50);
}

TEST_F(LazyAccounts, ACrashOfTheTargetInTheMiddleIsMadeUpFor) {
  constexpr int count = 600;
  log_transfers(count);
  std::jthread applying([this] { EXPECT_TRUE(apply()); });
  postgres::Connection reader(cluster_->endpoint("target"));
  reader.execute("SET search_path = public");
  while (transactions_shown(reader) < 100) {
  }
  crash();
  applying.join();
  expect_transactions(count);
}

class UniqueValues : public ParallelApply {
 protected:
  void SetUp() override {
    ParallelApply::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    run("target", "CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE)");
    add_table(1, "t", {"id", "u"}, {"id"});
  }
};

TEST_F(UniqueValues, MoveFromRowToRowAndFromBatchToBatch) {
  run("target", "INSERT INTO t SELECT i, i FROM generate_series(1, 9) i");
  for (int round = 0; round < 40; ++round) {
    const std::string old_row = std::to_string(round + 1);
    const std::string value = std::to_string(round % 9 + 1);
    transaction(Operation::remove, {old_row, value});
    transaction(Operation::insert, {std::to_string(round + 10), value});
  }
  EXPECT_TRUE(apply());
  EXPECT_EQ(value("target", "SELECT count(*) || ' ' || min(id) || ' ' || max(id) FROM t"),
            "9 41 49");
}

/// The first batch waits for a row of a later one, and this for the first one's commit: nobody but
/// us can know.
TEST_F(UniqueValues, ABatchThatALaterOneBlocksIsLetPast) {
  run("target", "INSERT INTO t VALUES (1, 1)");
  options_.patience = 1500ms;
  postgres::Connection other(cluster_->endpoint("target"));
  other.execute("BEGIN; UPDATE public.t SET u = u WHERE id = 1");
  transaction(Operation::update, {"1", "2"});
  transaction(Operation::update, {"1", "5"});
  begin();
  change(1, Operation::update, {"1", "6"});
  commit();
  transaction(Operation::insert, {"2", "5"});
  std::jthread applying([this] { EXPECT_TRUE(apply()); });
  EXPECT_TRUE(
      await_sessions("state = 'idle in transaction' AND backend_xid IS NOT NULL "
                     "AND query NOT LIKE 'BEGIN%'",
                     1));
  other.execute("ROLLBACK");
  applying.join();
  EXPECT_EQ(rows_of("t"), "(1,6) (2,5)");
}

TEST_F(UniqueValues, DivergenceIsFoundAndWhatIsBeforeItStays) {
  for (int i = 1; i <= 20; ++i)
    transaction(Operation::insert, {std::to_string(i), std::to_string(i)});
  transaction(Operation::remove, {"99", "99"});
  for (int i = 21; i <= 40; ++i)
    transaction(Operation::insert, {std::to_string(i), std::to_string(i)});
  EXPECT_EQ(error_code_of([this] { apply(); }), 6001);
  EXPECT_EQ(value("target", "SELECT count(*) || ' ' || max(id) FROM t"), "20 20");
}

}  // namespace
}  // namespace voyager::testing
