// SPDX-License-Identifier: Apache-2.0
#include "exportdir/exported_counts.hpp"

#include <utility>

namespace voyager::exportdir::change_log {

ExportedCounts::Table* ExportedCounts::table(const QualifiedName& name) {
  return &tables_[name];
}

void ExportedCounts::row(Table* table, Operation operation) {
  touch(table);
  table->open.count(operation);
}

void ExportedCounts::truncate(Table* table) {
  touch(table);
  ++table->open.truncates;
}

void ExportedCounts::touch(Table* table) {
  if (table->open.total() == 0) touched_.push_back(table);
}

void ExportedCounts::commit() {
  for (Table* table : touched_) table->committed += std::exchange(table->open, {});
  touched_.clear();
}

void ExportedCounts::discard() {
  for (Table* table : touched_) table->open = {};
  touched_.clear();
}

void ExportedCounts::make_durable() {
  for (auto& [name, table] : tables_) table.durable += std::exchange(table.committed, {});
}

std::map<QualifiedName, ChangeCounts> ExportedCounts::durable() const {
  std::map<QualifiedName, ChangeCounts> counts;
  for (const auto& [name, table] : tables_) {
    if (table.durable.total() > 0) counts[name] = table.durable;
  }
  return counts;
}

void ExportedCounts::forget_durable() {
  for (auto& [name, table] : tables_) table.durable = {};
}

}  // namespace voyager::exportdir::change_log
