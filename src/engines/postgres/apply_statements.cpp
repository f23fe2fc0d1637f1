// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/apply_statements.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace voyager::postgres::statements {
namespace {

/// One entry for each column, made by `text` from the column and its number (from 1).
template <typename Text>
std::string list_of(const Columns& columns, std::string_view separator, const Text& text) {
  std::string list;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) list += separator;
    list += text(*columns[i], i + 1);
  }
  return list;
}

std::string names(const Columns& columns) {
  return list_of(columns, ", ", [](const TargetColumn& column, std::size_t) {
    return quote_identifier(column.name);
  });
}

std::string parameter(const TargetColumn& column, std::size_t number) {
  return fmt::format("${}::{}", number, column.cast_type);
}

std::string parameters(const Columns& columns, std::size_t first) {
  return list_of(columns, ", ", [&](const TargetColumn& column, std::size_t number) {
    return parameter(column, first + number - 1);
  });
}

std::string value(const TargetColumn& column, std::size_t number, Rows rows) {
  return rows == Rows::one ? parameter(column, number)
                           : fmt::format("v.c{}::{}", number, column.cast_type);
}

/// The relation that the values of many rows come from; empty for one row.
/// Source: PostgreSQL 15 documentation, 9.19 (unnest of several arrays, only in FROM and
/// unqualified).
std::string value_relation(const char* keyword, std::size_t count, Rows rows) {
  if (rows == Rows::one) return "";
  std::vector<std::string> arrays;
  std::vector<std::string> columns;
  for (std::size_t i = 1; i <= count; ++i) {
    arrays.push_back(fmt::format("${}::text[]", i));
    columns.push_back(fmt::format("c{}", i));
  }
  return fmt::format("{}unnest({}) AS v({})", keyword, join(arrays, ", "), join(columns, ", "));
}

std::string own_columns(const Columns& columns) {
  return list_of(columns, ", ", [](const TargetColumn& column, std::size_t) {
    return "t." + quote_identifier(column.name);
  });
}

std::string key_condition(const Columns& keys, std::size_t offset, Rows rows) {
  return list_of(keys, " AND ", [&](const TargetColumn& column, std::size_t number) {
    return fmt::format("t.{} {} {}", quote_identifier(column.name), column.equals,
                       value(column, offset + number, rows));
  });
}

}  // namespace

std::string insert(const TargetTable& table, const Columns& columns) {
  if (columns.empty()) return fmt::format("INSERT INTO {} DEFAULT VALUES", table.name.quoted());
  return fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})", table.name.quoted(),
                     names(columns), parameters(columns, 1));
}

std::string insert_many(const TargetTable& table, const Columns& columns) {
  const std::string values =
      list_of(columns, ", ", [](const TargetColumn& column, std::size_t number) {
        return value(column, number, Rows::many);
      });
  return fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {}{}", table.name.quoted(),
                     names(columns), values, value_relation(" FROM ", columns.size(), Rows::many));
}

std::string insert_copies(const TargetTable& table, const Columns& columns) {
  const std::string into =
      columns.empty() ? "" : fmt::format(" ({}) OVERRIDING SYSTEM VALUE", names(columns));
  return fmt::format("INSERT INTO {}{} SELECT {} FROM generate_series(1, ${}::bigint)",
                     table.name.quoted(), into, parameters(columns, 1), columns.size() + 1);
}

std::string copy(const TargetTable& table, const Columns& columns) {
  return fmt::format("COPY {} ({}) FROM STDIN (FORMAT text)", table.name.quoted(), names(columns));
}

std::string update(const TargetTable& table, const Columns& written, const Columns& keys,
                   Rows rows) {
  const std::string set =
      list_of(written, ", ", [&](const TargetColumn& column, std::size_t number) {
        return fmt::format("{} = {}", quote_identifier(column.name), value(column, number, rows));
      });
  return fmt::format("UPDATE {} AS t SET {}{} WHERE {}", table.scan(), set,
                     value_relation(" FROM ", written.size() + keys.size(), rows),
                     key_condition(keys, written.size(), rows));
}

