// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/endpoint.hpp"
#include "engines/postgres/peer_check.hpp"

struct pg_conn;    // libpq's PGconn; libpq-fe.h stays inside engines/postgres/*.cpp
struct pg_result;  // libpq's PGresult

namespace voyager::postgres {

/// Rows that came back. Views live as long as the object.
class Result {
 public:
  explicit Result(pg_result* handle);
  int rows() const;
  int columns() const;
  bool is_null(int row, int column) const;
  std::string_view text(int row, int column) const;
  std::string string(int row, int column) const { return std::string(text(row, column)); }
  std::int64_t integer(int row, int column) const;
  double number(int row, int column) const;
  bool boolean(int row, int column) const { return text(row, column) == "t"; }
  /// Rows that INSERT, UPDATE, DELETE, COPY or SELECT touched.
  std::int64_t affected() const;
  /// The command that the server says it did: "COMMIT", "INSERT 0 1".
  std::string_view tag() const;

 private:
  struct Clear {
    void operator()(pg_result* result) const noexcept;
  };
  std::unique_ptr<pg_result, Clear> handle_;
};

/// The answer of a queued statement; throws the statement's error.
using TakeResult = std::function<Result&()>;

using Parameter = std::optional<std::string>;

enum class ConnectionKind : std::uint8_t {
  sql,          ///< ordinary session
  replication,  ///< replication=database: CREATE_REPLICATION_SLOT, START_REPLICATION
  asking,       ///< to ask after another session (peer_check.hpp): gives up after one silence
};

/// One server session, thinly over libpq.
///
/// Every session pins what shapes the text of values (client_encoding UTF8, DateStyle ISO,
/// IntervalStyle postgres, extra_float_digits 3, bytea_output hex, TimeZone UTC, lc_monetary C,
/// xmloption content, empty search_path), so that text from one server is read alike by another;
/// makes rows that row-level security would hide an error, and switches server time-outs off.
/// A server that says nothing for network_patience() is asked over another connection whether it
/// still works on the statement; if not, or if it can't be asked, the connection counts as lost.
/// Threads: one at a time. Throws: Error 31xx with the server's SQLSTATE; the action comes from one
/// table (sqlstate.cpp). Messages hold the server's primary message, never its DETAIL or CONTEXT,
/// which may quote row data.
class Connection {
 public:
  explicit Connection(const engine::Endpoint& endpoint, ConnectionKind kind = ConnectionKind::sql);

  /// Runs one or several statements without parameters; the last result.
  Result execute(const std::string& sql);
  /// One statement with text parameters $1..$n (types are inferred by the server).
  Result query(const std::string& sql, const std::vector<Parameter>& parameters = {});
  /// The single value of a one-row answer; empty when there is no row or it is null.
  std::optional<std::string> scalar(const std::string& sql,
                                    const std::vector<Parameter>& parameters = {});
  /// Prepares on first use (by text) and runs; parameters as views, null where data() is nullptr.
  Result prepared(const std::string& sql, const std::vector<std::string_view>& parameters);

  /// What becomes of a queued statement's answer.
  using Answer = std::function<void(const TakeResult& result)>;
  /// As prepared(), without waiting: statements go out one after the other, and the answers are
  /// taken in settle(), which every other member that talks to the server calls first. After an
  /// error nothing is done of what was queued behind it.
  void queue(const std::string& sql, const std::vector<std::string_view>& parameters = {},
             Answer answer = {});
  /// Waits for the answers of all that is queued. Throws: the first error of a statement or of what
  /// its answer was given to.
  void settle();

  /// COPY ... TO STDOUT: pieces as they come; returns the rows.
  std::uint64_t copy_out(const std::string& sql, const std::function<void(std::string_view)>& sink);
  /// COPY ... FROM STDIN: `next` fills its argument and returns false at the end; returns the rows.
  std::uint64_t copy_in(const std::string& sql, const std::function<bool(std::string&)>& next);

  /// As execute(), for a statement that may wait long: `waiting` is called each `period` meanwhile.
  /// When it throws, the statement is cancelled, unless the server does not answer.
  Result execute_waiting(const std::string& sql, std::chrono::milliseconds period,
                         const std::function<void()>& waiting);

  /// What a COPY that was read through handle() ended with. Waits as execute() does.
  Result finish_copy();

  /// Sends COMMIT. When the connection breaks before the answer the error's action is ask_target.
  void commit();
  bool alive() const;
  /// Nothing is open, queued or on its way.
  bool idle() const;
  /// The shortest time that a statement took so far: no way there and back takes longer.
  std::chrono::microseconds round_trip() const { return round_trip_; }
  int server_version() const;  ///< as PQserverVersion: 150020
  std::string parameter_status(const std::string& name) const;
  int backend_pid() const;
  /// For the replication protocol in replication_feed.cpp.
  pg_conn* handle() const { return handle_.get(); }
  const engine::Endpoint& endpoint() const { return endpoint_; }

 private:
  struct Queued {
    Answer answer;
    bool prepares = false;
  };
  Result take(pg_result* handle);
  Result answer(int sent);
  pg_result* next_result();
  void drain();
  int copied_piece(char*& buffer);
  std::uint64_t copied_rows();
  void skip_copy();
  void read_more();
  void give_up_silent_server();
  void check(const pg_result* handle) const;
  const std::string* prepared_name(const std::string& sql) const;
  void read_answers(const std::vector<Queued>& queued);
  void take_answer(const Queued& queued, pg_result* handle);
  void cancel() noexcept;
  void introduce();
  [[noreturn]] void throw_lost(const char* during) const;

  struct Close {
    void operator()(pg_conn* connection) const noexcept;
  };
  engine::Endpoint endpoint_;
  ConnectionKind kind_;
  std::unique_ptr<pg_conn, Close> handle_;
  ServedBy served_by_;
  struct Prepared {
    std::string sql;
    std::string name;
  };
  std::vector<Prepared> prepared_;
  std::size_t next_prepared_ = 0;
  std::vector<Queued> queued_;
  std::chrono::microseconds round_trip_ = std::chrono::microseconds::max();
};

struct Setting {
  const char* name;
  const char* value;  ///< as SQL
};

/// SET of what this release may not know and this user or moment may not allow: a setting is a
/// wish, not a condition. One round trip where all of them are possible. Throws: as Connection for
/// any other reason.
void set_if_possible(Connection& connection, std::span<const Setting> settings);

/// A transaction that rolls back unless commit() was called.
class Transaction {
 public:
  explicit Transaction(Connection& connection, const std::string& begin = "BEGIN");
  /// Its BEGIN goes out with what is queued next.
  static Transaction queued(Connection& connection, const std::string& begin = "BEGIN");
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  enum class Queued : std::uint8_t { yes };
  Transaction(Connection& connection, const std::string& begin, Queued how);

  Connection& connection_;
  bool open_ = true;
};

}  // namespace voyager::postgres
