// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/elements.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

/// What YugabyteDB brings. Source: yb-voyager, supportedExtensionsOnYB; and vector, which
/// YugabyteDB's documentation lists ("PostgreSQL extensions").
constexpr std::array<std::string_view, 54> supported_extensions{"adminpack",
                                                                "amcheck",
                                                                "autoinc",
                                                                "bloom",
                                                                "btree_gin",
                                                                "btree_gist",
                                                                "citext",
                                                                "cube",
                                                                "dblink",
                                                                "dict_int",
                                                                "dict_xsyn",
                                                                "earthdistance",
                                                                "file_fdw",
                                                                "fuzzystrmatch",
                                                                "hll",
                                                                "hstore",
                                                                "hypopg",
                                                                "insert_username",
                                                                "intagg",
                                                                "intarray",
                                                                "isn",
                                                                "lo",
                                                                "ltree",
                                                                "moddatetime",
                                                                "orafce",
                                                                "pageinspect",
                                                                "pg_buffercache",
                                                                "pg_cron",
                                                                "pg_freespacemap",
                                                                "pg_hint_plan",
                                                                "pg_prewarm",
                                                                "pg_stat_monitor",
                                                                "pg_stat_statements",
                                                                "pg_trgm",
                                                                "pg_visibility",
                                                                "pgaudit",
                                                                "pgcrypto",
                                                                "pgrowlocks",
                                                                "pgstattuple",
                                                                "plpgsql",
                                                                "postgres_fdw",
                                                                "refint",
                                                                "seg",
                                                                "sslinfo",
                                                                "tablefunc",
                                                                "tcn",
                                                                "timetravel",
                                                                "tsm_system_rows",
                                                                "tsm_system_time",
                                                                "unaccent",
                                                                "uuid-ossp",
                                                                "vector",
                                                                "yb_pg_metrics",
                                                                "yb_test_extension"};

/// Source: yb-voyager, unsupportedDatabaseOptionsFromPG15 and ...FromPG17.
constexpr std::array<std::string_view, 6> options_of_15{"icu_locale", "locale_provider",   "locale",
                                                        "strategy",   "collation_version", "oid"};
constexpr std::array<std::string_view, 2> options_of_17{"builtin_locale", "icu_rules"};

template <typename List>
bool contains(const List& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

/// An option without a value is on.
bool is_on(const Json& element) {
  if (!element.is_object()) return false;
  const Json& value = member(element, "arg");
  const std::string word = to_lower(text(member(value, "String"), "sval"));
  if (word == "false" || word == "off" || word == "0" || word == "no") return false;
  if (member(value, "Boolean").is_object()) return flag(member(value, "Boolean"), "boolval");
  const Json& number = member(value, "Integer");
  return !number.is_object() || member(number, "ival").is_number();
}

void see_view(const ParsedStatement& statement, FindingSink& sink) {
  const Json& node = statement.node();
  const Json& options = member(node, "options");
  if (is_on(option(options, "security_invoker"))) sink.report("SECURITY_INVOKER_VIEWS", statement);
  const std::string check = text(node, "withCheckOption");
  const bool by_word = !check.empty() && check != "NO_CHECK_OPTION";
  // pg_dump writes it as a parameter of the view.
  if (by_word || option(options, "check_option").is_object())
    sink.report("VIEW_CHECK_OPTION", statement);
}

void see_collation(const ParsedStatement& statement, FindingSink& sink) {
  const Json& deterministic = option(member(statement.node(), "definition"), "deterministic");
  if (!deterministic.is_object()) return;
  sink.report(
      is_on(deterministic) ? "DETERMINISTIC_OPTION_WITH_COLLATION" : "NON_DETERMINISTIC_COLLATION",
      statement);
}

void see_function(const ParsedStatement& statement, FindingSink& sink) {
  const Json& node = statement.node();
  if (!member(node, "sql_body").is_null()) sink.report("SQL_BODY_IN_FUNCTION", statement);
  const Json& language = member(option(member(node, "options"), "language"), "arg");
  if (to_lower(text(member(language, "String"), "sval")) == "c")
    sink.report("LANGUAGE_C_FUNCTION", statement);
}

void see_database(const ParsedStatement& statement, FindingSink& sink) {
  std::vector<std::string> of_15;
  std::vector<std::string> of_17;
  for (const Json& item : member(statement.node(), "options")) {
    const std::string name = text(member(item, "DefElem"), "defname");
    if (contains(options_of_15, name)) of_15.push_back(name);
    if (contains(options_of_17, name)) of_17.push_back(name);
  }
  if (!of_15.empty()) sink.report("DATABASE_OPTIONS_PG15", statement, join(of_15, ", "));
  if (!of_17.empty()) sink.report("DATABASE_OPTIONS_PG17", statement, join(of_17, ", "));
}

}  // namespace

void detect_objects(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  const Json& node = statement.node();
  if (statement.is("ViewStmt")) see_view(statement, sink);
  if (statement.is("DefineStmt") && text(node, "kind") == "OBJECT_COLLATION")
    see_collation(statement, sink);
  if (statement.is("CreateFunctionStmt")) see_function(statement, sink);
  if (statement.is("CreatedbStmt")) see_database(statement, sink);
  if (statement.is("CreateExtensionStmt") && !contains(supported_extensions, text(node, "extname")))
    sink.report("UNSUPPORTED_EXTENSION", statement, text(node, "extname"));
}

}  // namespace voyager::analysis