std::string create_staging(const std::string& staging, const Columns& columns) {
  const std::string definitions =
      list_of(columns, ", ", [](const TargetColumn& column, std::size_t number) {
        return fmt::format("c{} {}", number, column.cast_type);
      });
  return fmt::format("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DELETE ROWS", staging, definitions);
}

std::string copy_staging(const std::string& staging, std::size_t columns) {
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= columns; ++i) names.push_back(fmt::format("c{}", i));
  return fmt::format("COPY {} ({}) FROM STDIN (FORMAT text)", staging, join(names, ", "));
}

std::string update_from(const std::string& staging, const TargetTable& table,
                        const Columns& written, const Columns& keys) {
  const std::string set =
      list_of(written, ", ", [](const TargetColumn& column, std::size_t number) {
        return fmt::format("{} = v.c{}", quote_identifier(column.name), number);
      });
  const std::string found =
      list_of(keys, " AND ", [&](const TargetColumn& column, std::size_t number) {
        return fmt::format("t.{} {} v.c{}", quote_identifier(column.name), column.equals,
                           written.size() + number);
      });
  return fmt::format("UPDATE {} AS t SET {} FROM {} AS v WHERE {}", table.scan(), set, staging,
                     found);
}

std::string remove(const TargetTable& table, const Columns& keys, Rows rows) {
  return fmt::format("DELETE FROM {} AS t{} WHERE {}", table.scan(),
                     value_relation(" USING ", keys.size(), rows), key_condition(keys, 0, rows));
}

std::string find(const TargetTable& table, const Columns& keys, Rows rows) {
  return fmt::format("SELECT FROM {} AS t{} WHERE {}", table.scan(),
                     value_relation(", ", keys.size(), rows), key_condition(keys, 0, rows));
}

std::string remove_image(const TargetTable& table, const Columns& columns,
                         const TargetColumn* lookup) {
  const std::string own = own_columns(columns);
  std::string condition = fmt::format("ROW({})::text = ROW({})::text", own, parameters(columns, 1));
  const auto place = std::find(columns.begin(), columns.end(), lookup);
  if (place != columns.end()) {
    condition +=
        fmt::format(" AND t.{} {} {}", quote_identifier(lookup->name), lookup->equals,
                    parameter(*lookup, static_cast<std::size_t>(place - columns.begin()) + 1));
  }
  return fmt::format("DELETE FROM {} AS t WHERE {}", table.scan(), condition);
}

std::string remove_images(const TargetTable& table, const Columns& columns,
                          const TargetColumn* narrows) {
  std::vector<std::string> arrays;
  for (std::size_t i = 1; i <= columns.size(); ++i) arrays.push_back(fmt::format("${}::text[]", i));
  const std::string values = list_of(columns, ", ", [](const TargetColumn& column, std::size_t i) {
    return value(column, i, Rows::many);
  });
  const std::string names = list_of(
      columns, ", ", [](const TargetColumn&, std::size_t i) { return fmt::format("c{}", i); });
  std::string also_selected;
  std::string condition = fmt::format("ROW({})::text = w.image", own_columns(columns));
  const auto place = std::find(columns.begin(), columns.end(), narrows);
  if (place != columns.end()) {
    const auto number = static_cast<std::size_t>(place - columns.begin()) + 1;
    also_selected = fmt::format(", {} AS narrow", value(*narrows, number, Rows::many));
    condition += fmt::format(" AND t.{} = w.narrow", quote_identifier(narrows->name));
  }
  return fmt::format(
      "WITH wanted AS MATERIALIZED (SELECT place, ROW({})::text AS image{} FROM unnest({}) WITH "
      "ORDINALITY AS v({}, place)), gone AS (DELETE FROM {} AS t USING wanted AS w WHERE {} "
      "RETURNING w.place) SELECT place, count(*) FROM gone GROUP BY place",
      values, also_selected, join(arrays, ", "), names, table.scan(), condition);
}

}  // namespace voyager::postgres::statements
