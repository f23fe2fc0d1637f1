// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/row_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace voyager::postgres {
namespace {

/// A statement's parameters are all in memory, here and in the server; larger sets go in several.
constexpr std::size_t statement_bytes = 4U << 20;
constexpr std::size_t copy_piece_bytes = 64U << 10;

using statements::Columns;
using statements::Rows;

const char* verb(Operation operation) {
  switch (operation) {
    case Operation::insert:
      return "INSERT into";
    case Operation::update:
      return "UPDATE of";
    case Operation::remove:
      return "DELETE from";
  }
  return "change of";
}

bool has_key(const Relation& relation) {
  return std::any_of(relation.columns.begin(), relation.columns.end(),
                     [](const Relation::Column& column) { return column.key; });
}

std::string key_names(const Relation& relation) {
  std::vector<std::string> names;
  for (const Relation::Column& column : relation.columns) {
    if (column.key) names.push_back(quote_identifier(column.name));
  }
  return join(names, ", ");
}

[[noreturn]] void fail_diverged(const Relation& relation, Operation operation,
                                const std::string& what) {
  throw divergence(fmt::format("{} {}: {}", verb(operation), relation.table.display(), what));
}

[[noreturn]] void fail_missing(const Relation& relation, std::int64_t expected,
                               std::int64_t found) {
  fail_diverged(relation, Operation::remove,
                fmt::format("{} equal rows expected, {} found", expected, found));
}

/// COPY saves the server the arrays of an INSERT, but costs two round trips of its own, and those
/// of the statements queued before it.
bool worth_a_copy(std::size_t rows, std::size_t columns, std::chrono::microseconds round_trip) {
  constexpr std::size_t values_a_microsecond = 5;  // that COPY takes less, about
  constexpr std::size_t rows_at_least = 100;
  const auto way = static_cast<std::size_t>(2 * round_trip.count());
  return rows > rows_at_least && rows * columns > way * values_a_microsecond;
}

/// The error of a divergence, named by table and, where one row is meant, by its key's columns.
void expect(std::int64_t affected, std::size_t expected, const Relation& relation,
            Operation operation) {
  if (affected == static_cast<std::int64_t>(expected)) return;
  if (expected != 1) {
    fail_diverged(relation, operation,
                  fmt::format("{} rows expected, {} found", expected, affected));
  }
  fail_diverged(relation, operation,
                has_key(relation)
                    ? fmt::format("{} rows have the row's key ({})", affected, key_names(relation))
                    : fmt::format("{} rows are equal to the row before the change", affected));
}

/// A value that the change does not carry would be written as NULL.
void require_known(const Relation& relation, std::span<const Value> values) {
  const bool all_known = std::none_of(values.begin(), values.end(), [](const Value& value) {
    return value.kind == Value::Kind::unchanged;
  });
  if (!all_known) {
    fail(malformed_row_set,
         fmt::format("a row of table {} came without all of its values", relation.table.display()));
  }
}

std::vector<std::uint16_t> key_places(const Relation& relation) {
  std::vector<std::uint16_t> places;
  for (std::size_t i = 0; i < relation.columns.size(); ++i) {
    if (relation.columns[i].key) places.push_back(static_cast<std::uint16_t>(i));
  }
  return places;
}

/// What the row is to be found by: its old key, where the change carries one.
std::vector<Value> key_values(const Relation& relation, const RowChange& change) {
  std::vector<Value> keys;
  for (const std::uint16_t place : key_places(relation)) {
    Value key{Value::Kind::unchanged, {}};
    if (place < change.before.size()) key = change.before[place];
    if (key.kind == Value::Kind::unchanged && place < change.after.size())
      key = change.after[place];
    if (key.kind == Value::Kind::unchanged)
      fail_diverged(relation, change.operation, "the change does not carry the row's key");
    keys.push_back(key);
  }
  return keys;
}

/// An image of a table without a key, and how often it is to go.
struct ImageRun {
  std::span<const Value> row;
  std::int64_t copies = 1;
};

std::vector<ImageRun> runs_of_equal_rows(const engine::RowSet& set) {
  std::vector<ImageRun> runs;
  const std::size_t width = set.columns.size();
  for (std::size_t row = 0; row < set.count(); ++row) {
    const std::span<const Value> image(&set.rows[row * width], width);
    if (!runs.empty() && std::equal(image.begin(), image.end(), runs.back().row.begin())) {
      ++runs.back().copies;
    } else {
      runs.push_back({image, 1});
    }
  }
  return runs;
}

/// A column that tells rows apart cheaply and is not NULL in any of them; the earlier type of the
/// list is preferred.
const TargetColumn* narrowing_column(const Columns& columns, const GridColumns& sources,
                                     std::size_t rows) {
  constexpr std::array types{"timestamptz", "timestamp", "int8", "uuid", "int4"};
  for (const char* type : types) {
    const std::string cast_type = fmt::format(R"("pg_catalog"."{}")", type);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i]->cast_type != cast_type) continue;
      bool has_null = false;
      for (std::size_t row = 0; row < rows && !has_null; ++row)
        has_null = sources[i].at(row).kind == Value::Kind::null;
      if (!has_null) return columns[i];
    }
  }
  return nullptr;
}

