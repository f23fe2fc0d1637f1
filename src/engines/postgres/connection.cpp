// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>

#include "base/text.hpp"
#include "engines/postgres/sqlstate.hpp"
#include "engines/postgres/statement_counts.hpp"

namespace voyager::postgres {
namespace {

/// Pinned for every session; "-c name=value" in the start-up options, so that walsenders have them
/// too. Server time-outs are switched off: an idle stream or a long COPY must not be cut by a
/// site's default. row_security=off turns rows that a policy would hide into an error; a database
/// that was set read-only for the applications (at cutover) must still let us clean up.
constexpr const char* pinned_options =
    "-c datestyle=ISO,YMD -c intervalstyle=postgres -c extra_float_digits=3 -c bytea_output=hex "
    "-c timezone=UTC -c lc_monetary=C -c xmloption=content -c search_path= "
    "-c row_security=off -c default_transaction_read_only=off "
    "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 "
    // The server too notices within about a minute that we are gone, and frees our locks.
    "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=4";

/// While rows flow, what is here is read to its end, and then the server gets a moment to send
/// more: to wait for each few kilobytes costs both sides a fifth of the time.
constexpr std::chrono::milliseconds gathering_pause{2};
constexpr std::size_t flow_bytes = 16 << 10;  // fewer between two waits are no flow

/// libpq takes no less than 2 seconds.
std::string connect_timeout() {
  return std::to_string(std::clamp<std::int64_t>(network_patience().count(), 2, 10));
}

struct Option {
  const char* name;
  std::string value;
};

std::vector<Option> connection_options(const engine::Endpoint& endpoint, ConnectionKind kind) {
  std::vector<Option> options{
      {"host", endpoint.host},
      {"port", std::to_string(endpoint.port)},
      {"dbname", endpoint.database},
      {"user", endpoint.user},
      {"password", endpoint.password.reveal()},
      {"application_name", endpoint.application.empty() ? "yb-voyager" : endpoint.application},
      {"client_encoding", "UTF8"},
      {"connect_timeout", connect_timeout()},
      {"options", pinned_options},
      // A dead peer is noticed within about a minute even where the kernel's defaults say two
      // hours.
      {"keepalives_idle", "20"},
      {"keepalives_interval", "10"},
      {"keepalives_count", "4"},
      {"tcp_user_timeout", std::to_string(network_patience().count() * 1000)},
      {"sslmode", endpoint.ssl_mode},
      {"sslcert", endpoint.ssl_cert},
      {"sslkey", endpoint.ssl_key},
      {"sslrootcert", endpoint.ssl_root_cert},
      {"sslcrl", endpoint.ssl_crl},
  };
  if (kind == ConnectionKind::replication) options.push_back({"replication", "database"});
  std::erase_if(options, [](const Option& option) { return option.value.empty(); });
  return options;
}

/// In libpq's form, while it lives.
class ConnectionWords {
 public:
  ConnectionWords(const engine::Endpoint& endpoint, ConnectionKind kind)
      : options_(connection_options(endpoint, kind)) {
    for (const Option& option : options_) {
      names_.push_back(option.name);
      values_.push_back(option.value.c_str());
    }
    names_.push_back(nullptr);
    values_.push_back(nullptr);
  }
  const char* const* names() const { return names_.data(); }
  const char* const* values() const { return values_.data(); }

