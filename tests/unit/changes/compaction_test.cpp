// SPDX-License-Identifier: Apache-2.0
#include "changes/compaction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <random>

namespace {

using namespace voyager;
using changes::Compactor;

using Cells = std::vector<Value>;

Relation keyed() {
  return {7, {"s", "t"}, {"s", "t"}, "", {{"id", true}, {"a", false}, {"b", false}}};
}

Relation keyless() {
  return {8, {"s", "log"}, {"s", "log"}, "", {{"id", false}, {"a", false}}};
}

Value text(std::string_view t) {
  return Value::of(t);
}

const Value unchanged{Value::Kind::unchanged, {}};
const Value null{Value::Kind::null, {}};

RowChange insert(const Cells& row) {
  return {7, Operation::insert, {}, row};
}

RowChange update(const Cells& row, const Cells& before = {}) {
  return {7, Operation::update, before, row};
}

RowChange remove(const Cells& key) {
  return {7, Operation::remove, key, {}};
}

/// What came out of drain(), one line for each row.
struct Recorder {
  std::vector<std::string> lines;

  static std::string cell(const Value& value) {
    switch (value.kind) {
      case Value::Kind::null:
        return "NULL";
      case Value::Kind::unchanged:
        return "-";
      case Value::Kind::text:
        break;
    }
    return std::string(value.text);
  }

  void set(const engine::RowSet& rows) {
    for (std::size_t row = 0; row < rows.count(); ++row) {
      std::string line(1, static_cast<char>(rows.operation));
      if (!rows.keys.empty()) line += " [" + cell(rows.keys[row]) + "]";
      for (std::size_t i = 0; i < rows.columns.size(); ++i)
        line += " " + rows.relation->columns[rows.columns[i]].name + "=" +
                cell(rows.rows[row * rows.columns.size() + i]);
      lines.push_back(line);
    }
  }

