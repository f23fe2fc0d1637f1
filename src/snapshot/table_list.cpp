// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "snapshot/errors.hpp"
#include "snapshot/export_snapshot.hpp"
#include "snapshot/name_list.hpp"

namespace voyager::snapshot {
namespace {

using exportdir::MetaDb;
using exportdir::TableRecord;

/// The tables that any of the patterns names. Every pattern must name one: a typing error in a list
/// would otherwise leave a table behind without a word.
std::set<QualifiedName> matching(const std::vector<Table>& all,
                                 const std::vector<std::string>& patterns,
                                 const std::string& default_schema) {
  std::set<QualifiedName> found;
  std::vector<std::string> unmatched;
  for (const std::string& pattern : patterns) {
    bool any = false;
    for (const Table& table : all) {
      if (!matches_table_pattern(pattern, table.name, default_schema)) continue;
      found.insert(table.name);
      any = true;
    }
    if (!any) unmatched.push_back(pattern);
  }
  if (!unmatched.empty())
    fail(pattern_matches_nothing,
         fmt::format("no table matches {} of the table list", name_list(unmatched)),
         "Check the spelling (case counts) and the schemas of the source");
  return found;
}

std::vector<std::string> display_names(const std::set<QualifiedName>& names) {
  std::vector<std::string> texts;
  for (const QualifiedName& name : names) texts.push_back(name.display());
  return texts;
}

std::set<QualifiedName> without(const std::set<QualifiedName>& from,
                                const std::set<QualifiedName>& taken) {
  std::set<QualifiedName> rest;
  std::set_difference(from.begin(), from.end(), taken.begin(), taken.end(),
                      std::inserter(rest, rest.end()));
  return rest;
}

void check_same_tables(const std::vector<TableRecord>& recorded,
                       const std::vector<Table>& selected) {
  std::set<QualifiedName> then;
  std::set<QualifiedName> now;
  for (const TableRecord& record : recorded) then.insert(record.table.name);
  for (const Table& table : selected) now.insert(table.name);
  if (then == now) return;
  std::string message = "the table list is not the one this migration began with";
  const auto added = without(now, then);
  const auto missing = without(then, now);
  if (!added.empty()) message += fmt::format("; added: {}", name_list(display_names(added)));
  if (!missing.empty()) message += fmt::format("; missing: {}", name_list(display_names(missing)));
  fail(table_list_changed, message,
       "Use the first table list again, or begin anew with --start-clean true");
}

[[noreturn]] void fail_changed(const QualifiedName& table, const std::string& column,
                               const std::string& what) {
  fail(columns_changed,
       fmt::format("table {} changed since the migration began: column {} {}", table.display(),
                   column, what),
       "Undo the change on the source, or begin anew with --start-clean true");
}

/// What the chunks and the change log hold is laid out by name, type and order of the stored
/// columns; constraints and defaults may change freely.
void check_same_columns(const Table& recorded, const Table& present) {
  const std::vector<Column> then = recorded.stored_columns();
  const std::vector<Column> now = present.stored_columns();
  for (const Column& column : then) {
    const Column* same = present.find_column(column.name);
    if (same == nullptr || same->generated) fail_changed(recorded.name, column.name, "is gone");
    if (same->type != column.type)
      fail_changed(recorded.name, column.name,
                   fmt::format("was {} and is {}", column.type, same->type));
  }
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (i >= then.size() || now[i].name != then[i].name)
      fail_changed(recorded.name, now[i].name, "is new");
  }
}

std::vector<TableRecord> first_records(const std::vector<Table>& selected, DataFormat wanted) {
  std::vector<TableRecord> records;
  for (const Table& table : selected) {
    TableRecord record;
    record.table = table;
    record.format = choose_format(table, wanted);
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace

std::vector<Table> select_tables(const std::vector<Table>& all, const TableSelection& selection) {
  const auto included = matching(all, selection.include, selection.default_schema);
  const auto excluded = matching(all, selection.exclude, selection.default_schema);
  std::vector<Table> chosen;
  for (const Table& table : all) {
    const bool in = selection.include.empty() || included.count(table.name) != 0;
    if (in && excluded.count(table.name) == 0) chosen.push_back(table);
  }
  if (chosen.empty())
    fail(no_table_left,
         all.empty() ? "the source has no table to migrate in the given schemas"
                     : "the table list leaves no table to migrate",
         "Check the schemas, --table-list and --exclude-table-list");
  return chosen;
}

ChunkFormat choose_format(const Table& table, DataFormat wanted) {
  if (wanted == DataFormat::csv) return ChunkFormat::csv;
  for (const Column& column : table.stored_columns()) {
    if (column.binary_safe) continue;
    if (wanted == DataFormat::automatic) return ChunkFormat::csv;
    fail(
        not_binary_safe,
        fmt::format("column {} of table {} has type {}, whose binary form is not the same on every "
                    "server",
                    column.name, table.name.display(), column.type),
        "Use --data-format auto, which takes CSV for such tables");
  }
  return ChunkFormat::binary;
}

std::vector<TableRecord> freeze_tables(MetaDb& meta, const std::vector<Table>& selected,
                                       DataFormat wanted) {
  const std::vector<TableRecord> recorded = meta.tables();
  if (recorded.empty()) {
    meta.add_tables(first_records(selected, wanted));
    log::info("table list frozen: {} tables", selected.size());
    return meta.tables();
  }
  check_same_tables(recorded, selected);
  std::map<QualifiedName, const Table*> present;
  for (const Table& table : selected) present[table.name] = &table;
  for (const TableRecord& record : recorded)
    check_same_columns(record.table, *present.at(record.table.name));
  return recorded;
}

bool snapshot_exported(const MetaDb& meta) {
  const std::vector<TableRecord> tables = meta.tables();
  return !tables.empty() &&
         std::all_of(tables.begin(), tables.end(), [](const TableRecord& record) {
           return record.state == exportdir::TableState::exported;
         });
}

}  // namespace voyager::snapshot
