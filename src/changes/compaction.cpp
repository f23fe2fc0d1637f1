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
void write_key(const std::vector<std::uint16_t>& columns, std::span<const Value> row,
               std::string& key) {
  key.clear();
  for (const std::uint16_t column : columns) {
    const Value& value = row[column];
    const auto length = static_cast<std::uint32_t>(value.text.size());
    key += static_cast<char>(value.kind);
    key.append(reinterpret_cast<const char*>(&length), sizeof length);
    key += value.text;
  }
}

std::string key_text(const std::vector<std::uint16_t>& columns, std::span<const Value> row) {
  std::string key;
  write_key(columns, row, key);
  return key;
}

std::size_t text_bytes(std::span<const Value> values) {
  std::size_t bytes = 0;
  for (const Value& value : values) {
    if (value.kind == Value::Kind::text) bytes += value.text.size();
  }
  return bytes;
}

void merge(std::span<Value> row, std::span<const Value> newer) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (known(newer[i])) row[i] = newer[i];
  }
}

/// Where the old row is known too, a column that kept its value need not be written.
void leave_out_unchanged(std::span<const Value> before, std::span<Value> after,
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

void append(std::vector<Value>& rows, std::span<const Value> row) {
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
  char* place = room(bytes.size());
  std::memcpy(place, bytes.data(), bytes.size());
  return {place, bytes.size()};
}

char* Arena::room(std::size_t bytes) {
  total_ += bytes;
  return static_cast<char*>(memory_.allocate(std::max<std::size_t>(bytes, 1), 1));
}

std::span<Value> Arena::values(std::size_t count) {
  total_ += count * sizeof(Value);
  auto* place = static_cast<Value*>(memory_.allocate(count * sizeof(Value), alignof(Value)));
  std::uninitialized_fill_n(place, count, Value{Value::Kind::unchanged, {}});
  return {place, count};
}

void Arena::clear() {
  memory_.release();
  total_ = 0;
}

Compactor::TablePiece& Compactor::piece_of(const Relation& relation) {
  TablePiece*& last = by_relation_[relation.id];
  if (last != nullptr && last->relation.table == relation.table) return *last;
  const auto [place, is_new] = tables_.try_emplace(relation.table);
  TablePiece& piece = place->second;
  if (is_new) {
    piece.relation = relation;
    piece.all_columns = all_columns(relation);
    for (std::size_t i = 0; i < relation.columns.size(); ++i) {
      if (relation.columns[i].key) piece.key_columns.push_back(static_cast<std::uint16_t>(i));
    }
  }
  last = &piece;
  return piece;
}

Compactor::Row Compactor::copy(const TablePiece& piece, const Relation& relation,
                               std::span<const Value> values) {
  if (values.empty()) return {};
  const Row row = arena_->values(piece.relation.columns.size());
  char* place = arena_->room(text_bytes(values));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Value& value = row[place_of(relation.columns[i].name, i, piece.relation)];
    value.kind = values[i].kind;
    if (value.kind != Value::Kind::text) continue;
    value.text = {place, values[i].text.size()};
    place = std::copy(values[i].text.begin(), values[i].text.end(), place);
  }
  return row;
}

Compactor::Added Compactor::add(const Relation& relation, const RowChange& change) {
  TablePiece& piece = piece_of(relation);
  const OwnedChange owned{change.operation, copy(piece, relation, change.before),
                          copy(piece, relation, change.after)};
  const Added added =
      piece.key_columns.empty() ? add_images(piece, owned) : add_keyed(piece, owned);
  if (added == Added::yes) ++changes_;
  return added;
}

void Compactor::count_image(TablePiece& piece, Row row, std::int64_t copies) {
  write_key(piece.all_columns, row, key_);
  const auto [place, is_new] = piece.index.try_emplace(key_, piece.images.size());
  if (is_new) piece.images.push_back({row, 0});
  piece.images[place->second].net += copies;
}

