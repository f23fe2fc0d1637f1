// SPDX-License-Identifier: Apache-2.0
#include "changes/compaction.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/error.hpp"

namespace voyager::changes {
namespace {

constexpr ErrorCode foreign_column{6010};

bool known(const Value& value) {
  return value.kind != Value::Kind::unchanged;
}

/// Equal texts give equal keys; lengths in front keep ("a","bc") apart from ("ab","c").
std::string key_text(const std::vector<std::uint16_t>& columns, const std::vector<Value>& row) {
  std::string key;
  for (const std::uint16_t column : columns) {
    const Value& value = row[column];
    const auto length = static_cast<std::uint32_t>(value.text.size());
    key += static_cast<char>(value.kind);
    key.append(reinterpret_cast<const char*>(&length), sizeof length);
    key += value.text;
  }
  return key;
}

std::vector<Value> pick(const std::vector<std::uint16_t>& columns, const std::vector<Value>& row) {
  std::vector<Value> picked;
  picked.reserve(columns.size());
  for (const std::uint16_t column : columns) picked.push_back(row[column]);
  return picked;
}

void merge(std::vector<Value>& row, const std::vector<Value>& newer) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (known(newer[i])) row[i] = newer[i];
  }
}

/// Where the old row is known too, a column that kept its value need not be written.
void leave_out_unchanged(const std::vector<Value>& before, std::vector<Value>& after,
                         const std::vector<std::uint16_t>& keep) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool is_key =
        std::find(keep.begin(), keep.end(), static_cast<std::uint16_t>(i)) != keep.end();
    if (!is_key && known(before[i]) && before[i] == after[i])
      after[i].kind = Value::Kind::unchanged;
  }
}

/// Where a column of a partition stands in the table; usually at the same place.
std::size_t place_of(const std::string& name, std::size_t place, const Relation& table) {
  const auto& columns = table.columns;
  if (place < columns.size() && columns[place].name == name) return place;
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const auto& column) { return column.name == name; });
  if (found == columns.end()) {
    fail(foreign_column, "a partition of " + table.table.display() + " has a column \"" + name +
                             "\" that the table has not");
  }
  return static_cast<std::size_t>(found - columns.begin());
}

void append(std::vector<Value>& rows, const std::vector<Value>& row) {
  rows.insert(rows.end(), row.begin(), row.end());
}

std::vector<std::uint16_t> all_columns(const Relation& relation) {
  std::vector<std::uint16_t> all(relation.columns.size());
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  return all;
}

}  // namespace

std::string_view Arena::keep(std::string_view bytes) {
  if (bytes.empty()) return {"", 0};  // not NULL, but nothing to keep
  total_ += bytes.size();
  auto* place = static_cast<char*>(memory_.allocate(bytes.size(), 1));
  std::memcpy(place, bytes.data(), bytes.size());
  return {place, bytes.size()};
}

void Arena::clear() {
  memory_.release();
  total_ = 0;
}

Compactor::TablePiece& Compactor::piece_of(const Relation& relation) {
  const auto [place, is_new] = tables_.try_emplace(relation.table);
  TablePiece& piece = place->second;
  if (is_new) {
    piece.relation = relation;
    for (std::size_t i = 0; i < relation.columns.size(); ++i) {
      if (relation.columns[i].key) piece.key_columns.push_back(static_cast<std::uint16_t>(i));
    }
  }
  return piece;
}

Value Compactor::keep(const Value& value) {
  ++values_;
  return {value.kind,
          value.kind == Value::Kind::text ? arena_->keep(value.text) : std::string_view()};
}

Compactor::Row Compactor::copy(const TablePiece& piece, const Relation& relation,
                               std::span<const Value> values) {
  if (values.empty()) return {};
  const auto& columns = piece.relation.columns;
  Row row(columns.size(), Value{Value::Kind::unchanged, {}});
  for (std::size_t i = 0; i < values.size(); ++i)
    row[place_of(relation.columns[i].name, i, piece.relation)] = keep(values[i]);
  return row;
}

Compactor::Added Compactor::add(const Relation& relation, const RowChange& change) {
  TablePiece& piece = piece_of(relation);
  OwnedChange owned{change.operation, copy(piece, relation, change.before),
                    copy(piece, relation, change.after)};
  const Added added =
      piece.key_columns.empty() ? add_images(piece, owned) : add_keyed(piece, std::move(owned));
  if (added == Added::yes) ++changes_;
  return added;
}

void Compactor::count_image(TablePiece& piece, const Row& row, std::int64_t copies) {
  const auto [place, is_new] =
      piece.index.try_emplace(key_text(all_columns(piece.relation), row), piece.images.size());
  if (is_new) piece.images.push_back({row, 0});
  piece.images[place->second].net += copies;
}