 private:
  std::vector<Option> options_;
  std::vector<const char*> names_;
  std::vector<const char*> values_;
};

bool answers(const engine::Endpoint& endpoint) noexcept {
  try {
    const ConnectionWords words(endpoint, ConnectionKind::asking);
    const PGPing answer = PQpingParams(words.names(), words.values(), 0);
    return answer == PQPING_OK || answer == PQPING_REJECT;
  } catch (const std::exception&) {
    return false;
  }
}

std::string first_line(const char* message) {
  const std::string_view text = trim(message);
  return std::string(text.substr(0, text.find('\n')));
}

/// Why each address of the host was in vain: of several, only the last may be the one that counts.
std::string reasons(const char* message) {
  std::vector<std::string> lines;
  for (const std::string& line : split(trim(message), '\n'))
    if (lines.empty() || line.starts_with("connection to ")) lines.push_back(line);
  return join(lines, "; ");
}

/// Data exceptions (class 22) quote the offending value in their message: row data, so it is
/// masked. From the first quote to the last, because the value may hold quotes itself.
std::string without_values(const std::string& message, std::string_view sqlstate) {
  const std::size_t open = message.find('"');
  if (!sqlstate.starts_with("22") || open == std::string::npos) return message;
  return message.substr(0, open) + "\"...\"" + message.substr(message.rfind('"') + 1);
}

/// Whether the message was written by a function of the database, which may quote rows in it:
/// RAISE with any state of its choice, and the other languages' own classes of errors.
/// Source: PostgreSQL 15, pl_exec.c (exec_stmt_raise), and its appendix A, classes 38 and P0.
bool written_by_a_function(const pg_result* result, std::string_view sqlstate) {
  const char* place = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
  return sqlstate.starts_with("P0") || sqlstate.starts_with("38") ||
         (place != nullptr && std::string_view(place) == "exec_stmt_raise");
}

/// "PL/pgSQL function f(text) line 3 at RAISE", without what a statement's text or values may be
/// in.
std::string raised_where(const pg_result* result) {
  const char* context = PQresultErrorField(result, PG_DIAG_CONTEXT);
  const std::string line = context == nullptr ? "" : first_line(context);
  return line.starts_with("PL/pgSQL function ") ? line : "a function of the database";
}

/// As the server sent it: for decisions, never for people.
std::string raw_message(const pg_result* result) {
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return primary != nullptr ? primary : "unknown";
}

/// The server's message without what may be row data.
std::string safe_message(const pg_result* result, std::string_view sqlstate) {
  if (written_by_a_function(result, sqlstate))
    return fmt::format("{} raised an error, whose text may hold row data: see the server's log",
                       raised_where(result));
  return without_values(raw_message(result), sqlstate);
}

std::string where(const engine::Endpoint& endpoint) {
  return fmt::format("database \"{}\" at {}:{} (user {})", endpoint.database, endpoint.host,
                     endpoint.port, endpoint.user);
}

}  // namespace

Result::Result(pg_result* handle) : handle_(handle) {}

void Result::Clear::operator()(pg_result* result) const noexcept {
  PQclear(result);
}

int Result::rows() const {
  return PQntuples(handle_.get());
}

int Result::columns() const {
  return PQnfields(handle_.get());
}

bool Result::is_null(int row, int column) const {
  return PQgetisnull(handle_.get(), row, column) != 0;
}

std::string_view Result::text(int row, int column) const {
  return {PQgetvalue(handle_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(handle_.get(), row, column))};
}

std::int64_t Result::integer(int row, int column) const {
  return parse_int(text(row, column)).value_or(0);
}

double Result::number(int row, int column) const {
  const std::string_view digits = text(row, column);
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::int64_t Result::affected() const {
  return parse_int(PQcmdTuples(handle_.get())).value_or(0);
}

std::string_view Result::tag() const {
  return PQcmdStatus(handle_.get());
}

void Connection::Close::operator()(pg_conn* connection) const noexcept {
  PQfinish(connection);
}

Connection::Connection(const engine::Endpoint& endpoint, ConnectionKind kind)
    : endpoint_(endpoint), kind_(kind) {
  const ConnectionWords words(endpoint, kind);
  handle_.reset(PQconnectdbParams(words.names(), words.values(), 0));
  if (PQstatus(handle_.get()) == CONNECTION_OK) {
    PQsetNoticeProcessor(
        handle_.get(), [](void*, const char*) {}, nullptr);
    introduce();
    return;
  }
  const std::string reason = reasons(PQerrorMessage(handle_.get()));
  // libpq gives no SQLSTATE for a failed connection: texts tell what no retry can mend.
  constexpr std::array hopeless{"password authentication failed",
                                "no password supplied",
                                "does not exist",
                                "no pg_hba.conf entry",
                                "is not permitted",
                                "certificate verify failed",
                                "does not match host name",
                                "server does not support SSL",
                                "root certificate file",
                                "invalid sslmode",
                                "permission denied",
                                "must be superuser or replication role"};
  const bool final = std::any_of(hopeless.begin(), hopeless.end(), [&](const char* text) {
    return reason.find(text) != std::string::npos;
  });
  throw Error(connect_failed, final ? Action::give_up : Action::reconnect,
              fmt::format("cannot connect to {}: {}", where(endpoint), reason),
              "Check host, port, user, password and TLS options");
}

/// One round trip for both.
void Connection::introduce() {
  std::string sql;
  // Not in the start-up options: a server that doesn't know one of them would refuse the
  // connection.
  if (server_version() >= 140000) sql += "SET idle_session_timeout = 0;";
  if (server_version() >= 170000) sql += "SET transaction_timeout = 0;";
  const Result session = execute(
      sql +
      marked("SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_postmaster_start_time()::text"));
  served_by_ = {session.string(0, 0), session.string(0, 1)};
}

void Connection::throw_lost(const char* during) const {
  throw Error(connection_lost, Action::reconnect,
              fmt::format("connection to {} lost {}: {}", where(endpoint_), during,
                          first_line(PQerrorMessage(handle_.get()))));
}

Result Connection::take(pg_result* handle) {
  Result result(handle);
  check(handle);
  return result;
}

void Connection::check(const pg_result* handle) const {
  const ExecStatusType status = PQresultStatus(handle);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN ||
      status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH || status == PGRES_EMPTY_QUERY)
    return;
  const char* sqlstate = PQresultErrorField(handle, PG_DIAG_SQLSTATE);
  if (sqlstate == nullptr) throw_lost("while running a statement");
  const std::string message = safe_message(handle, sqlstate);
  const Action action = alive() ? action_for(sqlstate, raw_message(handle)) : Action::reconnect;
  throw Error(statement_failed, action, fmt::format("{} (SQLSTATE {})", message, sqlstate))
      .with_sqlstate(sqlstate);
}

/// Returns when there is something to read, or throws when nothing will come any more.
void Connection::read_more() {
  using Clock = std::chrono::steady_clock;
  // Within TLS, bytes that are here already are seen by reading only.
  const auto slice = PQsslInUse(handle_.get()) != 0 ? std::chrono::milliseconds(50)
                                                    : std::chrono::milliseconds(network_patience());
  for (auto silent_since = Clock::now();;) {
    pollfd socket{PQsocket(handle_.get()), POLLIN, 0};
    const bool readable = poll(&socket, 1, static_cast<int>(slice.count())) != 0;
    if (PQconsumeInput(handle_.get()) != 1) throw_lost("while waiting for the server");
    if (readable || PQisBusy(handle_.get()) == 0) return;
    if (Clock::now() - silent_since < network_patience()) continue;
    give_up_silent_server();
    silent_since = Clock::now();
  }
}

void Connection::give_up_silent_server() {
  if (kind_ != ConnectionKind::asking && still_works(endpoint_, served_by_)) return;
  // The answer may have come while the server was asked.
  pollfd socket{PQsocket(handle_.get()), POLLIN, 0};
  if (poll(&socket, 1, 1000) > 0) return;
  shutdown(socket.fd, SHUT_RDWR);  // nobody waits for it once more
  throw Error(connection_lost, Action::reconnect,
              fmt::format("{} has not answered for {} seconds", where(endpoint_),
                          network_patience().count()));
}

pg_result* Connection::next_result() {
  while (PQisBusy(handle_.get()) != 0) read_more();
  return PQgetResult(handle_.get());
}

/// The last result of what was sent, or that of the COPY that it began.
Result Connection::answer(int sent) {
  if (sent != 1) throw_lost("while sending a statement");
  std::unique_ptr<pg_result, decltype(&PQclear)> last(nullptr, PQclear);
  while (pg_result* next = next_result()) {
    last.reset(next);
    const ExecStatusType status = PQresultStatus(next);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH ||
        !alive())
      break;
  }
  return take(last.release());
}

