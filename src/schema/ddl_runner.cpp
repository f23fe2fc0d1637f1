// SPDX-License-Identifier: Apache-2.0
#include "schema/ddl_runner.hpp"

#include <algorithm>
#include <array>
#include <stop_token>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "base/retry.hpp"

namespace voyager::schema {
namespace {

constexpr int most_conflicts = 5;
/// With pauses of up to ten seconds: a node that restarts is back by then.
constexpr int most_reconnections = 30;

/// What pg_dump sets at the head of its output, for the same reasons: function bodies may name
/// objects that come later, and every name in the files is qualified.
constexpr std::array<const char*, 3> session_settings{
    "SET check_function_bodies = false",
    "SET client_min_messages = warning",
    "SELECT pg_catalog.set_config('search_path', '', false)",
};

struct Sign {
  std::string_view sqlstate;
  std::string_view text;  ///< empty: the SQLSTATE says enough
};

bool matches(const Error& error, const Sign& sign) {
  return error.sqlstate() == sign.sqlstate &&
         std::string_view(error.what()).find(sign.text) != std::string_view::npos;
}

}  // namespace

// Source: PostgreSQL 15 documentation, appendix A, and its source (ATExecAttachPartition,
// ATExecAddIdentity, DefineTSConfiguration) for those that need the text.
bool says_already_exists(const Error& error) {
  static constexpr std::array<Sign, 13> signs{{
      {"42P07", ""},  // table, index, view, sequence
      {"42710", ""},  // constraint, trigger, type, role, ...
      {"42723", ""},  // function, operator
      {"42P06", ""},  // schema
      {"42701", ""},  // column
      {"42P16", "multiple primary keys"},
      {"42809", "is already a partition"},
      {"55000", "is already a partition"},
      {"55000", "is already an identity column"},
      {"23505", "pg_ts_config"},
      {"23505", "pg_ts_dict"},
      {"23505", "pg_ts_parser"},
      {"23505", "pg_ts_template"},
  }};
  return std::any_of(signs.begin(), signs.end(),
                     [&](const Sign& sign) { return matches(error, sign); });
}

bool says_something_is_missing(const Error& error) {
  static constexpr std::array<std::string_view, 10> states{
      "3F000",  // schema
      "42P01",  // table, view, sequence
      "42703",  // column
      "42704",  // type, constraint, collation, ...
      "42883",  // function, operator
      "42830",  // the key that a foreign key needs
      "42809",  // a dummy that has not got its final form
      "42804",  // an implicit cast
      "42846",  // a cast
      "55000",  // an index or materialized view that is not ready
  };
  return std::find(states.begin(), states.end(), error.sqlstate()) != states.end();
}

DdlRunner::DdlRunner(engine::TargetEngine& target, bool ignore_exist)
    : target_(target), ignore_exist_(ignore_exist) {
  connect();
}

engine::SchemaWriter& DdlRunner::writer() {
  if (writer_ == nullptr) connect();
  return *writer_;
}

void DdlRunner::connect() {
  std::unique_ptr<engine::SchemaWriter> writer = target_.schema_writer();
  for (const char* setting : session_settings) writer->execute(setting);
  writer_ = std::move(writer);
}

Outcome DdlRunner::judge(const Error& error, const Facts& facts, bool reconnected) const {
  if (says_already_exists(error)) {
    if (reconnected) return {};
    if (ignore_exist_ || facts.preinstalled) return {Outcome::Kind::existed, ""};
    return {Outcome::Kind::failed, error.what()};
  }
  const bool waits = says_something_is_missing(error);
  return {waits ? Outcome::Kind::waits : Outcome::Kind::failed, error.what()};
}

Outcome DdlRunner::run_with_facts(const std::string& sql, const Facts& facts) {
  bool reconnected = false;
  RetryRules rules;
  rules.retries = most_conflicts;
  rules.reconnects = most_reconnections;
  rules.drop_connection = [&] {
    writer_.reset();
    reconnected = true;
  };
  rules.waiting = [](const Error& error) {
    log::warn("a schema statement is run again after error {}, SQLSTATE {}", error.code().number,
              error.sqlstate());
  };
  try {
    run_with_retries(rules, std::stop_token(), [&] { writer().execute(sql); });
  } catch (const Error& error) {
    const bool lost = error.action() == Action::reconnect || error.action() == Action::ask_target;
    if (lost) throw;
    return judge(error, facts, reconnected);
  }
  return {};
}

Outcome DdlRunner::run(const FileStatement& item) {
  return run_with_facts(item.statement.text, item.facts);
}

Outcome DdlRunner::run(const std::string& sql) {
  return run_with_facts(sql, Facts());
}

}  // namespace voyager::schema