Compactor::Added Compactor::add_images(TablePiece& piece, const OwnedChange& change) {
  Row after = change.after;
  if (change.operation == Operation::update) {
    for (std::size_t i = 0; i < after.size() && i < change.before.size(); ++i) {
      if (!known(after[i])) after[i] = change.before[i];
    }
  }
  // A row set can't say how many rows without columns there are.
  if (piece.relation.columns.empty()) return Added::alone;
  const bool whole = std::all_of(after.begin(), after.end(), known) &&
                     std::all_of(change.before.begin(), change.before.end(), known);
  if (!whole) return piece.images.empty() ? Added::alone : Added::drain_first;
  if (change.operation != Operation::insert) count_image(piece, change.before, -1);
  if (change.operation != Operation::remove) count_image(piece, after, 1);
  return Added::yes;
}

Compactor::Added Compactor::add_keyed(TablePiece& piece, OwnedChange change) {
  if (change.operation == Operation::remove)
    return remove(entry(piece, key_text(piece.key_columns, change.before), change.before));
  const std::string new_key = key_text(piece.key_columns, change.after);
  if (change.operation == Operation::insert)
    return insert(entry(piece, new_key, change.after), change.after);
  if (!change.before.empty()) {
    const std::string old_key = key_text(piece.key_columns, change.before);
    if (old_key != new_key) return change_key(piece, change, old_key);
    leave_out_unchanged(change.before, change.after, piece.key_columns);
  }
  return update(entry(piece, new_key, change.after), change.after);
}

Compactor::Added Compactor::change_key(TablePiece& piece, const OwnedChange& change,
                                       const std::string& old_key) {
  const Entry* old_entry = find(piece, old_key);
  const Entry* new_entry = find(piece, key_text(piece.key_columns, change.after));
  if (new_entry != nullptr && new_entry->then != Entry::Then::nothing) return Added::drain_first;
  Row row = change.after;
  if (old_entry != nullptr && old_entry->then == Entry::Then::insert) {
    row = old_entry->row;
    merge(row, change.after);
  }
  // A full old row (REPLICA IDENTITY FULL) also fills what the new one leaves out.
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!known(row[i])) row[i] = change.before[i];
  }
  if (!std::all_of(row.begin(), row.end(), known))
    return old_entry == nullptr ? Added::alone : Added::drain_first;
  if (remove(entry(piece, old_key, change.before)) != Added::yes) return Added::drain_first;
  return insert(entry(piece, key_text(piece.key_columns, row), row), row);
}

Compactor::Entry* Compactor::find(TablePiece& piece, const std::string& key) {
  const auto place = piece.index.find(key);
  return place == piece.index.end() ? nullptr : &piece.entries[place->second];
}

Compactor::Entry& Compactor::entry(TablePiece& piece, const std::string& key, const Row& row) {
  const auto [place, is_new] = piece.index.try_emplace(key, piece.entries.size());
  if (is_new) {
    piece.entries.emplace_back();
    piece.entries.back().key = pick(piece.key_columns, row);
    piece.entries.back().key_hash = piece.index.hash_function()(key);
  }
  return piece.entries[place->second];
}

Compactor::Added Compactor::insert(Entry& entry, const Row& row) {
  if (entry.then != Entry::Then::nothing) return Added::drain_first;
  entry.then = Entry::Then::insert;
  entry.row = row;
  return Added::yes;
}

Compactor::Added Compactor::update(Entry& entry, const Row& row) {
  switch (entry.then) {
    case Entry::Then::nothing:
      if (entry.remove_first) return Added::drain_first;
      entry.then = Entry::Then::update;
      entry.row = row;
      break;
    case Entry::Then::insert:
    case Entry::Then::update:
      merge(entry.row, row);
      break;
  }
  return Added::yes;
}

Compactor::Added Compactor::remove(Entry& entry) {
  switch (entry.then) {
    case Entry::Then::nothing:
      if (entry.remove_first) return Added::drain_first;
      entry.remove_first = true;
      break;
    case Entry::Then::insert:
      break;
    case Entry::Then::update:
      entry.remove_first = true;
      break;
  }
  entry.then = Entry::Then::nothing;
  entry.row.clear();
  return Added::yes;
}

/// What goes out of one table, in this order.
struct Compactor::KeyedSets {
  engine::RowSet removes;
  std::map<std::vector<std::uint16_t>, engine::RowSet> updates;  ///< by the columns they write
  engine::RowSet inserts;
};

void Compactor::sort_entry(const Entry& entry, bool rewrite, KeyedSets& sets) {
  const bool rewritten = rewrite && entry.then == Entry::Then::update &&
                         std::all_of(entry.row.begin(), entry.row.end(), known);
  if (entry.remove_first || rewritten) append(sets.removes.rows, entry.key);
  if (entry.then == Entry::Then::insert || rewritten) append(sets.inserts.rows, entry.row);
  if (entry.then != Entry::Then::update || rewritten) return;
  const Relation& relation = *sets.inserts.relation;
  std::vector<std::uint16_t> written = all_columns(relation);
  std::erase_if(written, [&](std::uint16_t column) {
    return relation.columns[column].key || !known(entry.row[column]);
  });
  if (written.empty()) return;  // the key only: an update that changed nothing
  engine::RowSet& set = sets.updates[written];
  if (set.relation == nullptr) set = {&relation, written, {}, {}, Operation::update};
  append(set.rows, pick(written, entry.row));
  append(set.keys, entry.key);
}