void Connection::drain() {
  while (pg_result* rest = next_result()) PQclear(rest);
}

Result Connection::execute(const std::string& sql) {
  settle();
  const auto sent = std::chrono::steady_clock::now();
  Result result = answer(PQsendQuery(handle_.get(), sql.c_str()));
  round_trip_ = std::min(round_trip_, std::chrono::duration_cast<std::chrono::microseconds>(
                                          std::chrono::steady_clock::now() - sent));
  return result;
}

Result Connection::query(const std::string& sql, const std::vector<Parameter>& parameters) {
  settle();
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const Parameter& parameter : parameters)
    values.push_back(parameter ? parameter->c_str() : nullptr);
  return answer(PQsendQueryParams(handle_.get(), sql.c_str(), static_cast<int>(values.size()),
                                  nullptr, values.data(), nullptr, nullptr, 0));
}

std::optional<std::string> Connection::scalar(const std::string& sql,
                                              const std::vector<Parameter>& parameters) {
  const Result result = query(sql, parameters);
  if (result.rows() == 0 || result.is_null(0, 0)) return std::nullopt;
  return result.string(0, 0);
}

const std::string* Connection::prepared_name(const std::string& sql) const {
  const auto known = std::find_if(prepared_.begin(), prepared_.end(),
                                  [&](const Prepared& one) { return one.sql == sql; });
  return known == prepared_.end() ? nullptr : &known->name;
}

