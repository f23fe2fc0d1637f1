// SPDX-License-Identifier: Apache-2.0
#include "support/sql_session.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace voyager::testing {

bool Refused::is_conflict() const {
  // 40001, 40P01: serialization, deadlock; 55P03: lock_timeout; 23505: two wanted one value; 23503:
  // the row that it refers to was deleted meanwhile.
  constexpr std::array<std::string_view, 5> states{"40001", "40P01", "55P03", "23505", "23503"};
  return std::find(states.begin(), states.end(), sqlstate) != states.end();
}

bool Refused::connection_lost() const {
  return sqlstate.compare(0, 2, "08") == 0 || sqlstate.compare(0, 3, "57P") == 0;
}

SqlSession::SqlSession(const std::string& connection) : handle_(PQconnectdb(connection.c_str())) {
  PQsetNoticeProcessor(
      handle_, [](void*, const char*) {}, nullptr);
}

SqlSession::~SqlSession() {
  PQfinish(handle_);
}

bool SqlSession::connected() const {
  return PQstatus(handle_) == CONNECTION_OK;
}

void SqlSession::reconnect() {
  PQreset(handle_);
}

std::int64_t SqlSession::run(const std::string& sql) {
  PGresult* result = send(sql);
  const std::int64_t rows = std::strtoll(PQcmdTuples(result), nullptr, 10);
  PQclear(result);
  return rows;
}

std::int64_t SqlSession::number(const std::string& sql) {
  PGresult* result = send(sql);
  const bool none = PQntuples(result) == 0 || PQgetisnull(result, 0, 0) != 0;
  const std::int64_t value = none ? 0 : std::strtoll(PQgetvalue(result, 0, 0), nullptr, 10);
  PQclear(result);
  return value;
}

pg_result* SqlSession::send(const std::string& sql) {
  PGresult* result = PQexec(handle_, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  Refused refused{state == nullptr ? "08000" : state, PQerrorMessage(handle_)};
  PQclear(result);
  throw refused;
}

}  // namespace voyager::testing
