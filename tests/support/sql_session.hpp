// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

struct pg_conn;
struct pg_result;

namespace voyager::testing {

/// The server refused a statement; its transaction can only be rolled back.
struct Refused {
  std::string sqlstate;  ///< 08000 where there is none
  std::string message;

  /// What applications that write side by side have to live with: deadlocks, waits for a lock that
  /// became too long, and races for a unique value or for a row that others refer to.
  bool is_conflict() const;
  bool connection_lost() const;
};

/// An application's connection. Threads: one at a time.
class SqlSession {
 public:
  /// connection: for libpq. Look at connected() afterwards.
  explicit SqlSession(const std::string& connection);
  ~SqlSession();
  SqlSession(const SqlSession&) = delete;
  SqlSession& operator=(const SqlSession&) = delete;

  bool connected() const;
  void reconnect();

  /// Runs one statement; returns how many rows it changed or returned. Throws: Refused.
  std::int64_t run(const std::string& sql);
  /// The first value of the first row; 0 for NULL and where there is no row. Throws: Refused.
  std::int64_t number(const std::string& sql);

 private:
  pg_result* send(const std::string& sql);

  pg_conn* handle_;
};

}  // namespace voyager::testing
