// SPDX-License-Identifier: Apache-2.0
#include "soak/draft.hpp"

namespace voyager::testing {
namespace {

std::string one_of_all(Draft& draft) {
  return draft.text(1, 40);
}

/// Through a value that nobody has, which `kept` remembers.
void swap_seats(Draft& draft) {
  const std::string one = one_of_all(draft);
  const std::string other = one_of_all(draft);
  if (one == other) return;
  const auto place_of = [](const std::string& id) {
    return "coalesce((SELECT kept FROM seats WHERE id = " + id + "), place) WHERE id = ";
  };
  draft.add("UPDATE seats SET kept = place, place = -1000 - id WHERE id = " + one);
  draft.add("UPDATE seats SET kept = place, place = " + place_of(one) + other);
  draft.add("UPDATE seats SET place = " + place_of(other) + one);
}

/// The predicate of a partial unique index lets one row go and takes another.
void hand_over_seat(Draft& draft) {
  const std::string holder = one_of_all(draft);
  draft.add("UPDATE seats SET active = false WHERE active AND holder = " + holder);
  draft.add("UPDATE seats SET holder = " + holder +
            ", active = true WHERE id = " + one_of_all(draft));
}

/// One column of a unique pair.
void move_seat(Draft& draft) {
  const std::string id = one_of_all(draft);
  draft.add("UPDATE seats SET col_no = NULL WHERE id = " + id);
  draft.add("UPDATE seats SET col_no = " + draft.text(0, 99) + " WHERE id = " + id);
}

/// Its key and its unique values are free within a transaction, and taken again.
void replace_seat(Draft& draft) {
  const std::string id = one_of_all(draft);
  draft.add("DELETE FROM seats WHERE id = " + id + " OR place = " + id);
  draft.add("INSERT INTO seats (id, place, holder) VALUES (" + id + ", " + id + ", " +
            one_of_all(draft) + ")");
}

/// As applications do that live with a refusal.
void try_seat(Draft& draft) {
  draft.add("DO $$BEGIN UPDATE seats SET place = " + one_of_all(draft) +
            ", active = true WHERE id = " + one_of_all(draft) +
            "; EXCEPTION WHEN unique_violation THEN UPDATE seats SET kept = 0 "
            "WHERE id = " +
            one_of_all(draft) + "; END$$");
}

void swap_ranks(Draft& draft) {
  const std::string one = one_of_all(draft);
  const std::string other = one_of_all(draft);
  switch (draft.dice(1, 3)) {
    case 1:
      return draft.add("UPDATE ranks SET rank = rank % 40 + 1");
    case 2:
      return draft.add("UPDATE ranks SET rank = 41 - rank");
    default:
      draft.add("UPDATE ranks a SET rank = b.rank FROM ranks b WHERE (a.id, b.id) IN ((" + one +
                ", " + other + "), (" + other + ", " + one + "))");
  }
}

/// To citext one name is another one.
void rename_person(Draft& draft) {
  const std::string name = "'PERSON" + one_of_all(draft) + "'";
  if (draft.one_in(2)) {
    draft.add("UPDATE people SET email = " + name + " WHERE email = lower(" + name + ")");
    return;
  }
  draft.add("DELETE FROM people WHERE email = " + name);
  draft.add("INSERT INTO people VALUES (" + draft.text(41, 80) + ", lower(" + name +
            ")) ON CONFLICT (id) DO UPDATE SET email = excluded.email");
}

void grow_tree(Draft& draft) {
  draft.add("INSERT INTO tree VALUES (" + one_of_all(draft) + ", " + one_of_all(draft) +
            ") ON CONFLICT (id) DO UPDATE SET parent = excluded.parent");
}

void cut_tree(Draft& draft) {
  draft.add("DELETE FROM tree WHERE id = " + one_of_all(draft));
  draft.add("INSERT INTO tree VALUES (1, NULL) ON CONFLICT DO NOTHING");
}

void count(Draft& draft) {
  draft.add("INSERT INTO counters VALUES (" + one_of_all(draft) +
            ", 1) ON CONFLICT (id) DO UPDATE SET v = counters.v + 1");
}

/// Waits for everybody who wrote to it, and all wait for it.
void empty_shared(Draft& draft) {
  const std::string table = draft.one_in(2) ? "counters" : "tree";
  draft.add((draft.dialect == Dialect::postgresql ? "TRUNCATE " : "DELETE FROM ") + table);
}

std::string day(Draft& draft) {
  return "date '2023-06-01' + " + draft.text(0, 900);
}

void add_events(Draft& draft) {
  draft.add("INSERT INTO events (day, v) SELECT " + day(draft) +
            ", 'new' FROM generate_series(1, " + draft.text(1, 20) + ")");
}

void move_events(Draft& draft) {
  const std::string from = draft.text(1, 3000);
  draft.add("UPDATE events SET day = " + day(draft) + " WHERE id BETWEEN " + from + " AND " + from +
            " + 9");
}

void change_events(Draft& draft) {
  const std::string from = draft.text(1, 3000);
  const std::string range = " WHERE id BETWEEN " + from + " AND " + from + " + 20";
  draft.add(draft.one_in(3) ? "DELETE FROM events" + range
                            : "UPDATE events SET v = v || '.'" + range);
}

/// Others come in between.
void wait_a_little(Draft& draft) {
  draft.add("SELECT pg_sleep(0.0" + draft.text(1, 9) + ")");
}

}  // namespace

const std::vector<Operation>& shared_operations() {
  static const std::vector<Operation> operations{
      {5, swap_seats},  {5, hand_over_seat}, {4, move_seat},     {4, replace_seat},
      {3, try_seat},    {5, swap_ranks},     {4, rename_person}, {5, grow_tree},
      {3, cut_tree},    {5, count},          {1, empty_shared},  {4, add_events},
      {4, move_events}, {4, change_events},  {6, wait_a_little}};
  return operations;
}

}  // namespace voyager::testing