Result Connection::prepared(const std::string& sql,
                            const std::vector<std::string_view>& parameters) {
  std::optional<Result> kept;
  settle();
  queue(sql, parameters, [&](const TakeResult& result) { kept = std::move(result()); });
  settle();
  return std::move(*kept);
}

void Connection::queue(const std::string& sql, const std::vector<std::string_view>& parameters,
                       Answer then) {
  if (queued_.empty()) PQenterPipelineMode(handle_.get());
  if (prepared_name(sql) == nullptr) {
    const std::string name = fmt::format("v{}", next_prepared_++);
    if (PQsendPrepare(handle_.get(), name.c_str(), sql.c_str(), 0, nullptr) != 1)
      throw_lost("while running a statement");
    prepared_.push_back({sql, name});
    queued_.push_back({{}, true});
  }
  std::vector<std::string> owned;  // libpq wants text parameters with an ending NUL
  owned.reserve(parameters.size());
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::string_view parameter : parameters) {
    if (parameter.data() == nullptr) {
      values.push_back(nullptr);
    } else {
      owned.emplace_back(parameter);
      values.push_back(owned.back().c_str());
    }
  }
  if (PQsendQueryPrepared(handle_.get(), prepared_name(sql)->c_str(),
                          static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0) != 1)
    throw_lost("while running a statement");
  queued_.push_back({std::move(then), false});
}

void Connection::settle() {
  if (queued_.empty()) return;
  std::vector<Queued> queued = std::exchange(queued_, {});
  // What was not prepared because of an error is prepared again, under another name.
  const auto prepared = static_cast<std::ptrdiff_t>(
      std::count_if(queued.begin(), queued.end(), [](const Queued& one) { return one.prepares; }));
  try {
    read_answers(queued);
  } catch (...) {
    prepared_.erase(prepared_.end() - prepared, prepared_.end());
    throw;
  }
}

/// Source: PostgreSQL 15 documentation, 34.5 (each statement's results end with none; a
/// synchronisation point has a result of its own, that nothing follows).
void Connection::read_answers(const std::vector<Queued>& queued) {
  if (PQpipelineSync(handle_.get()) != 1) throw_lost("while running a statement");
  std::exception_ptr first;
  for (const Queued& one : queued) {
    try {
      take_answer(one, next_result());
    } catch (const std::exception&) {
      if (!first) first = std::current_exception();
    }
    if (!alive()) break;
    drain();
  }
  if (alive()) {
    const Result synchronised(next_result());
    PQexitPipelineMode(handle_.get());
  }
  if (first) std::rethrow_exception(first);
  if (!alive()) throw_lost("while running a statement");
}

void Connection::take_answer(const Queued& queued, pg_result* handle) {
  Result result(handle);
  if (PQresultStatus(handle) == PGRES_PIPELINE_ABORTED) return;  // an earlier one failed
  const auto checked = [&]() -> Result& {
    check(handle);
    return result;
  };
  if (queued.answer) {
    queued.answer(checked);
  } else {
    checked();
  }
}

/// As PQgetCopyData(), but 0 only when nothing is here any more.
int Connection::copied_piece(char*& buffer) {
  const int length = PQgetCopyData(handle_.get(), &buffer, 1);
  if (length != 0) return length;
  if (PQconsumeInput(handle_.get()) != 1) throw_lost("during COPY");
  return PQgetCopyData(handle_.get(), &buffer, 1);
}

std::uint64_t Connection::copy_out(const std::string& sql,
                                   const std::function<void(std::string_view)>& sink) {
  execute(sql);
  char* buffer = nullptr;
  int length = 0;
  std::size_t gathered = 0;
  while ((length = copied_piece(buffer)) >= 0) {
    if (length == 0) {
      if (gathered >= flow_bytes) std::this_thread::sleep_for(gathering_pause);
      gathered = 0;
      read_more();
      continue;
    }
    gathered += static_cast<std::size_t>(length);
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(buffer, PQfreemem);
    try {
      sink({buffer, static_cast<std::size_t>(length)});
    } catch (...) {
      cancel();  // else all that is left of the table would be read first
      skip_copy();
      throw;
    }
  }
  if (length == -2) throw_lost("during COPY");
  return copied_rows();
}

/// To the end also when the server objects to the rows: the connection is of use afterwards.
std::uint64_t Connection::copied_rows() {
  pg_result* const handle = next_result();
  const Result result(handle);
  if (alive()) drain();
  check(handle);
  return static_cast<std::uint64_t>(result.affected());
}

void Connection::skip_copy() {
  char* buffer = nullptr;
  for (int length = 0; length >= 0;) {
    length = PQgetCopyData(handle_.get(), &buffer, 1);
    if (length == 0) read_more();
    if (length > 0) PQfreemem(buffer);
  }
  drain();
}

