// SPDX-License-Identifier: Apache-2.0
#include "soak/applications.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "support/pg_cluster.hpp"
#include "support/sql_session.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

void pause(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
}

/// False when it is to stop before the server is back.
bool connect(SqlSession& session, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      // A prepared transaction keeps its locks while its application is away.
      if (session.connected()) return session.run("SET lock_timeout = '3s'"), true;
    } catch (const Refused&) {
      // Gone again.
    }
    pause(stop, 50ms);
    session.reconnect();
  }
  return false;
}

bool prepares(const Transaction& transaction) {
  return transaction.ending == Ending::prepare_and_commit ||
         transaction.ending == Ending::prepare_and_roll_back;
}

void finish_prepared(SqlSession& session, const Transaction& transaction) {
  const std::string word = transaction.ending == Ending::prepare_and_commit ? "COMMIT" : "ROLLBACK";
  session.run(word + " PREPARED '" + transaction.name() + "'");
}

void perform(SqlSession& session, const Transaction& transaction, const std::stop_token& stop) {
  session.run("BEGIN");
  for (const Step& step : transaction.steps) session.run(step.sql);
  if (!prepares(transaction)) {
    session.run(transaction.ending == Ending::commit ? "COMMIT" : "ROLLBACK");
    return;
  }
  session.run("PREPARE TRANSACTION '" + transaction.name() + "'");
  pause(stop, std::chrono::milliseconds(transaction.pause_millis));
  finish_prepared(session, transaction);
}

bool commits(const Transaction& transaction) {
  return transaction.ending == Ending::commit || transaction.ending == Ending::prepare_and_commit;
}

/// After a connection was lost: whether the transaction is in the database. One that is prepared
/// there is brought to its end first.
bool ask_whether_committed(SqlSession& session, const Transaction& transaction) {
  if (prepares(transaction) &&
      session.number("SELECT count(*) FROM pg_prepared_xacts WHERE gid = '" + transaction.name() +
                     "'") == 1)
    finish_prepared(session, transaction);
  return session.number("SELECT count(*) FROM history WHERE application = " +
                        std::to_string(transaction.application) +
                        " AND number = " + std::to_string(transaction.number)) == 1;
}

enum class Outcome : std::uint8_t { committed, rolled_back, conflict, failed, stopped };

}  // namespace

class Applications::Application {
 public:
  Application(const ApplicationsOptions& options, int number)
      : generator_(options.seed, number, options.most_rows) {}

  void start(const engine::Endpoint& place, Dialect dialect, int transactions) {
    over_ = 0;
    working_ = true;
    thread_ = std::jthread([this, place, dialect, transactions](const std::stop_token& stop) {
      SqlSession session(connection_string(place));
      for (int i = 0; i < transactions && !stop.stop_requested(); ++i)
        live(session, generator_.next(dialect), stop);
      working_ = false;
    });
  }
  void stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }
  int over() const { return over_; }
  bool working() const { return working_; }
  const ApplicationsTotals& totals() const { return totals_; }
  const Model& committed() const { return model_; }

 private:
  void live(SqlSession& session, const Transaction& transaction, const std::stop_token& stop) {
    const Outcome outcome = bring_to_an_end(session, transaction, stop);
    if (outcome == Outcome::committed) {
      ++totals_.committed;
      for (const Step& step : transaction.steps)
        if (step.effect) step.effect(model_);
    }
    if (outcome == Outcome::rolled_back) ++totals_.rolled_back;
    if (outcome == Outcome::conflict) ++totals_.conflicts;
    ++over_;
    pause(stop, std::chrono::milliseconds(transaction.pause_millis));
  }

  Outcome bring_to_an_end(SqlSession& session, const Transaction& transaction,
                          const std::stop_token& stop) {
    for (bool in_doubt = false;;) {
      if (!connect(session, stop)) return Outcome::stopped;
      try {
        if (in_doubt && ask_whether_committed(session, transaction)) return Outcome::committed;
        perform(session, transaction, stop);
        return commits(transaction) ? Outcome::committed : Outcome::rolled_back;
      } catch (const Refused& refused) {
        in_doubt = true;
        if (refused.connection_lost()) {
          session.reconnect();
        } else {
          return give_up(session, refused);
        }
      }
    }
  }

  Outcome give_up(SqlSession& session, const Refused& refused) {
    try {
      session.run("ROLLBACK");
    } catch (const Refused&) {
      session.reconnect();
    }
    if (refused.is_conflict()) return Outcome::conflict;
    totals_.errors.push_back(refused.sqlstate + " " + refused.message);
    return Outcome::failed;
  }

  Generator generator_;
  Model model_;
  ApplicationsTotals totals_;
  std::atomic<int> over_{0};
  std::atomic<bool> working_{false};
  std::jthread thread_;
};

Applications::Applications(const ApplicationsOptions& options) {
  for (int i = 0; i < options.applications; ++i)
    applications_.push_back(std::make_unique<Application>(options, i));
}

Applications::~Applications() {
  stop();
}

void Applications::start(const engine::Endpoint& place, Dialect dialect, int transactions) {
  stop();
  for (const auto& one : applications_) one->start(place, dialect, transactions);
}

int Applications::over() const {
  int sum = 0;
  for (const auto& one : applications_) sum += one->over();
  return sum;
}

bool Applications::working() const {
  for (const auto& one : applications_)
    if (one->working()) return true;
  return false;
}

void Applications::stop() {
  for (const auto& one : applications_) one->stop();
}

ApplicationsTotals Applications::totals() const {
  ApplicationsTotals sum;
  for (const auto& one : applications_) {
    const ApplicationsTotals& more = one->totals();
    sum.committed += more.committed;
    sum.rolled_back += more.rolled_back;
    sum.conflicts += more.conflicts;
    sum.errors.insert(sum.errors.end(), more.errors.begin(), more.errors.end());
  }
  return sum;
}

Model Applications::committed() const {
  Model model;
  for (const auto& one : applications_) merge(model, one->committed());
  return model;
}

}  // namespace voyager::testing
