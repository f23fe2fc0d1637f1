// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/status.hpp"
#include "model/roles.hpp"

namespace voyager::report {
namespace {

using exportdir::ChunkRecord;
using exportdir::ChunkState;
using exportdir::MetaDb;
using exportdir::TableRecord;
using exportdir::TableState;
using Json = nlohmann::ordered_json;
using Lines = std::vector<std::vector<std::string>>;

/// What the chunks of one table add up to.
struct ChunkSums {
  std::int64_t rows = 0;
  std::vector<std::string> files;
};

std::map<std::int64_t, ChunkSums> sums_by_table(const MetaDb& meta) {
  std::map<std::int64_t, ChunkSums> sums;
  for (const ChunkRecord& chunk : meta.chunks()) {
    if (chunk.state != ChunkState::exported) continue;
    sums[chunk.table_id].rows += chunk.rows;
    sums[chunk.table_id].files.push_back(chunk.file);
  }
  return sums;
}

/// A long table is printed in blocks, so that the header stays in sight.
std::string in_blocks(const std::vector<std::string>& header, const Lines& lines) {
  constexpr std::size_t block_rows = 30;
  std::string text;
  std::size_t from = 0;
  do {
    const std::size_t to = std::min(lines.size(), from + block_rows);
    if (from != 0) text += "\n";
    text += format_table(header, {lines.begin() + static_cast<std::ptrdiff_t>(from),
                                  lines.begin() + static_cast<std::ptrdiff_t>(to)});
    from = to;
  } while (from < lines.size());
  return text;
}

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

const char* export_word(TableState state) {
  switch (state) {
    case TableState::pending:
      return "NOT-STARTED";
    case TableState::exporting:
      return "EXPORTING";
    case TableState::exported:
      return "DONE";
  }
  return "";
}

std::map<QualifiedName, LedgerRows> by_table(const std::vector<LedgerRows>& ledger) {
  std::map<QualifiedName, LedgerRows> found;
  for (const LedgerRows& rows : ledger) found[rows.table] = rows;
  return found;
}

double percentage(std::int64_t done, std::int64_t total, bool complete) {
  if (complete) return 100;
  if (total <= 0) return 0;
  return std::min(100.0, 100.0 * static_cast<double>(done) / static_cast<double>(total));
}

std::string files_text(const std::vector<std::string>& files) {
  if (files.empty()) return "";
  return files.size() == 1 ? files.front() : fmt::format("{} files", files.size());
}

ImportStatusRow import_row(const TableRecord& record, const ChunkSums& sums,
                           std::int64_t imported_rows, bool begun) {
  const bool exported = record.state == TableState::exported;
  const bool done = exported && begun && imported_rows >= sums.rows;
  ImportStatusRow row;
  row.table = record.table.name;
  row.file_name = files_text(sums.files);
  row.total_rows = exported ? sums.rows : std::max(sums.rows, record.table.estimated_rows);
  row.imported_rows = imported_rows;
  row.status = done ? "DONE" : (imported_rows > 0 ? "MIGRATING" : "NOT_STARTED");
  row.percentage = percentage(imported_rows, row.total_rows, done);
  return row;
}

using Exported = std::map<QualifiedName, ChangeCounts>;

Exported exported_by(const MetaDb& meta, const std::vector<std::string_view>& exporter_roles) {
  Exported sum;
  for (const std::string_view role : exporter_roles) {
    for (const auto& [table, counts] : meta.exported_counts(std::string(role)))
      sum[table] += counts;
  }
  return sum;
}

/// Tables whose rows can't be computed from what was counted.
std::set<QualifiedName> uncountable_tables(const MetaDb& meta, const Position& capture_begin) {
  std::set<QualifiedName> tables;
  // A TRUNCATE by any exporter reaches every database that follows it.
  const Exported all = exported_by(meta, {roles::source_db_exporter, roles::target_db_exporter_ff,
                                          roles::target_db_exporter_fb});
  for (const auto& [table, counts] : all)
    if (counts.truncates > 0) tables.insert(table);
  // Changes between the begin of the capture and a later snapshot are counted, exported and
  // imported, although the snapshot holds them.
  const Exported source = exported_by(meta, {roles::source_db_exporter});
  for (const TableRecord& record : meta.tables()) {
    const bool later = !capture_begin.empty() && capture_begin < record.snapshot_position;
    if (later && source.contains(record.table.name)) tables.insert(record.table.name);
  }
  return tables;
}

/// One database's side, ready to be looked up by table.
struct Side {
  std::string db_type;
  Exported exported;
  std::map<QualifiedName, LedgerRows> imported;
};

std::vector<Side> sides_of(const MetaDb& meta, const std::vector<DatabaseLedger>& ledgers) {
  const auto is_source = [](const DatabaseLedger& ledger) { return ledger.db_type == "source"; };
  std::vector<DatabaseLedger> ordered = ledgers;
  if (std::none_of(ordered.begin(), ordered.end(), is_source))
    ordered.push_back({"source", {roles::source_db_exporter}, {}});
  std::stable_partition(ordered.begin(), ordered.end(), is_source);
  std::vector<Side> sides;
  for (const DatabaseLedger& ledger : ordered) {
    sides.push_back(
        {ledger.db_type, exported_by(meta, ledger.exporter_roles), by_table(ledger.rows)});
  }
  return sides;
}

template <typename Value>
Value value_or_zero(const std::map<QualifiedName, Value>& values, const QualifiedName& table) {
  const auto found = values.find(table);
  return found == values.end() ? Value{} : found->second;
}

MigrationReportRow report_row(const QualifiedName& table, const Side& side,
                              std::int64_t snapshot_rows, bool countable) {
  const ChangeCounts exported = value_or_zero(side.exported, table);
  const LedgerRows imported = value_or_zero(side.imported, table);
  MigrationReportRow row;
  row.table = table;
  row.db_type = side.db_type;
  row.exported_snapshot_rows = side.db_type == "source" ? snapshot_rows : 0;
  row.imported_snapshot_rows = imported.snapshot_rows;
  row.exported_inserts = exported.inserts;
  row.exported_updates = exported.updates;
  row.exported_deletes = exported.deletes;
  row.imported_inserts = imported.inserts;
  row.imported_updates = imported.updates;
  row.imported_deletes = imported.deletes;
  const std::int64_t computed = row.exported_snapshot_rows + row.imported_snapshot_rows +
                                row.exported_inserts - row.exported_deletes + row.imported_inserts -
                                row.imported_deletes;
  row.final_row_count = imported.true_rows.value_or(computed);
  row.final_row_count_is_exact = imported.true_rows.has_value() || countable;
  return row;
}

std::vector<std::string> report_line(const MigrationReportRow& row) {
  const auto text = [](std::int64_t number) { return std::to_string(number); };
  return {row.table.display(),
          row.db_type,
          text(row.exported_snapshot_rows),
          text(row.imported_snapshot_rows),
          text(row.exported_inserts),
          text(row.exported_updates),
          text(row.exported_deletes),
          text(row.imported_inserts),
          text(row.imported_updates),
          text(row.imported_deletes),
          text(row.final_row_count) + (row.final_row_count_is_exact ? "" : "*")};
}

}  // namespace

std::vector<ExportStatusRow> export_status(const MetaDb& meta) {
  const auto sums = sums_by_table(meta);
  std::vector<ExportStatusRow> rows;
  for (const TableRecord& record : meta.tables()) {
    const auto found = sums.find(record.id);
    rows.push_back({record.table.name, export_word(record.state),
                    found == sums.end() ? 0 : found->second.rows});
  }
  return rows;
}

std::string export_status_table(const std::vector<ExportStatusRow>& rows) {
  Lines lines;
  for (const ExportStatusRow& row : rows)
    lines.push_back({row.table.display(), row.status, std::to_string(row.exported_rows)});
  return in_blocks({"TABLE", "STATUS", "EXPORTED ROWS"}, lines);
}

std::string export_status_json(const std::vector<ExportStatusRow>& rows) {
  Json json = Json::array();
  for (const ExportStatusRow& row : rows)
    json.push_back({{"table_name", row.table.display()},
                    {"status", row.status},
                    {"exported_count", row.exported_rows}});
  return dump(json);
}

std::vector<ImportStatusRow> import_status(const MetaDb& meta,
                                           const std::vector<LedgerRows>& ledger, bool streaming) {
  const auto imported = by_table(ledger);
  const std::vector<TableRecord> tables = meta.tables();
  auto sums = sums_by_table(meta);
  // An empty table leaves no trace in the ledger: it is done when anything has begun.
  const bool begun = !ledger.empty() || streaming || sums.empty();
  std::vector<ImportStatusRow> rows;
  for (const TableRecord& record : tables) {
    rows.push_back(import_row(record, sums[record.id],
                              value_or_zero(imported, record.table.name).snapshot_rows, begun));
    if (streaming) rows.back().status = "STREAMING";
  }
  return rows;
}

std::string import_status_table(const std::vector<ImportStatusRow>& rows) {
  Lines lines;
  for (const ImportStatusRow& row : rows)
    lines.push_back({row.table.display(), row.status, std::to_string(row.total_rows),
                     std::to_string(row.imported_rows), std::to_string(row.errored_rows),
                     fmt::format("{:.2f}", row.percentage)});
  return in_blocks({"TABLE", "STATUS", "TOTAL ROWS", "IMPORTED ROWS", "ERRORED ROWS", "PERCENTAGE"},
                   lines);
}

std::string import_status_json(const std::vector<ImportStatusRow>& rows) {
  Json json = Json::array();
  for (const ImportStatusRow& row : rows)
    json.push_back({{"table_name", row.table.display()},
                    {"file_name", row.file_name},
                    {"status", row.status},
                    {"total_count", row.total_rows},
                    {"imported_count", row.imported_rows},
                    {"errored_count", row.errored_rows},
                    {"percentage_complete", row.percentage}});
  return dump(json);
}

std::vector<MigrationReportRow> migration_report(const MetaDb& meta,
                                                 const std::vector<DatabaseLedger>& ledgers,
                                                 const Position& capture_begin) {
  const std::vector<Side> sides = sides_of(meta, ledgers);
  const auto uncountable = uncountable_tables(meta, capture_begin);
  const std::vector<TableRecord> tables = meta.tables();
  auto sums = sums_by_table(meta);
  std::vector<MigrationReportRow> rows;
  for (const TableRecord& record : tables) {
    const QualifiedName& table = record.table.name;
    for (const Side& side : sides)
      rows.push_back(report_row(table, side, sums[record.id].rows, !uncountable.contains(table)));
  }
  return rows;
}

std::string migration_report_table(const std::vector<MigrationReportRow>& rows,
                                   std::optional<int> round) {
  Lines lines;
  bool exact = true;
  for (const MigrationReportRow& row : rows) {
    lines.push_back(report_line(row));
    exact = exact && row.final_row_count_is_exact;
  }
  std::string text = round ? fmt::format("ROUND {}\n", *round) : "";
  text += in_blocks({"TABLE", "DB_TYPE", "EXPORTED SNAPSHOT_ROWS", "IMPORTED SNAPSHOT_ROWS",
                     "EXPORTED INSERTS", "EXPORTED UPDATES", "EXPORTED DELETES", "IMPORTED INSERTS",
                     "IMPORTED UPDATES", "IMPORTED DELETES", "FINAL_ROW_COUNT"},
                    lines);
  if (!exact)
    text +=
        "* this is no count of the rows now: the table was truncated, which counts no rows, or "
        "its snapshot was taken again and holds changes that are counted too\n";
  return text;
}

std::string migration_report_json(const std::vector<MigrationReportRow>& rows,
                                  std::optional<int> round) {
  Json json = Json::array();
  for (const MigrationReportRow& row : rows) {
    json.push_back({{"table_name", row.table.display()},
                    {"db_type", row.db_type},
                    {"exported_snapshot_rows", row.exported_snapshot_rows},
                    {"imported_snapshot_rows", row.imported_snapshot_rows},
                    {"exported_inserts", row.exported_inserts},
                    {"exported_updates", row.exported_updates},
                    {"exported_deletes", row.exported_deletes},
                    {"imported_inserts", row.imported_inserts},
                    {"imported_updates", row.imported_updates},
                    {"imported_deletes", row.imported_deletes},
                    {"final_row_count", row.final_row_count},
                    {"final_row_count_is_exact", row.final_row_count_is_exact}});
    if (round) json.back()["round"] = *round;
  }
  return dump(json);
}

}  // namespace voyager::report