/// The set's columns that can be written here (all but the generated ones), and where `rows` has
/// their values.
std::pair<Columns, GridColumns> stored_columns(const TargetTable& table, const engine::RowSet& set,
                                               const Grid& rows) {
  std::pair<Columns, GridColumns> stored;
  for (std::size_t i = 0; i < set.columns.size(); ++i) {
    const TargetColumn& column = table.column(set.relation->columns[set.columns[i]].name);
    if (column.generated) continue;
    stored.first.push_back(&column);
    stored.second.push_back({&rows, i});
  }
  return stored;
}

template <typename Work>
void naming_divergence(const Relation& relation, Operation operation, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    if (!is_divergence(error) || error.code() == diverged) throw;
    throw divergence(
        fmt::format("{} {}: {}", verb(operation), relation.table.display(), error.what()),
        error.sqlstate());
  }
}

}  // namespace

bool is_divergence(const Error& error) {
  return error.sqlstate().starts_with("22") || error.sqlstate().starts_with("23");
}

Error divergence(const std::string& message, const std::string& sqlstate) {
  return Error(diverged, Action::give_up, message,
               "Find out what else writes to this table here; compare both sides with verify data")
      .with_sqlstate(sqlstate);
}

const TargetTable& RowWriter::table_of(const Relation& relation) {
  const auto known = tables_.find(relation.table);
  if (known != tables_.end()) return known->second;
  return tables_.emplace(relation.table, read_target_table(connection_, traits_, relation.table))
      .first->second;
}

void RowWriter::write(const engine::RowSet& rows) {
  if (rows.count() == 0) return;
  const Relation& relation = *rows.relation;
  naming_divergence(relation, rows.operation, [&] {
    require_known(relation, rows.rows);
    require_known(relation, rows.keys);
    if (rows.operation == Operation::update && !has_key(relation)) {
      fail(malformed_row_set, fmt::format("updates of table {}, which has no key, came as a set",
                                          relation.table.display()));
    }
    const TargetTable& table = table_of(relation);
    switch (rows.operation) {
      case Operation::insert:
        return insert(table, rows);
      case Operation::update:
        return update(table, rows);
      case Operation::remove:
        return has_key(relation) ? remove(table, rows) : remove_images(table, rows);
    }
  });
}

