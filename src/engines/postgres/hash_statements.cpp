// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/hash_statements.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/text.hpp"

namespace voyager::postgres::statements {
namespace {

/// Floating-point numbers as their bits: the shortest text that names them differs between major
/// versions.
std::string exact(const Column& column) {
  const std::string name = quote_identifier(column.name);
  if (column.cast_type == R"("pg_catalog"."float8")" ||
      column.cast_type == R"("pg_catalog"."float4")") {
    const char* width = column.cast_type.ends_with("8\"") ? "8" : "4";
    return fmt::format("pg_catalog.float{0}send({1}::pg_catalog.float{0})", width, name);
  }
  return name;
}

std::string row_text(const Table& table) {
  std::vector<std::string> values;
  for (const Column& column : table.stored_columns()) values.push_back(exact(column));
  return fmt::format("ROW({})::text", join(values, ", "));
}

std::string key_row(const Table& table) {
  std::vector<std::string> names;
  for (const std::string& column : table.key) names.push_back(quote_identifier(column));
  return fmt::format("ROW({})::text", join(names, ", "));
}

/// "a, b"; parts of a longer key in quotes where they would be mistaken for two.
std::string key_for_people(const Table& table) {
  if (table.key.size() == 1) return fmt::format("format('%s', {})", quote_identifier(table.key[0]));
  std::vector<std::string> parts;
  for (const std::string& column : table.key)
    parts.push_back(fmt::format("btrim(ROW({})::text, '()')", quote_identifier(column)));
  return fmt::format("concat_ws(', ', {})", join(parts, ", "));
}

/// The hashed rows, each text made once: OFFSET keeps the planner from computing it at every use.
/// Written as a bigint literal it does not stand in the way of a parallel scan; a plain 0 needs a
/// cast, and does.
std::string hashed(const Table& table, const std::string& scan, const std::string& display) {
  const std::string key = table.key.empty() ? "r" : "k";
  const std::string own_key = table.key.empty() ? "" : fmt::format(", {} AS k", key_row(table));
  return fmt::format(
      "SELECT (hashtextextended({0}, 0) & 9223372036854775807) % $1::int8 AS bucket, "
      "hashtextextended(r, 1) AS h1, hashtextextended(r, 2) AS h2{1} "
      "FROM (SELECT {2} AS r{3}{4} FROM {5} OFFSET '0'::bigint) AS texts",
      key, display.empty() ? "" : ", p", row_text(table), own_key,
      display.empty() ? "" : fmt::format(", {} AS p", display), scan);
}

}  // namespace

std::string hash_buckets(const Table& table, const std::string& scan) {
  return fmt::format(
      "SELECT bucket, count(*), sum(h1)::text || ':' || sum(h2)::text FROM ({}) AS hashes "
      "GROUP BY bucket ORDER BY bucket",
      hashed(table, scan, ""));
}

std::string hash_rows(const Table& table, const std::string& scan) {
  const std::string chosen = "WHERE bucket = ANY ($2::int8[])";
  if (table.key.empty()) {
    return fmt::format(
        "SELECT hash, hash, copies FROM (SELECT h1::text || ':' || h2::text AS hash, count(*) AS "
        "copies FROM ({}) AS hashes {} GROUP BY h1, h2) AS images "
        "ORDER BY hash COLLATE \"C\" LIMIT $3",
        hashed(table, scan, ""), chosen);
  }
  return fmt::format(
      "SELECT p, h1::text || ':' || h2::text, 1 FROM ({}) AS hashes {} "
      "ORDER BY p COLLATE \"C\" LIMIT $3",
      hashed(table, scan, key_for_people(table)), chosen);
}

}  // namespace voyager::postgres::statements
