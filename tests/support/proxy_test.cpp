// SPDX-License-Identifier: Apache-2.0
#include "support/proxy.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <string>

#include "support/pg_cluster.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A server behind a proxy.
class ProxyTest : public ::testing::Test {
 protected:
  struct Finish {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
    void operator()(PGresult* result) const noexcept { PQclear(result); }
  };
  using Session = std::unique_ptr<PGconn, Finish>;

  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    cluster_ = std::make_unique<PgCluster>();
    proxy_ = std::make_unique<Proxy>(cluster_->endpoint());
  }
  Session open() const {
    const std::string text =
        connection_string(proxy_->through(cluster_->endpoint())) + "connect_timeout=2";
    return Session(PQconnectdb(text.c_str()));
  }
  static std::string ask(const Session& session, const std::string& sql) {
    const std::unique_ptr<PGresult, Finish> result(PQexec(session.get(), sql.c_str()));
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) return "failed";
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "done";
  }
  static bool works(const Session& session) { return ask(session, "SELECT 7") == "7"; }

  std::unique_ptr<PgCluster> cluster_;
  std::unique_ptr<Proxy> proxy_;
};

TEST_F(ProxyTest, PassesBytesOnInBothDirections) {
  const Session session = open();
  EXPECT_EQ(ask(session, "SELECT length('" + std::string(3'000'000, 'x') + "')"), "3000000");
  EXPECT_EQ(ask(session, "SELECT repeat('y', 3000000)"), std::string(3'000'000, 'y'));
  EXPECT_GT(proxy_->bytes(), 6'000'000U);
  EXPECT_EQ(proxy_->open(), 1);
}

TEST_F(ProxyTest, CutAndResetEndEveryConnectionAndLetNewOnesIn) {
  const Session first = open();
  proxy_->cut();
  EXPECT_FALSE(works(first));
  const Session second = open();
  EXPECT_TRUE(works(second));
  proxy_->reset();
  EXPECT_FALSE(works(second));
  EXPECT_TRUE(works(open()));
}

TEST_F(ProxyTest, ResetsAfterSoManyBytes) {
  const Session session = open();
  proxy_->reset_after(100'000);
  EXPECT_EQ(ask(session, "SELECT repeat('y', 1000000)"), "failed");
  EXPECT_TRUE(works(open()));
}

TEST_F(ProxyTest, DelaysEachDirectionButKeepsTheBandwidth) {
  const Session session = open();
  proxy_->set_delay(150ms);
  auto begun = Clock::now();
  EXPECT_TRUE(works(session));
  EXPECT_GE(Clock::now() - begun, 300ms);
  begun = Clock::now();
  EXPECT_NE(ask(session, "SELECT repeat('y', 20000000)"), "failed");
  // Piece by piece, each waiting for the one before, this would be 300 delays.
  EXPECT_LT(Clock::now() - begun, 10s);
}

TEST_F(ProxyTest, SwallowsEverythingUntilItIsHealed) {
  const Session session = open();
  proxy_->swallow();
  ASSERT_EQ(PQsendQuery(session.get(), "CREATE TABLE lost ()"), 1);
  EXPECT_NE(PQstatus(open().get()), CONNECTION_OK) << "a new connection got an answer";
  EXPECT_EQ(PQsocket(session.get()) >= 0 && PQstatus(session.get()) == CONNECTION_OK, true);
  EXPECT_EQ(cluster_->value("postgres", "SELECT to_regclass('lost')"), "");
  proxy_->heal();
  EXPECT_TRUE(works(open()));
  EXPECT_FALSE(works(session)) << "bytes are missing in it";
}

TEST_F(ProxyTest, RefusesNewConnectionsOnly) {
  const Session session = open();
  proxy_->refuse();
  EXPECT_TRUE(works(session));
  EXPECT_NE(PQstatus(open().get()), CONNECTION_OK);
  proxy_->heal();
  EXPECT_TRUE(works(open()));
}

TEST_F(ProxyTest, HangsUpWhileTheServerIsDown) {
  cluster_->stop_immediately();
  EXPECT_NE(PQstatus(open().get()), CONNECTION_OK);
  cluster_->start();
  EXPECT_TRUE(works(open()));
}

TEST_F(ProxyTest, DropsTheAnswerToASimpleCommit) {
  const Session session = open();
  ask(session, "CREATE TABLE t (a int)");
  proxy_->drop_answer_to_commit();
  ask(session, "BEGIN; INSERT INTO t VALUES (1)");
  EXPECT_EQ(proxy_->answers_dropped(), 0);
  EXPECT_EQ(ask(session, "COMMIT"), "failed");
  EXPECT_EQ(proxy_->answers_dropped(), 1);
  EXPECT_EQ(cluster_->value("postgres", "SELECT count(*) FROM t"), "1");
  const Session next = open();
  ask(next, "BEGIN");
  EXPECT_EQ(ask(next, "COMMIT"), "done") << "only one answer was to be dropped";
}

TEST_F(ProxyTest, DropsTheAnswerToACommitThroughTheExtendedProtocol) {
  const Session session = open();
  ask(session, "CREATE TABLE t (a int)");
  const std::unique_ptr<PGresult, Finish> prepared(
      PQprepare(session.get(), "end of it", "commit;", 0, nullptr));
  ASSERT_EQ(PQresultStatus(prepared.get()), PGRES_COMMAND_OK);
  ask(session, "BEGIN; INSERT INTO t VALUES (1)");
  proxy_->drop_answer_to_commit();
  const std::unique_ptr<PGresult, Finish> result(
      PQexecPrepared(session.get(), "end of it", 0, nullptr, nullptr, nullptr, 0));
  EXPECT_EQ(PQresultStatus(result.get()), PGRES_FATAL_ERROR);
  EXPECT_EQ(proxy_->answers_dropped(), 1);
  EXPECT_EQ(cluster_->value("postgres", "SELECT count(*) FROM t"), "1");
}

}  // namespace
}  // namespace voyager::testing