Compactor::Added Compactor::add_images(TablePiece& piece, const OwnedChange& change) {
  const Row after = change.after;
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

Compactor::Added Compactor::add_keyed(TablePiece& piece, const OwnedChange& change) {
  const bool removes = change.operation == Operation::remove;
  write_key(piece.key_columns, removes ? change.before : change.after, key_);
  if (removes) return remove(entry(piece, key_, change.before));
  if (change.operation == Operation::insert)
    return insert(entry(piece, key_, change.after), change.after);
  if (!change.before.empty()) {
    const std::string old_key = key_text(piece.key_columns, change.before);
    if (old_key != key_) return change_key(piece, change, old_key);
    leave_out_unchanged(change.before, change.after, piece.key_columns);
  }
  return update(entry(piece, key_, change.after), change.after);
}

Compactor::Added Compactor::change_key(TablePiece& piece, const OwnedChange& change,
                                       const std::string& old_key) {
  const Entry* old_entry = find(piece, old_key);
  const Entry* new_entry = find(piece, key_);
  if (new_entry != nullptr && new_entry->then != Entry::Then::nothing) return Added::drain_first;
  Row row = change.after;
  if (old_entry != nullptr && old_entry->then == Entry::Then::insert) {
    row = arena_->values(change.after.size());
    std::copy(old_entry->row.begin(), old_entry->row.end(), row.begin());
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

Compactor::Entry& Compactor::entry(TablePiece& piece, const std::string& key, Row row) {
  const auto [place, is_new] = piece.index.try_emplace(key, piece.entries.size());
  if (is_new) {
    Entry& added = piece.entries.emplace_back();
    added.key = arena_->values(piece.key_columns.size());
    for (std::size_t i = 0; i < added.key.size(); ++i) added.key[i] = row[piece.key_columns[i]];
    added.key_hash = piece.index.hash_function()(key);
  }
  return piece.entries[place->second];
}

Compactor::Added Compactor::insert(Entry& entry, Row row) {
  if (entry.then != Entry::Then::nothing) return Added::drain_first;
  entry.then = Entry::Then::insert;
  entry.row = row;
  return Added::yes;
}

Compactor::Added Compactor::update(Entry& entry, Row row) {
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
  entry.row = {};
  return Added::yes;
}

/// What goes out of one table, in this order.
struct Compactor::KeyedSets {
  engine::RowSet removes;
  std::map<std::vector<std::uint16_t>, engine::RowSet> updates;  ///< by the columns they write
  engine::RowSet inserts;
  std::vector<std::uint16_t> written;  ///< kept for its memory
};

void Compactor::sort_entry(const Entry& entry, bool rewrite, KeyedSets& sets) {
  const bool rewritten = rewrite && entry.then == Entry::Then::update &&
                         std::all_of(entry.row.begin(), entry.row.end(), known);
  if (entry.remove_first || rewritten) append(sets.removes.rows, entry.key);
  if (entry.then == Entry::Then::insert || rewritten) append(sets.inserts.rows, entry.row);
  if (entry.then != Entry::Then::update || rewritten) return;
  const Relation& relation = *sets.inserts.relation;
  std::vector<std::uint16_t>& written = sets.written;
  written.clear();
  for (const std::uint16_t column : sets.inserts.columns) {
    if (!relation.columns[column].key && known(entry.row[column])) written.push_back(column);
  }
  if (written.empty()) return;  // the key only: an update that changed nothing
  engine::RowSet& set = sets.updates[written];
  if (set.relation == nullptr) set = {&relation, written, {}, {}, Operation::update};
  for (const std::uint16_t column : written) set.rows.push_back(entry.row[column]);
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
                 {&piece.relation, piece.all_columns, {}, {}, Operation::insert},
                 {}};
  for (const Entry* entry : entries) sort_entry(*entry, rewrite, sets);
  if (sets.removes.count() > 0) into.push_back(std::move(sets.removes));
  for (auto& [written, set] : sets.updates) into.push_back(std::move(set));
  if (sets.inserts.count() > 0) into.push_back(std::move(sets.inserts));
}

void Compactor::images(const TablePiece& piece, Operation operation,
                       std::vector<engine::RowSet>& into) {
  engine::RowSet set{&piece.relation, piece.all_columns, {}, {}, operation};
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
  by_relation_.clear();
  arena_->clear();
  changes_ = 0;
}

}  // namespace voyager::changes
