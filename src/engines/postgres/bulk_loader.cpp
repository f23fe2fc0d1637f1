// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/failpoint.hpp"
#include "base/text.hpp"
#include "engines/postgres/ledger_tables.hpp"
#include "engines/postgres/target_parts.hpp"
#include "engines/postgres/target_table.hpp"

namespace voyager::postgres {
namespace {

constexpr ErrorCode nothing_to_copy{3126};
constexpr ErrorCode type_not_here{3127};

std::string name_list(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const Column& column : columns) names.push_back(quote_identifier(column.name));
  return join(names, ", ");
}

/// COPY has no syntax for an empty list; without a list it means all columns, and there are none.
std::string in_parentheses(const std::string& list) {
  return list.empty() ? "" : fmt::format(" ({})", list);
}

std::string copy_sql(const std::string& table, const std::string& columns, ChunkFormat format) {
  return fmt::format("COPY {}{} FROM STDIN (FORMAT {})", table, in_parentheses(columns),
                     format == ChunkFormat::binary ? "binary" : "csv");
}

class PostgresBulkLoader final : public engine::BulkLoader {
 public:
  explicit PostgresBulkLoader(TargetSession session)
      : connection_(std::move(session.connection)),
        traits_(std::move(session.traits)),
        migration_(std::move(session.migration)) {}

  std::vector<std::uint64_t> load(const std::vector<engine::ChunkLoad>& chunks) override;
  void discard(const QualifiedName& table) override;

 private:
  struct Part {
    const engine::ChunkLoad* chunk = nullptr;
    std::optional<std::uint64_t> rows;  ///< that are on the target
  };
  using Parts = std::vector<Part*>;

  void read_tables(const std::vector<engine::ChunkLoad>& chunks);
  void look_up(const Parts& parts);
  void record(const Parts& parts);
  std::string create_staging(const Table& source, const TargetTable& target);
  std::uint64_t copy(const engine::ChunkLoad& chunk, const std::string& moving_sql);
  void load_together(const Parts& parts, const std::string& moving_sql);

  Connection connection_;
  Traits traits_;
  std::string migration_;
  std::map<QualifiedName, TargetTable> tables_;  ///< those that were loaded last
};

constexpr const char* staging = "pg_temp.ybvoyager_staging";

/// Chunks come table by table, or many tables at once.
void PostgresBulkLoader::read_tables(const std::vector<engine::ChunkLoad>& chunks) {
  std::vector<QualifiedName> names;
  names.reserve(chunks.size());
  for (const engine::ChunkLoad& chunk : chunks) names.push_back(chunk.source_table->name);
  const auto known = [this](const QualifiedName& name) { return tables_.contains(name); };
  if (std::all_of(names.begin(), names.end(), known)) return;
  tables_.clear();
  for (TargetTable& table : read_target_tables(connection_, traits_, names))
    tables_.insert_or_assign(table.name, std::move(table));
}

/// In one round trip with what is queued before.
void PostgresBulkLoader::look_up(const Parts& parts) {
  const std::string sql = fmt::format(
      "SELECT rows_imported FROM {} WHERE migration_uuid = $1 AND data_file_name = $2 "
      "AND batch_number = $3 AND schema_name = $4 AND table_name = $5",
      ledger::batches);
  for (Part* part : parts) {
    const engine::BatchId& batch = part->chunk->batch;
    connection_.queue(sql,
                      {migration_, batch.file, std::to_string(batch.number), batch.table.schema,
                       batch.table.name},
                      [part](const TakeResult& take) {
                        const Result& found = take();
                        if (found.rows() > 0)
                          part->rows = static_cast<std::uint64_t>(found.integer(0, 0));
                      });
  }
  connection_.settle();
}

void PostgresBulkLoader::record(const Parts& parts) {
  const std::string sql = fmt::format(
      "INSERT INTO {} (migration_uuid, data_file_name, batch_number, schema_name, table_name, "
      "rows_imported) VALUES ($1, $2, $3, $4, $5, $6)",
      ledger::batches);
  for (const Part* part : parts) {
    const engine::BatchId& batch = part->chunk->batch;
    connection_.queue(sql, {migration_, batch.file, std::to_string(batch.number),
                            batch.table.schema, batch.table.name, std::to_string(*part->rows)});
  }
}

/// Binary rows are in the source's types. When the target has others, the rows go through a
/// temporary table of the source's types and their text. Returns the statement that moves them on.
/// Not in the transaction that loads: YugabyteDB commits DDL on its own.
std::string PostgresBulkLoader::create_staging(const Table& source, const TargetTable& target) {
  std::vector<std::string> definitions;
  std::vector<std::string> values;
  const std::vector<Column> columns = source.stored_columns();
  for (const Column& column : columns) {
    const std::string name = quote_identifier(column.name);
    definitions.push_back(name + " " + column.cast_type);
    // format(): the type's own output function, where a cast to text may change the value (bpchar).
    values.push_back(fmt::format("CASE WHEN num_nulls({0}) = 0 THEN format('%s', {0})::{1} END",
                                 name, target.column(column.name).cast_type));
  }
  try {
    connection_.execute(fmt::format("DROP TABLE IF EXISTS {}", staging));
    connection_.execute(fmt::format(
        "CREATE TEMP TABLE ybvoyager_staging ({}) ON COMMIT DELETE ROWS", join(definitions, ", ")));
  } catch (const Error& error) {
    constexpr const char* unknown_type = "42704";
    if (error.sqlstate() != unknown_type) throw;
    fail(type_not_here,
         fmt::format("rows of table {} are in a type that this database has not: {}",
                     source.name.display(), error.what()),
         "Export the table with --data-format csv");
  }
  return fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}",
                     target.name.quoted(), name_list(columns), join(values, ", "), staging);
}