  changes::PieceSink sink() {
    return [this](const engine::RowSet& rows) { set(rows); };
  }
};

std::vector<std::string> drained(Compactor& compactor) {
  Recorder recorder;
  compactor.drain(recorder.sink());
  return recorder.lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST(Compactor, MergesAnInsertAndItsUpdates) {
  Compactor compactor;
  compactor.add(keyed(), insert({text("1"), text("x"), text("y")}));
  compactor.add(keyed(), update({text("1"), text("z"), unchanged}));
  EXPECT_EQ(drained(compactor), Lines{"I id=1 a=z b=y"});
}

TEST(Compactor, ForgetsARowThatCameAndWent) {
  Compactor compactor;
  compactor.add(keyed(), insert({text("1"), text("x"), null}));
  compactor.add(keyed(), remove({text("1"), unchanged, unchanged}));
  EXPECT_EQ(drained(compactor), Lines{});
}

TEST(Compactor, RemovesBeforeItInsertsARowThatWasReplaced) {
  Compactor compactor;
  compactor.add(keyed(), remove({text("1"), unchanged, unchanged}));
  compactor.add(keyed(), insert({text("1"), text("new"), null}));
  EXPECT_EQ(drained(compactor), (Lines{"D id=1", "I id=1 a=new b=NULL"}));
}

TEST(Compactor, LeavesUntouchedValuesOutOfAnUpdate) {
  Compactor compactor;
  compactor.add(keyed(), update({text("1"), unchanged, text("y")}));
  EXPECT_EQ(drained(compactor), Lines{"U [1] b=y"});
}

TEST(Compactor, GroupsUpdatesByTheirColumns) {
  Compactor compactor;
  compactor.add(keyed(), update({text("1"), unchanged, text("y")}));
  compactor.add(keyed(), update({text("2"), text("x"), unchanged}));
  compactor.add(keyed(), update({text("3"), unchanged, text("z")}));
  EXPECT_EQ(drained(compactor), (Lines{"U [2] a=x", "U [1] b=y", "U [3] b=z"}));
}

TEST(Compactor, LeavesOutWhatTheFullOldRowShowsToBeTheSame) {
  Compactor compactor;
  compactor.add(keyed(),
                update({text("1"), text("x"), text("new")}, {text("1"), text("x"), text("old")}));
  EXPECT_EQ(drained(compactor), Lines{"U [1] b=new"});
}

TEST(Compactor, TurnsAKeyUpdateWithAFullRowIntoRemoveAndInsert) {
  Compactor compactor;
  EXPECT_EQ(compactor.add(keyed(), update({text("2"), text("x"), text("y")},
                                          {text("1"), unchanged, unchanged})),
            Compactor::Added::yes);
  EXPECT_EQ(drained(compactor), (Lines{"D id=1", "I id=2 a=x b=y"}));
}

TEST(Compactor, SwapsTwoKeysThroughATemporaryOne) {
  Compactor compactor;
  const auto move = [&](const char* from, const char* to, const char* a) {
    return compactor.add(keyed(),
                         update({text(to), text(a), null}, {text(from), unchanged, unchanged}));
  };
  EXPECT_EQ(move("1", "0", "one"), Compactor::Added::yes);
  EXPECT_EQ(move("2", "1", "two"), Compactor::Added::yes);
  EXPECT_EQ(move("0", "2", "one"), Compactor::Added::yes);
  EXPECT_EQ(drained(compactor),
            (Lines{"D id=1", "D id=2", "I id=1 a=two b=NULL", "I id=2 a=one b=NULL"}));
}

TEST(Compactor, WantsAKeyUpdateAloneWhenATouchedRowIsNotKnownWhole) {
  Compactor compactor;
  EXPECT_EQ(compactor.add(keyed(), update({text("2"), unchanged, text("y")},
                                          {text("1"), unchanged, unchanged})),
            Compactor::Added::alone);
}

TEST(Compactor, AsksToBeDrainedBeforeWhatItCannotMerge) {
  Compactor compactor;
  compactor.add(keyed(), update({text("1"), text("x"), unchanged}));
  EXPECT_EQ(compactor.add(keyed(), update({text("2"), unchanged, text("y")},
                                          {text("1"), unchanged, unchanged})),
            Compactor::Added::drain_first);
}

TEST(Compactor, CountsWhatComesAndGoesInATableWithoutAKey) {
  Compactor compactor;
  const Cells row1{text("1"), text("x")};
  const Cells row2{text("2"), null};
  const Cells row3{text("3"), null};
  compactor.add(keyless(), {8, Operation::insert, {}, row1});
  compactor.add(keyless(), {8, Operation::remove, row1, {}});
  compactor.add(keyless(), {8, Operation::update, row1, row2});
  compactor.add(keyless(), {8, Operation::insert, {}, row2});
  compactor.add(keyless(), {8, Operation::remove, row3, {}});
  compactor.add(keyless(), {8, Operation::remove, row3, {}});
  EXPECT_EQ(drained(compactor), (Lines{"D id=1 a=x", "D id=3 a=NULL", "D id=3 a=NULL",
                                       "I id=2 a=NULL", "I id=2 a=NULL"}));
}

TEST(Compactor, FillsAnUntouchedValueOfAKeylessRowFromItsOldImage) {
  Compactor compactor;
  const Cells before{text("1"), text("long")};
  const Cells after{text("2"), unchanged};
  compactor.add(keyless(), {8, Operation::update, before, after});
  EXPECT_EQ(drained(compactor), (Lines{"D id=1 a=long", "I id=2 a=long"}));
}

TEST(Compactor, RewritesUpdatesOfATableWhoseRowsExchangeUniqueValues) {
  Compactor compactor;
  compactor.add(keyed(), update({text("1"), text("x"), text("y")}));
  compactor.add(keyed(), update({text("2"), text("z"), unchanged}));
  Recorder recorder;
  compactor.drain(recorder.sink(), {keyed().table});
  EXPECT_EQ(recorder.lines, (Lines{"D id=1", "U [2] a=z", "I id=1 a=x b=y"}));
}

TEST(Compactor, MapsThePartitionsColumnOrderToTheTables) {
  Compactor compactor;
  Relation leaf = keyed();
  leaf.id = 9;
  leaf.leaf = {"s", "t_2"};
  leaf.columns = {{"b", false}, {"id", true}, {"a", false}};
  compactor.add(keyed(), insert({text("1"), text("a1"), text("b1")}));
  compactor.add(leaf, insert({text("b2"), text("2"), text("a2")}));
  EXPECT_EQ(drained(compactor), (Lines{"I id=1 a=a1 b=b1", "I id=2 a=a2 b=b2"}));
}

TEST(Compactor, TellsKeysApartWhoseTextsJoinAlike) {
  Compactor compactor;
  Relation two_part = keyed();
  two_part.columns[1].key = true;
  compactor.add(two_part, insert({text("a"), text("bc"), null}));
  compactor.add(two_part, insert({text("ab"), text("c"), null}));
  EXPECT_EQ(drained(compactor).size(), 2U);
}

namespace {

/// A table as a model, to which changes are applied one by one or as drained sets.
using Model = std::map<std::string, std::pair<std::string, std::string>>;

void apply_set(Model& model, const engine::RowSet& rows) {
  for (std::size_t i = 0; i < rows.count(); ++i) {
    const Value* row = &rows.rows[i * rows.columns.size()];
    if (rows.operation == Operation::remove) {
      ASSERT_EQ(model.erase(std::string(row[0].text)), 1U);
    } else if (rows.operation == Operation::insert) {
      ASSERT_TRUE(model
                      .emplace(std::string(row[0].text),
                               std::pair(std::string(row[1].text), std::string(row[2].text)))
                      .second);
    } else {
      const auto found = model.find(std::string(rows.keys[i].text));
      ASSERT_NE(found, model.end());
      for (std::size_t c = 0; c < rows.columns.size(); ++c)
        (rows.columns[c] == 1 ? found->second.first : found->second.second) = row[c].text;
    }
  }
}

/// Random valid histories of a few keys, with unchanged values and key updates.
class History {
 public:
  explicit History(std::uint32_t seed) : random_(seed) {}

  /// The next change; keeps `truth` as it is after it.
  RowChange next(Model& truth) {
    const std::string key = std::to_string(random_() % 6);
    const auto found = truth.find(key);
    if (found == truth.end()) {
      truth[key] = {word(), word()};
      return {7,
              Operation::insert,
              {},
              keep({text(key), text(truth[key].first), text(truth[key].second)})};
    }
    if (random_() % 3 == 0) {
      truth.erase(found);
      return {7, Operation::remove, keep({text(key), unchanged, unchanged}), {}};
    }
    const std::string other = std::to_string(random_() % 6);
    const bool moves = random_() % 3 == 0 && !truth.contains(other);
    const bool partial = random_() % 2 == 0;
    auto row = found->second;
    row.first = word();
    truth.erase(found);
    const std::string& now = moves ? other : key;
    truth[now] = row;
    const Cells& after = keep({text(now), text(row.first), partial ? unchanged : text(row.second)});
    return {7, Operation::update,
            moves ? keep({text(key), unchanged, unchanged}) : std::span<const Value>(), after};
  }

 private:
  std::string word() { return std::to_string(random_() % 1000); }

  const Cells& keep(Cells row) {
    for (Value& value : row) {
      if (value.kind != Value::Kind::text) continue;
      texts_.emplace_back(value.text);
      value.text = texts_.back();
    }
    rows_.push_back(std::move(row));
    return rows_.back();
  }

  std::mt19937 random_;
  std::deque<std::string> texts_;
  std::deque<Cells> rows_;
};

}  // namespace

TEST(Compactor, GivesTheSameTableAsTheSingleChanges) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    History history(seed);
    Model truth;
    Model target;
    Compactor compactor;
    const auto apply_one = [&](const RowChange& change) {
      const std::string old_key(change.before.empty() ? change.after[0].text
                                                      : change.before[0].text);
      auto row = target.at(old_key);
      target.erase(old_key);
      if (change.after[1].kind == Value::Kind::text) row.first = change.after[1].text;
      if (change.after[2].kind == Value::Kind::text) row.second = change.after[2].text;
      target[std::string(change.after[0].text)] = row;
    };
    const changes::PieceSink sink = [&](const engine::RowSet& rows) { apply_set(target, rows); };
    for (int step = 0; step < 60; ++step) {
      const RowChange change = history.next(truth);
      auto added = compactor.add(keyed(), change);
      if (added != Compactor::Added::yes) compactor.drain(sink);
      if (added == Compactor::Added::drain_first) added = compactor.add(keyed(), change);
      if (added == Compactor::Added::alone) apply_one(change);
      ASSERT_NE(added, Compactor::Added::drain_first) << "seed " << seed;
      if (step % 17 == 0) compactor.drain(sink);
    }
    compactor.drain(sink);
    ASSERT_EQ(target, truth) << "seed " << seed;
  }
}