void RowWriter::insert(const TargetTable& table, const engine::RowSet& set) {
  const Grid rows(set.rows, set.count());
  const auto [columns, sources] = stored_columns(table, set, rows);
  if (columns.empty()) {
    fail(malformed_row_set,
         fmt::format("rows of table {} have no column that can be written", table.name.display()));
  }
  if (worth_a_copy(set.count(), columns.size(), connection_.round_trip()))
    return copy(statements::copy(table, columns), sources, set.count());
  const auto statement = [&, &into = columns](Rows how) {
    return how == Rows::one ? statements::insert(table, into)
                            : statements::insert_many(table, into);
  };
  run(statement, sources, {set.relation, set.operation, set.count()});
}

void RowWriter::copy(const std::string& statement, const GridColumns& sources, std::size_t count) {
  std::size_t row = 0;
  connection_.copy_in(statement, [&](std::string& piece) {
    piece.clear();
    for (; row < count && piece.size() < copy_piece_bytes; ++row)
      append_copy_row(piece, sources, row);
    return !piece.empty();
  });
}

bool RowWriter::worth_staging(std::size_t rows, std::size_t columns) const {
  constexpr std::size_t rows_at_least = 1000;
  return traits_.temporary_tables && staging_.allowed() && rows >= rows_at_least &&
         worth_a_copy(rows, columns, connection_.round_trip());
}

void RowWriter::update_from_staging(const TargetTable& table, const Columns& written,
                                    const Columns& keys, const GridColumns& sources,
                                    const Task& task) {
  Columns columns = written;
  columns.insert(columns.end(), keys.begin(), keys.end());
  const std::string& staging = staging_.empty_one(columns);
  copy(statements::copy_staging(staging, columns.size()), sources, task.rows);
  connection_.queue(statements::update_from(staging, table, written, keys), {},
                    affecting(task, task.rows));
}

/// What takes the answer of a statement that has to touch so many rows. By value: the rows are gone
/// when the answer comes.
Connection::Answer RowWriter::affecting(const Task& task, std::size_t rows) {
  return [relation = *task.relation, operation = task.operation, rows](const TakeResult& result) {
    naming_divergence(relation, operation,
                      [&] { expect(result().affected(), rows, relation, operation); });
  };
}

void RowWriter::run_slice(const std::function<std::string(Rows)>& statement,
                          const GridColumns& sources, const Slice& slice, const Task& task) {
  const Connection::Answer answer = affecting(task, slice.rows);
  if (slice.rows == 1) {
    connection_.queue(statement(Rows::one), parameters_of(sources, slice.first), answer);
    return;
  }
  std::vector<ArrayLiteral> arrays = arrays_of(sources, slice);
  std::vector<std::string_view> parameters;
  parameters.reserve(arrays.size());
  for (ArrayLiteral& array : arrays) parameters.push_back(array.close());
  connection_.queue(statement(Rows::many), parameters, answer);
}

void RowWriter::run(const std::function<std::string(Rows)>& statement, const GridColumns& sources,
                    const Task& task) {
  for (const Slice& slice : slices_of(sources, task.rows, statement_bytes))
    run_slice(statement, sources, slice, task);
}