/// Neighbours together: the server finds them in pages that it has just used. Shorter texts first
/// is the order of the numbers.
std::vector<const Compactor::Entry*> Compactor::by_key(const TablePiece& piece) {
  std::vector<const Entry*> entries;
  entries.reserve(piece.entries.size());
  for (const Entry& entry : piece.entries) entries.push_back(&entry);
  const auto less = [](const Value& a, const Value& b) {
    return std::pair(a.text.size(), a.text) < std::pair(b.text.size(), b.text);
  };
  std::stable_sort(entries.begin(), entries.end(), [&](const Entry* a, const Entry* b) {
    return std::lexicographical_compare(a->key.begin(), a->key.end(), b->key.begin(), b->key.end(),
                                        less);
  });
  return entries;
}

void Compactor::sort_keyed(const TablePiece& piece, const std::vector<const Entry*>& entries,
                           bool rewrite, std::vector<engine::RowSet>& into) {
  KeyedSets sets{{&piece.relation, piece.key_columns, {}, {}, Operation::remove},
                 {},
                 {&piece.relation, all_columns(piece.relation), {}, {}, Operation::insert}};
  for (const Entry* entry : entries) sort_entry(*entry, rewrite, sets);
  if (sets.removes.count() > 0) into.push_back(std::move(sets.removes));
  for (auto& [written, set] : sets.updates) into.push_back(std::move(set));
  if (sets.inserts.count() > 0) into.push_back(std::move(sets.inserts));
}

void Compactor::images(const TablePiece& piece, Operation operation,
                       std::vector<engine::RowSet>& into) {
  engine::RowSet set{&piece.relation, all_columns(piece.relation), {}, {}, operation};
  for (const Image& image : piece.images) {
    const std::int64_t copies = operation == Operation::insert ? image.net : -image.net;
    for (std::int64_t copy = 0; copy < copies; ++copy) append(set.rows, image.row);
  }
  if (set.count() > 0) into.push_back(std::move(set));
}

void Compactor::drain(const PieceSink& sink, const std::set<QualifiedName>& rewrite) {
  std::vector<engine::RowSet> sets;
  for (const auto& [name, piece] : tables_) {
    if (piece.key_columns.empty()) {
      images(piece, Operation::remove, sets);
      images(piece, Operation::insert, sets);
    } else {
      sort_keyed(piece, by_key(piece), rewrite.contains(name), sets);
    }
    for (const engine::RowSet& set : sets) sink(set);
    sets.clear();
  }
  clear();
}

void Compactor::take_keyed(const TablePiece& table, bool rewrite, bool has_unique_keys,
                           Schedule& schedule, Piece& piece) {
  const QualifiedName& name = table.relation.table;
  std::vector<const Entry*> free;
  std::vector<const Entry*> held;
  // Where unique values are known to move between rows, a row's key does not say what it meets.
  const bool all_held = rewrite && !schedule.whole(name);
  for (const Entry* entry : by_key(table)) {
    const bool meets = rewrite ? all_held : !schedule.row(name, entry->key_hash);
    (meets ? held : free).push_back(entry);
  }
  if (has_unique_keys && !held.empty() && !free.empty()) {
    held = by_key(table);
    free.clear();
  }
  sort_keyed(table, free, rewrite, piece.free);
  sort_keyed(table, held, rewrite, piece.held);
}

void Compactor::take_images(const TablePiece& table, Schedule& schedule, Piece& piece) {
  std::vector<engine::RowSet> removes;
  images(table, Operation::remove, removes);
  const QualifiedName& name = table.relation.table;
  const bool free = removes.empty() ? schedule.append(name) : schedule.whole(name);
  std::vector<engine::RowSet>& into = free ? piece.free : piece.held;
  std::move(removes.begin(), removes.end(), std::back_inserter(into));
  images(table, Operation::insert, into);
}

Piece Compactor::take(const std::set<QualifiedName>& rewrite,
                      const std::set<QualifiedName>& with_unique_keys, Schedule& schedule) {
  Piece piece;
  piece.bytes = bytes();
  for (auto& [name, table] : tables_) {
    const std::size_t free = piece.free.size();
    const std::size_t held = piece.held.size();
    if (table.key_columns.empty()) {
      take_images(table, schedule, piece);
    } else {
      take_keyed(table, rewrite.contains(name), with_unique_keys.contains(name), schedule, piece);
    }
    const Relation* relation = &piece.relations.emplace_back(std::move(table.relation));
    for (std::size_t i = free; i < piece.free.size(); ++i) piece.free[i].relation = relation;
    for (std::size_t i = held; i < piece.held.size(); ++i) piece.held[i].relation = relation;
  }
  piece.values = std::exchange(arena_, std::make_unique<Arena>());
  clear();
  return piece;
}

void Compactor::clear() {
  tables_.clear();
  arena_->clear();
  changes_ = 0;
  values_ = 0;
}

}  // namespace voyager::changes
