// SPDX-License-Identifier: Apache-2.0
#include "schema/ddl_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stop_token>
#include <string_view>
#include <utility>

#include "base/retry.hpp"
#include "model/name.hpp"

namespace voyager::schema {
namespace {

constexpr int most_conflicts = 5;
/// With pauses of up to ten seconds: a node that restarts is back by then.
constexpr int most_reconnections = 30;

/// Two that pg_dump sets at the head of its output, for the same reasons: function bodies may name
/// objects that come later, and every name in the files is qualified. Notices tell what existed.
constexpr std::array<const char*, 3> session_settings{
    "SET check_function_bodies = false",
    "SET client_min_messages = notice",
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

template <std::size_t size>
bool matches_any(const Error& error, const std::array<Sign, size>& signs) {
  return std::any_of(signs.begin(), signs.end(),
                     [&](const Sign& sign) { return matches(error, sign); });
}

}  // namespace

// Source: PostgreSQL 15 documentation, appendix A, and its source (ATExecAttachPartition,
// ATExecAddIdentity, DefineTSConfiguration) for those that need the text.
bool says_already_exists(const Error& error) {
  static constexpr std::array<Sign, 10> signs{{
      {"42P07", ""},  // table, index, view, sequence
      {"42710", ""},  // constraint, trigger, type, role, ...
      {"42723", ""},  // function, operator
      {"42P06", ""},  // schema
      {"42701", ""},  // column
      {"42P16", "multiple primary keys"},
      {"42809", "is already a partition"},
      {"55000", "is already a partition"},
      {"55000", "is already an identity column"},
      // Text search objects, and what another session makes at this moment, for example the server
      // that still runs the last statement of a killed import.
      {"23505", "unique constraint \"pg_"},
  }};
  return matches_any(error, signs);
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

// Source: PostgreSQL's extension.c: 0A000 since release 15, 58P01 (no control file) before it and
// on YugabyteDB releases that are based on PostgreSQL 11.
bool says_extension_is_unavailable(const Error& error) {
  static constexpr std::array<Sign, 2> signs{{
      {"0A000", "is not available"},
      {"58P01", "extension control file"},
  }};
  return matches_any(error, signs);
}

DdlRunner::DdlRunner(engine::TargetEngine& target, Status& status, DdlRules rules)
    : target_(target), status_(status), rules_(rules) {
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

void DdlRunner::try_again_after(const Error& error, const std::string& what) {
  // A conflict of class 40 is undone for sure; YugabyteDB's internal errors are also time-outs.
  if (error.action() != Action::retry || error.sqlstate().starts_with("XX")) in_doubt_ = true;
  writer_.reset();
  status_.warning(fmt::format("{} is tried again after: {}", what, error.what()));
}

void DdlRunner::repeat(const std::string& what,
                       const std::function<void(engine::SchemaWriter&)>& work) {
  in_doubt_ = false;
  RetryRules rules;
  rules.retries = most_conflicts;
  rules.reconnects = most_reconnections;
  rules.first_pause = rules_.first_pause;
  rules.waiting = [&](const Error& error, std::chrono::milliseconds) {
    try_again_after(error, what);
  };
  run_with_retries(rules, std::stop_token(), [&] { work(writer()); });
}

Outcome DdlRunner::execute(const std::string& sql, const Facts& facts) {
  engine::SchemaWriter& on = writer();
  if (facts.index && on.drop_invalid_index(*facts.index)) {
    status_.line(
        fmt::format("The INVALID index {} of an earlier try was dropped", facts.index->display()));
  }
  const bool made = on.execute(sql) || in_doubt_;
  return {made ? Outcome::Kind::created : Outcome::Kind::existed, ""};
}

Outcome DdlRunner::judge(const Error& error, const Facts& facts) const {
  if (says_already_exists(error)) {
    if (in_doubt_) return {};
    if (rules_.ignore_exist || facts.preinstalled) return {Outcome::Kind::existed, ""};
    return {Outcome::Kind::failed, error.what()};
  }
  if (!facts.extension.empty() && says_extension_is_unavailable(error)) {
    return {Outcome::Kind::failed,
            fmt::format("the server does not have extension {}, and what needs it can't be created "
                        "either: {}",
                        quote_identifier(facts.extension), error.what())};
  }
  const bool waits = says_something_is_missing(error);
  return {waits ? Outcome::Kind::waits : Outcome::Kind::failed, error.what()};
}

Outcome DdlRunner::attempt(const std::string& what, const std::string& sql, const Facts& facts) {
  Outcome outcome;
  try {
    repeat(what, [&](engine::SchemaWriter&) { outcome = execute(sql, facts); });
  } catch (const Error& error) {
    const bool lost = error.action() == Action::reconnect || error.action() == Action::ask_target;
    if (lost) throw;
    return judge(error, facts);
  }
  return outcome;
}

Outcome DdlRunner::run(const FileStatement& item) {
  const std::string place = fmt::format("The statement in {}, line {},",
                                        object_file(item.file).path, item.statement.line);
  return attempt(place, item.statement.text, item.facts);
}

Outcome DdlRunner::run(const std::string& sql) {
  return attempt(sql, sql, Facts());
}

}  // namespace voyager::schema