/// A key column that keeps its value in every row is not written: identity columns and partition
/// keys can't always be, and the server saves work.
void RowWriter::update(const TargetTable& table, const engine::RowSet& set) {
  const std::size_t count = set.count();
  const Grid rows(set.rows, count);
  const Grid keys(set.keys, count);
  const auto& relation_columns = set.relation->columns;
  std::map<std::string, std::size_t> key_places;
  Columns key_columns;
  for (const Relation::Column& column : relation_columns) {
    if (!column.key) continue;
    key_places.emplace(column.name, key_columns.size());
    key_columns.push_back(&table.column(column.name));
  }
  if (keys.width() != key_columns.size()) {
    fail(malformed_row_set,
         fmt::format("an UPDATE of table {} came without its keys", table.name.display()));
  }
  const auto is_kept = [&](std::size_t place) {
    const auto key = key_places.find(relation_columns[set.columns[place]].name);
    if (key == key_places.end()) return false;
    for (std::size_t row = 0; row < count; ++row) {
      if (rows.at(row, place) != keys.at(row, key->second)) return false;
    }
    return true;
  };
  Columns written;
  GridColumns sources;
  for (std::size_t i = 0; i < set.columns.size(); ++i) {
    const TargetColumn& column = table.column(relation_columns[set.columns[i]].name);
    if (column.generated || is_kept(i)) continue;
    written.push_back(&column);
    sources.push_back({&rows, i});
  }
  for (std::size_t i = 0; i < key_columns.size(); ++i) sources.push_back({&keys, i});
  const Task task{set.relation, set.operation, count};
  if (!written.empty() && worth_staging(count, sources.size()))
    return update_from_staging(table, written, key_columns, sources, task);
  const auto statement = [&](Rows how) {
    return written.empty() ? statements::find(table, key_columns, how)
                           : statements::update(table, written, key_columns, how);
  };
  run(statement, sources, task);
}

void RowWriter::remove(const TargetTable& table, const engine::RowSet& set) {
  const Grid rows(set.rows, set.count());
  Columns keys;
  GridColumns sources;
  for (std::size_t i = 0; i < set.columns.size(); ++i) {
    const Relation::Column& column = set.relation->columns[set.columns[i]];
    if (!column.key) continue;
    keys.push_back(&table.column(column.name));
    sources.push_back({&rows, i});
  }
  const auto statement = [&](Rows how) { return statements::remove(table, keys, how); };
  run(statement, sources, {set.relation, set.operation, set.count()});
}

/// One scan for all images, however many there are. All rows equal to an image go; those that are
/// more than wanted come back: see write_by_image().
void RowWriter::remove_images(const TargetTable& table, const engine::RowSet& set) {
  const std::vector<ImageRun> images = runs_of_equal_rows(set);
  std::vector<Value> distinct;
  for (const ImageRun& image : images)
    distinct.insert(distinct.end(), image.row.begin(), image.row.end());
  const Grid rows(distinct, images.size());
  const auto [columns, sources] = stored_columns(table, set, rows);
  // Sessions that apply prefer index look-ups; this one compares whole rows, where nested loops
  // would make every pair (500 images and 20,000 rows: 4.5 s, hashed 10 ms).
  connection_.execute("SET LOCAL enable_hashjoin = on");
  const std::string statement =
      statements::remove_images(table, columns, narrowing_column(columns, sources, images.size()));
  for (const Slice& slice : slices_of(sources, images.size(), statement_bytes)) {
    const std::vector<std::int64_t> found = removed_by_image(statement, sources, slice);
    for (std::size_t i = 0; i < slice.rows; ++i) {
      const ImageRun& image = images[slice.first + i];
      const std::int64_t too_many = found[i] - image.copies;
      if (too_many < 0) fail_missing(*set.relation, image.copies, found[i]);
      if (too_many > 0) insert_image(table, *set.relation, image.row, too_many);
    }
  }
  connection_.execute("SET LOCAL enable_hashjoin = off");
}

/// How many rows went for each image of the slice.
std::vector<std::int64_t> RowWriter::removed_by_image(const std::string& statement,
                                                      const GridColumns& sources,
                                                      const Slice& slice) {
  std::vector<ArrayLiteral> arrays = arrays_of(sources, slice);
  std::vector<std::string_view> parameters;
  parameters.reserve(arrays.size());
  for (ArrayLiteral& array : arrays) parameters.push_back(array.close());
  const Result gone = connection_.prepared(statement, parameters);
  std::vector<std::int64_t> found(slice.rows, 0);
  for (int row = 0; row < gone.rows(); ++row)
    found[static_cast<std::size_t>(gone.integer(row, 0) - 1)] = gone.integer(row, 1);
  return found;
}

