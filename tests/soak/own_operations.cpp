// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "soak/draft.hpp"

namespace voyager::testing {
namespace {

/// A value as SQL has it and as PostgreSQL prints it.
struct Value {
  std::string sql;
  std::optional<std::string> printed;
};

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text)
    result += letter == '\'' ? std::string("''") : std::string(1, letter);
  return result + "'";
}

Value literal(const std::string& printed) {
  return {quoted(printed), printed};
}

constexpr std::array item_columns{"slot", "name", "amount", "at", "data", "tags", "token", "doc"};
constexpr std::size_t slot_column = 0;

template <std::size_t size>
Value one_of(Draft& draft, const std::array<const char*, size>& texts) {
  return literal(texts.at(static_cast<std::size_t>(draft.dice(0, static_cast<int>(size) - 1))));
}

Value document(Draft& draft) {
  // Eight letters as often as it takes: pages of its own, also of a megabyte.
  const std::string piece = draft.text(10'000'000, 99'999'999);
  const std::string times = draft.one_in(60) ? "130000" : draft.text(0, 3) + draft.text(1, 999);
  const std::string copies = std::to_string(std::stoi(times));
  return {"repeat('" + piece + "', " + copies + ")", piece + "*" + copies};
}

std::string digits(Draft& draft, const std::string& pattern) {
  constexpr const char* hexadecimal = "0123456789abcdef";
  std::string text = pattern;
  for (char& letter : text)
    if (letter == 'x') letter = hexadecimal[draft.dice(0, 15)];
  return text;
}

Value value_of(Draft& draft, const std::string& column) {
  if (draft.one_in(8)) return {"NULL", std::nullopt};
  if (column == "name") {
    constexpr std::array names{"Anna", "ANNA", "O'Brien", "tab\tnew\nline", "\\.", "Ägir 表 😀", ""};
    Value value = one_of(draft, names);
    value.printed.value() += draft.text(1, 99);
    return literal(*value.printed);
  }
  if (column == "amount") {
    constexpr std::array amounts{"0",   "-0.0010", "12345678901234567890123.000000000000001",
                                 "NaN", "1.50",    "-99999999999.99"};
    return one_of(draft, amounts);
  }
  if (column == "at") {
    constexpr std::array times{"infinity", "-infinity", "0044-03-15 12:00:00+00 BC",
                               "2024-02-29 23:59:59.999999+00", "294276-12-31 00:00:00+00"};
    return draft.one_in(2) ? one_of(draft, times)
                           : literal("2024-0" + draft.text(1, 9) + "-1" + draft.text(0, 9) + " 0" +
                                     draft.text(0, 9) + ":30:00.125+00");
  }
  if (column == "data") {
    return literal("{\"a\": " + draft.text(-99, 99) +
                   ", \"b\": [true, null, \"\\\" \\n ü\"], \"c\": {}}");
  }
  if (column == "tags")
    return literal("{a" + draft.text(1, 9) + ",NULL,\"NULL\",\"x,\\\"y\\\"\\\\\",\"\"}");
  if (column == "token") return literal(digits(draft, "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx"));
  return document(draft);
}

/// Of one application its own, for none 0.
std::string own(Draft& draft, int most) {
  return std::to_string(1000 * (draft.application + 1) + draft.dice(1, most));
}

std::string own_item(Draft& draft) {
  return own(draft, 40);
}

std::string owner(const Draft& draft) {
  return std::to_string(draft.application);
}

void write_item(Draft& draft, const std::string& id) {
  std::string names = "id, owner";
  std::string values = id + ", " + owner(draft);
  std::string changes;
  ModelRow row{std::nullopt};
  for (std::size_t i = slot_column + 1; i < item_columns.size(); ++i) {
    const std::string name = item_columns.at(i);
    const Value value = value_of(draft, name);
    names += ", " + name;
    values += ", " + value.sql;
    changes += (changes.empty() ? "" : ", ") + name + " = excluded." + name;
    row.push_back(value.printed);
  }
  draft.add("INSERT INTO items (" + names + ") VALUES (" + values +
                ") ON CONFLICT (id) DO UPDATE SET " + changes,
            [id, row](Model& model) {
              ModelRow& place = model["items"][id];
              const auto slot = place.empty() ? std::nullopt : place[slot_column];
              place = row;
              place[slot_column] = slot;
            });
}

void write_item(Draft& draft) {
  write_item(draft, own_item(draft));
}