std::uint64_t Connection::copy_in(const std::string& sql,
                                  const std::function<bool(std::string&)>& next) {
  execute(sql);
  try {
    for (std::string piece; next(piece);) {
      // An error here means a broken connection; what the server objects to comes with the result.
      if (PQputCopyData(handle_.get(), piece.data(), static_cast<int>(piece.size())) != 1) break;
    }
  } catch (...) {
    PQputCopyEnd(handle_.get(), "the rows could not be read");
    drain();
    throw;
  }
  PQputCopyEnd(handle_.get(), nullptr);
  return copied_rows();
}

Result Connection::execute_waiting(const std::string& sql, std::chrono::milliseconds period,
                                   const std::function<void()>& waiting) {
  settle();
  if (PQsendQuery(handle_.get(), sql.c_str()) != 1) throw_lost("while running a statement");
  while (PQisBusy(handle_.get()) != 0) {
    pollfd socket{PQsocket(handle_.get()), POLLIN, 0};
    if (poll(&socket, 1, static_cast<int>(period.count())) == 0) {
      try {
        waiting();
      } catch (...) {
        cancel();
        throw;
      }
    }
    if (PQconsumeInput(handle_.get()) != 1) throw_lost("while running a statement");
  }
  return answer(1);
}

Result Connection::finish_copy() {
  return take(next_result());
}

/// Asks first whether the server answers at all: PQcancel() waits for it without a limit.
void Connection::cancel() noexcept {
  if (!answers(endpoint_)) return;
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> request(PQgetCancel(handle_.get()),
                                                                   PQfreeCancel);
  std::array<char, 256> reason{};
  if (request) PQcancel(request.get(), reason.data(), static_cast<int>(reason.size()));
}

void Connection::commit() {
  settle();
  bool rolled_back = false;
  try {
    // The server answers the COMMIT of a failed transaction with success and the tag ROLLBACK.
    rolled_back = execute("COMMIT").tag() == "ROLLBACK";
  } catch (const Error& error) {
    // YugabyteDB reports a time-out of COMMIT itself as XX000: it may have happened all the same.
    const bool in_doubt = error.action() == Action::reconnect ||
                          (error.action() == Action::retry && error.sqlstate().starts_with("XX"));
    if (!in_doubt) throw;
    throw Error(commit_in_doubt, Action::ask_target,
                fmt::format("the answer to COMMIT was lost: {}", error.what()));
  }
  if (rolled_back)
    throw Error(statement_failed, Action::retry, "the transaction had failed before its COMMIT")
        .with_sqlstate("25P02");
}

bool Connection::alive() const {
  return PQstatus(handle_.get()) == CONNECTION_OK;
}

bool Connection::idle() const {
  return alive() && queued_.empty() && PQtransactionStatus(handle_.get()) == PQTRANS_IDLE;
}

int Connection::server_version() const {
  return PQserverVersion(handle_.get());
}

std::string Connection::parameter_status(const std::string& name) const {
  const char* value = PQparameterStatus(handle_.get(), name.c_str());
  return value != nullptr ? value : "";
}

int Connection::backend_pid() const {
  return PQbackendPID(handle_.get());
}

void set_if_possible(Connection& connection, std::span<const Setting> settings) {
  std::string together;
  for (const Setting& setting : settings)
    together += fmt::format("SET {} = {};", setting.name, setting.value);
  try {
    connection.execute(together);
  } catch (const Error& error) {
    // Unknown, not permitted, not changeable while the server runs.
    constexpr std::array<std::string_view, 3> refused{"42704", "42501", "55P02"};
    if (std::find(refused.begin(), refused.end(), error.sqlstate()) == refused.end()) throw;
    if (settings.size() == 1) return;
    for (const Setting& setting : settings) set_if_possible(connection, {&setting, 1});
  }
}

Transaction::Transaction(Connection& connection, const std::string& begin)
    : connection_(connection) {
  connection_.execute(begin);
}

Transaction::Transaction(Connection& connection, const std::string& begin, Queued /*how*/)
    : connection_(connection) {
  connection_.queue(begin);
}

Transaction Transaction::queued(Connection& connection, const std::string& begin) {
  return {connection, begin, Queued::yes};
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    if (connection_.alive()) connection_.execute("ROLLBACK");
  } catch (const Error&) {
    // The server undoes the transaction when the session ends.
    open_ = false;
  }
}

void Transaction::commit() {
  open_ = false;
  connection_.commit();
}

}  // namespace voyager::postgres
