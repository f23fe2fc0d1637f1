// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/statement_counts.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/name.hpp"

namespace voyager::postgres {
namespace {

/// Where the extension is, which any schema can be, and how it calls the times.
struct View {
  std::string name;  ///< quoted
  const char* infix = "";
};

/// SQLSTATE of a library that is not in shared_preload_libraries, and of a missing right.
constexpr std::string_view not_ready = "55000";
constexpr std::string_view not_permitted = "42501";

constexpr const char* own_mark = "/* yb-voyager */";

/// What the server shows instead of another user's statement.
constexpr const char* hidden_text = "<insufficient privilege>";

constexpr const char* view_sql = R"(
SELECT n.nspname, EXISTS (SELECT FROM pg_attribute a
                           WHERE a.attrelid = c.oid AND a.attname = 'total_exec_time')
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements'
 WHERE e.extname = 'pg_stat_statements')";

/// {0}: the view, {1}: the infix of the times, {2}: own_mark.
constexpr const char* statements_sql = R"(
SELECT s.queryid, s.query, s.calls, s.rows, s.total{1}_time, s.mean{1}_time, s.min{1}_time,
       s.max{1}_time, s.stddev{1}_time
  FROM {0} s
 WHERE s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
   AND s.calls > 0 AND s.query IS NOT NULL AND position('{2}' IN s.query) = 0
   AND position('ybvoyager_metadata' IN s.query) = 0)";

std::optional<View> find_view(Connection& connection) {
  const Result found = connection.query(marked(view_sql));
  if (found.rows() == 0) return std::nullopt;
  return View{QualifiedName{found.string(0, 0), "pg_stat_statements"}.quoted(),
              found.boolean(0, 1) ? "_exec" : ""};
}

/// Throws everything but a refusal to read the view.
std::string refusal(const Error& error) {
  if (error.sqlstate() != not_ready && error.sqlstate() != not_permitted) throw error;
  return error.sqlstate();
}

engine::QueryStatistics statement_at(const Result& rows, int row, std::string text) {
  engine::QueryStatistics query;
  query.id = rows.integer(row, 0);
  query.text = std::move(text);
  query.calls = rows.integer(row, 2);
  query.rows = rows.integer(row, 3);
  query.total_ms = rows.number(row, 4);
  query.mean_ms = rows.number(row, 5);
  query.min_ms = rows.number(row, 6);
  query.max_ms = rows.number(row, 7);
  query.stddev_ms = rows.number(row, 8);
  return query;
}

std::vector<engine::QueryStatistics> readable_statements(const Result& rows) {
  std::vector<engine::QueryStatistics> statements;
  for (int row = 0; row < rows.rows(); ++row) {
    if (std::optional<std::string> text = engine::data_statement(rows.text(row, 1)))
      statements.push_back(statement_at(rows, row, std::move(*text)));
  }
  return statements;
}

bool any_hidden(const Result& rows) {
  for (int row = 0; row < rows.rows(); ++row)
    if (rows.text(row, 1) == hidden_text) return true;
  return false;
}

bool sees_all_users(Connection& connection) {
  const char* asked = connection.server_version() >= 100000
                          ? "SELECT pg_has_role('pg_read_all_stats', 'USAGE')"
                          : "SELECT rolsuper FROM pg_roles WHERE rolname = current_user";
  return connection.scalar(marked(asked)) == "t";
}

std::string right_caution(Connection& connection) {
  const std::string user = quote_identifier(connection.endpoint().user);
  return connection.server_version() >= 100000
             ? fmt::format(
                   "User {0} sees only its own statements in pg_stat_statements. "
                   "GRANT pg_read_all_stats TO {0};",
                   user)
             : fmt::format(
                   "User {} sees only its own statements in pg_stat_statements: before "
                   "PostgreSQL 10 only a superuser sees all.",
                   user);
}

std::string refusal_caution(const std::string& sqlstate, const Connection& connection,
                            const View& view) {
  if (sqlstate == not_ready)
    return "The server does not count statements: pg_stat_statements is not loaded. Add it to "
           "shared_preload_libraries and restart the server.";
  return fmt::format(
      "User {0} may not read {1}. GRANT SELECT ON {1} TO {0}; and USAGE on its "
      "schema.",
      quote_identifier(connection.endpoint().user), view.name);
}

}  // namespace

std::string marked(std::string_view sql) {
  // Behind the first word: servers differ in whether they keep a comment in front of it.
  const std::string_view text = trim(sql);
  const std::size_t end = text.find_first_of(" \n");
  return fmt::format("{} {}{}", text.substr(0, end), own_mark, text.substr(end));
}

std::optional<std::vector<engine::QueryStatistics>> counted_statements(Connection& connection) {
  const std::optional<View> view = find_view(connection);
  if (!view) return std::nullopt;
  try {
    const Result rows =
        connection.query(marked(fmt::format(statements_sql, view->name, view->infix, own_mark)));
    std::vector<engine::QueryStatistics> statements = readable_statements(rows);
    if (statements.empty() && any_hidden(rows)) return std::nullopt;
    return statements;
  } catch (const Error& error) {
    refusal(error);
    return std::nullopt;
  }
}

std::vector<std::string> statement_cautions(Connection& connection) {
  const std::optional<View> view = find_view(connection);
  if (!view)
    return {
        "Statements are not counted in this database: pg_stat_statements is not installed. Add it "
        "to shared_preload_libraries, restart the server, and CREATE EXTENSION "
        "pg_stat_statements;"};
  try {
    connection.query(marked(fmt::format("SELECT FROM {} LIMIT 1", view->name)));
  } catch (const Error& error) {
    return {refusal_caution(refusal(error), connection, *view)};
  }
  std::vector<std::string> lines;
  if (connection.scalar(marked("SELECT current_setting('pg_stat_statements.track', true)")) ==
      "none")
    lines.emplace_back(
        "The server counts no statements: pg_stat_statements.track is none. ALTER SYSTEM SET "
        "pg_stat_statements.track = top; SELECT pg_reload_conf();");
  if (!sees_all_users(connection)) lines.push_back(right_caution(connection));
  return lines;
}

}  // namespace voyager::postgres