/// What stays as it is, the large document as a rule, is not in the source's log.
void change_item(Draft& draft) {
  const std::size_t column = draft.one_in(8) ? 7 : static_cast<std::size_t>(draft.dice(1, 6));
  const std::string id = own_item(draft);
  const Value value = value_of(draft, item_columns.at(column));
  draft.add(std::string("UPDATE items SET ") + item_columns.at(column) + " = " + value.sql +
                " WHERE id = " + id,
            [id, column, value](Model& model) {
              auto& rows = model["items"];
              if (rows.contains(id)) rows[id][column] = value.printed;
            });
}

void change_items(Draft& draft) {
  const auto column = static_cast<std::size_t>(draft.dice(1, 6));
  const Value value = value_of(draft, item_columns.at(column));
  draft.add(std::string("UPDATE items SET ") + item_columns.at(column) + " = " + value.sql +
                " WHERE owner = " + owner(draft),
            [column, value](Model& model) {
              for (auto& [id, row] : model["items"]) row[column] = value.printed;
            });
}

void delete_item(Draft& draft, const std::string& id) {
  draft.add("DELETE FROM items WHERE id = " + id, [id](Model& model) { model["items"].erase(id); });
}

void delete_item(Draft& draft) {
  delete_item(draft, own_item(draft));
}

void replace_item(Draft& draft) {
  const std::string id = own_item(draft);
  delete_item(draft, id);
  write_item(draft, id);
  if (draft.one_in(3)) delete_item(draft, id);
}

void rename_item(Draft& draft, const std::string& from, const std::string& to) {
  draft.add("UPDATE items SET id = " + to + " WHERE id = " + from, [from, to](Model& model) {
    auto row = model["items"].extract(from);
    if (row.empty()) return;
    row.key() = to;
    model["items"].insert(std::move(row));
  });
}

void move_item(Draft& draft) {
  const std::string from = own_item(draft);
  const std::string to = own_item(draft);
  if (from == to) return;
  delete_item(draft, to);
  rename_item(draft, from, to);
}

void swap_items(Draft& draft) {
  const std::string one = own_item(draft);
  const std::string other = own_item(draft);
  if (one == other) return;
  rename_item(draft, one, "-" + one);
  rename_item(draft, other, one);
  rename_item(draft, "-" + one, other);
}

/// A unique value goes from one row to another.
void take_slot(Draft& draft) {
  const std::string slot = own(draft, 5);
  const std::string id = own_item(draft);
  draft.add("UPDATE items SET slot = NULL WHERE slot = " + slot, [slot](Model& model) {
    for (auto& [key, row] : model["items"])
      if (row[slot_column] == slot) row[slot_column].reset();
  });
  draft.add("UPDATE items SET slot = " + slot + " WHERE id = " + id, [id, slot](Model& model) {
    auto& rows = model["items"];
    if (rows.contains(id)) rows[id][slot_column] = slot;
  });
}

/// So many more equal rows, or fewer.
void count_rows(Model& model, const std::string& table, const std::string& key, int more) {
  auto& rows = model[table];
  const int now = (rows.contains(key) ? std::stoi(rows[key][0].value()) : 0) + more;
  if (now > 0) {
    rows[key] = {std::to_string(now)};
  } else {
    rows.erase(key);
  }
}

int counted(Model& model, const std::string& table, const std::string& key) {
  auto& rows = model[table];
  return rows.contains(key) ? std::stoi(rows[key][0].value()) : 0;
}

void fill_bag(Draft& draft) {
  const std::string v = draft.text(1, 6);
  const int rows = draft.dice(1, 5);
  const std::string key = owner(draft) + " " + v;
  draft.add("INSERT INTO bag SELECT " + owner(draft) + ", " + v + ", " +
                (draft.one_in(2) ? "NULL" : "'text'") + " FROM generate_series(1, " +
                std::to_string(rows) + ")",
            [key, rows](Model& model) { count_rows(model, "bag", key, rows); });
}

/// By a cursor: equal rows go one by one, and YugabyteDB knows no ctid.
void take_one_from_bag(Draft& draft) {
  const std::string v = draft.text(1, 6);
  const std::string key = owner(draft) + " " + v;
  draft.add("DO $$DECLARE one CURSOR FOR SELECT 1 FROM bag WHERE owner = " + owner(draft) +
                " AND v = " + v +
                " LIMIT 1 FOR UPDATE; found int; BEGIN OPEN one; FETCH one INTO found; "
                "IF found = 1 THEN DELETE FROM bag WHERE CURRENT OF one; END IF; CLOSE one; END$$",
            [key](Model& model) { count_rows(model, "bag", key, -1); });
}