void require_something_to_copy(const Table& source, const std::vector<Column>& columns,
                               const TargetTable& target) {
  if (!columns.empty() || target.columns.empty()) return;
  fail(nothing_to_copy,
       fmt::format("table {} has only generated columns on the source but others here",
                   source.name.display()),
       "Make the table's columns the same on both sides");
}

bool same_types(const std::vector<Column>& columns, const TargetTable& target) {
  return std::all_of(columns.begin(), columns.end(), [&](const Column& column) {
    return target.column(column.name).cast_type == column.cast_type;
  });
}

std::uint64_t PostgresBulkLoader::copy(const engine::ChunkLoad& chunk,
                                       const std::string& moving_sql) {
  const Table& source = *chunk.source_table;
  const std::string columns = name_list(source.stored_columns());
  if (moving_sql.empty())
    return connection_.copy_in(copy_sql(source.name.quoted(), columns, chunk.format), chunk.read);
  connection_.copy_in(copy_sql(staging, columns, chunk.format), chunk.read);
  return static_cast<std::uint64_t>(connection_.execute(moving_sql).affected());
}

void PostgresBulkLoader::load_together(const Parts& parts, const std::string& moving_sql) {
  Transaction transaction = Transaction::queued(connection_);
  // Also when nothing failed: the process before this one may have loaded them as it died.
  look_up(parts);
  Parts missing = parts;
  std::erase_if(missing, [](const Part* part) { return part->rows.has_value(); });
  if (missing.empty()) return;
  const Part* at = nullptr;
  try {
    for (Part* part : missing) {
      at = part;
      part->rows = copy(*part->chunk, moving_sql);
    }
    record(missing);
    VOYAGER_FAILPOINT("load.before_commit");
    transaction.commit();
  } catch (const Error& error) {
    const engine::BatchId& batch = at->chunk->batch;
    throw error.within(fmt::format("loading {} into {}", batch.file, batch.table.display()));
  }
}

std::vector<std::uint64_t> PostgresBulkLoader::load(const std::vector<engine::ChunkLoad>& chunks) {
  read_tables(chunks);
  std::vector<Part> parts;
  parts.reserve(chunks.size());
  for (const engine::ChunkLoad& chunk : chunks) parts.push_back({&chunk, {}});
  Parts as_they_are;
  for (Part& part : parts) {
    const Table& source = *part.chunk->source_table;
    const TargetTable& target = tables_.at(source.name);
    const std::vector<Column> columns = source.stored_columns();
    require_something_to_copy(source, columns, target);
    if (part.chunk->format == ChunkFormat::csv || same_types(columns, target))
      as_they_are.push_back(&part);
    else
      load_together({&part}, create_staging(source, target));
  }
  if (!as_they_are.empty()) load_together(as_they_are, "");
  std::vector<std::uint64_t> rows;
  rows.reserve(parts.size());
  for (const Part& part : parts) rows.push_back(*part.rows);
  return rows;
}

void PostgresBulkLoader::discard(const QualifiedName& table) {
  const std::string emptying = emptying_sql(connection_, traits_, table);
  Transaction transaction(connection_);
  connection_.execute(emptying);
  connection_.query(fmt::format("DELETE FROM {} WHERE migration_uuid = $1 AND schema_name = $2 "
                                "AND table_name = $3",
                                ledger::batches),
                    {migration_, table.schema, table.name});
  transaction.commit();
}

}  // namespace

std::unique_ptr<engine::BulkLoader> make_bulk_loader(TargetSession session) {
  return std::make_unique<PostgresBulkLoader>(std::move(session));
}

}  // namespace voyager::postgres