void RowWriter::write_one(const Relation& relation, const RowChange& change) {
  naming_divergence(relation, change.operation, [&] {
    if (change.operation == Operation::insert) {
      require_known(relation, change.after);
      insert_image(table_of(relation), relation, change.after, 1);
    } else if (has_key(relation)) {
      write_keyed(relation, change);
    } else {
      write_by_image(relation, change);
    }
  });
}

void RowWriter::write_keyed(const Relation& relation, const RowChange& change) {
  const TargetTable& table = table_of(relation);
  if (change.operation == Operation::remove) {
    remove(table,
           {&relation, key_places(relation), key_values(relation, change), {}, change.operation});
    return;
  }
  engine::RowSet set{&relation, {}, {}, key_values(relation, change), change.operation};
  for (std::size_t i = 0; i < change.after.size(); ++i) {
    if (change.after[i].kind == Value::Kind::unchanged) continue;
    set.columns.push_back(static_cast<std::uint16_t>(i));
    set.rows.push_back(change.after[i]);
  }
  if (set.columns.empty()) {  // nothing to write: the key is still worth finding
    set.columns = key_places(relation);
    set.rows = set.keys;
  }
  update(table, set);
}

/// Rows without a key: every row equal to the old image goes, and all of them but one come back.
/// Needs no row address, which is not the same thing on every server.
void RowWriter::write_by_image(const Relation& relation, const RowChange& change) {
  const TargetTable& table = table_of(relation);
  const std::int64_t found = remove_image(table, relation, change.before);
  const bool whole = std::none_of(change.before.begin(), change.before.end(),
                                  [](const Value& v) { return v.kind == Value::Kind::unchanged; });
  if (found == 0 || (found > 1 && !whole)) expect(found, 1, relation, change.operation);
  if (found > 1) insert_image(table, relation, change.before, found - 1);
  if (change.operation == Operation::remove) return;
  std::vector<Value> after(change.after.begin(), change.after.end());
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (after[i].kind != Value::Kind::unchanged) continue;
    after[i] = change.before[i];
    if (after[i].kind == Value::Kind::unchanged)
      fail_diverged(relation, change.operation, "the change does not carry the whole row");
  }
  insert_image(table, relation, after, 1);
}

std::int64_t RowWriter::remove_image(const TargetTable& table, const Relation& relation,
                                     std::span<const Value> image) {
  Columns columns;
  std::vector<std::string_view> parameters;
  const TargetColumn* lookup = nullptr;
  for (std::size_t i = 0; i < image.size(); ++i) {
    const TargetColumn& column = table.column(relation.columns[i].name);
    if (image[i].kind == Value::Kind::unchanged || column.generated) continue;
    columns.push_back(&column);
    parameters.push_back(parameter_of(image[i]));
    const bool usable = column.leads_index && image[i].kind == Value::Kind::text;
    if (usable && lookup == nullptr) lookup = &column;
  }
  if (columns.empty() && !relation.columns.empty())
    fail_diverged(relation, Operation::remove, "the change does not carry the old row");
  return connection_.prepared(statements::remove_image(table, columns, lookup), parameters)
      .affected();
}

void RowWriter::insert_image(const TargetTable& table, const Relation& relation,
                             std::span<const Value> image, std::int64_t copies) {
  Columns columns;
  std::vector<std::string_view> parameters;
  for (std::size_t i = 0; i < image.size(); ++i) {
    const TargetColumn& column = table.column(relation.columns[i].name);
    if (column.generated) continue;
    columns.push_back(&column);
    parameters.push_back(parameter_of(image[i]));
  }
  if (copies == 1) {
    connection_.queue(statements::insert(table, columns), parameters,
                      [relation](const TakeResult& result) {
                        naming_divergence(relation, Operation::insert, result);
                      });
    return;
  }
  const std::string times = std::to_string(copies);
  parameters.push_back(times);
  connection_.prepared(statements::insert_copies(table, columns), parameters);
}

}  // namespace voyager::postgres