void change_bag(Draft& draft) {
  const std::string from = draft.text(1, 6);
  const std::string to = draft.text(1, 6);
  if (from == to) return;
  draft.add("UPDATE bag SET v = " + to + " WHERE owner = " + owner(draft) + " AND v = " + from,
            [from = owner(draft) + " " + from, to = owner(draft) + " " + to](Model& model) {
              const int moved = counted(model, "bag", from);
              count_rows(model, "bag", to, moved);
              count_rows(model, "bag", from, -moved);
            });
}

void empty_bag(Draft& draft) {
  const std::string v = draft.text(1, 6);
  draft.add("DELETE FROM bag WHERE owner = " + owner(draft) + " AND v = " + v,
            [key = owner(draft) + " " + v](Model& model) { model["bag"].erase(key); });
}

void delete_batch(Draft& draft, const std::string& batch) {
  draft.add("DELETE FROM bulk WHERE batch = " + batch,
            [batch](Model& model) { model["bulk"].erase(batch); });
}

void write_batch(Draft& draft, int rows) {
  const std::string batch = own(draft, 4);
  delete_batch(draft, batch);
  draft.add("INSERT INTO bulk SELECT " + batch + ", i, 1 FROM generate_series(1, " +
                std::to_string(rows) + ") i",
            [batch, row = ModelRow{std::to_string(rows), std::to_string(rows)}](Model& model) {
              model["bulk"][batch] = row;
            });
}

void write_small_batch(Draft& draft) {
  write_batch(draft, draft.dice(1, 200));
}

void write_large_batch(Draft& draft) {
  const bool huge = draft.one_in(30);
  write_batch(draft,
              huge ? draft.dice(draft.most_rows / 2, draft.most_rows) : draft.dice(500, 3000));
}

void change_batch(Draft& draft) {
  const std::string batch = own(draft, 4);
  draft.add("UPDATE bulk SET v = v + 1 WHERE batch = " + batch, [batch](Model& model) {
    auto& rows = model["bulk"];
    if (!rows.contains(batch)) return;
    ModelRow& row = rows[batch];
    row[1] = std::to_string(std::stoll(row[1].value()) + std::stoll(row[0].value()));
  });
}

void delete_batch(Draft& draft) {
  delete_batch(draft, own(draft, 4));
}

void fill_basket(Draft& draft) {
  const std::string v = draft.text(1, 5);
  const int rows = draft.dice(1, 4);
  const std::string key = owner(draft) + " " + v;
  draft.add("INSERT INTO basket_" + owner(draft) + " (v) SELECT " + v +
                " FROM generate_series(1, " + std::to_string(rows) + ")",
            [key, rows](Model& model) { count_rows(model, "basket", key, rows); });
  draft.add("INSERT INTO basket_item_" + owner(draft) + " (basket, v) SELECT max(id), " + v +
                " FROM basket_" + owner(draft),
            [key](Model& model) { count_rows(model, "basket_item", key, 1); });
}

void thin_out_basket(Draft& draft) {
  const std::string v = draft.text(1, 5);
  draft.add("DELETE FROM basket_item_" + owner(draft) + " WHERE v = " + v,
            [key = owner(draft) + " " + v](Model& model) { model["basket_item"].erase(key); });
}

void empty_baskets(Draft& draft) {
  const auto items_gone = [](Model& model) { model["basket_item"].clear(); };
  const auto all_gone = [](Model& model) {
    model["basket"].clear();
    model["basket_item"].clear();
  };
  const std::string basket = "basket_" + owner(draft);
  const std::string items = "basket_item_" + owner(draft);
  if (draft.dialect == Dialect::yugabytedb) {
    draft.add("DELETE FROM " + items, items_gone);
    draft.add("DELETE FROM " + basket, all_gone);
    return;
  }
  switch (draft.dice(1, 4)) {
    case 1:
      return draft.add("TRUNCATE " + items, items_gone);
    case 2:
      return draft.add("TRUNCATE " + basket + ", " + items, all_gone);
    case 3:
      return draft.add("TRUNCATE " + basket + " CASCADE", all_gone);
    default:
      return draft.add("TRUNCATE " + basket + " RESTART IDENTITY CASCADE", all_gone);
  }
}

}  // namespace

const std::vector<Operation>& own_operations() {
  static const std::vector<Operation> operations{
      {20, write_item},       {30, change_item},      {2, change_items}, {5, delete_item},
      {6, replace_item},      {6, move_item},         {6, swap_items},   {8, take_slot},
      {6, fill_bag},          {4, take_one_from_bag}, {3, change_bag},   {2, empty_bag},
      {6, write_small_batch}, {1, write_large_batch}, {3, change_batch}, {2, delete_batch},
      {8, fill_basket},       {3, thin_out_basket},   {5, empty_baskets}};
  return operations;
}

}  // namespace voyager::testing
