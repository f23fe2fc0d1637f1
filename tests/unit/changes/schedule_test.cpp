// SPDX-License-Identifier: Apache-2.0
#include "changes/schedule.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace {

using namespace voyager;
using changes::Schedule;

const QualifiedName t{"s", "t"};
const QualifiedName u{"s", "u"};

}  // namespace

TEST(Schedule, HoldsARowThatAnEarlierBatchInFlightWrites) {
  Schedule schedule;
  schedule.begin(1);
  EXPECT_TRUE(schedule.row(t, 7));
  EXPECT_TRUE(schedule.row(t, 7)) << "the batch stands in its own way";
  schedule.begin(2);
  EXPECT_FALSE(schedule.row(t, 7));
  EXPECT_TRUE(schedule.row(t, 8));
  EXPECT_TRUE(schedule.row(u, 7)) << "the row of another table";
}

TEST(Schedule, LetsARowGoOnceTheBatchBeforeIsCommitted) {
  Schedule schedule;
  schedule.begin(1);
  schedule.row(t, 7);
  schedule.begin(2);
  schedule.committed(1);
  EXPECT_TRUE(schedule.row(t, 7));
  schedule.begin(3);
  EXPECT_FALSE(schedule.row(t, 7));
}

TEST(Schedule, AWholeTableMeetsEveryRowOfIt) {
  Schedule schedule;
  schedule.begin(1);
  schedule.row(t, 7);
  schedule.append(u);
  schedule.begin(2);
  EXPECT_FALSE(schedule.whole(t));
  EXPECT_FALSE(schedule.whole(u));
  schedule.committed(1);
  schedule.begin(3);
  EXPECT_FALSE(schedule.row(t, 9));
  EXPECT_FALSE(schedule.append(u));
}

TEST(Schedule, RowsThatAreOnlyAddedDoNotMeetEachOther) {
  Schedule schedule;
  schedule.begin(1);
  EXPECT_TRUE(schedule.append(t));
  schedule.begin(2);
  EXPECT_TRUE(schedule.append(t));
}

/// What the schedule should say, by looking at everything that was ever claimed.
class Model {
 public:
  enum class What { row, append, whole };
  struct Claim {
    std::uint64_t batch = 0;
    QualifiedName table;
    What what = What::row;
    std::size_t key = 0;
  };
  bool free(const Claim& wanted) {
    bool meets = false;
    for (const Claim& claim : claims_) {
      if (claim.batch > committed && claim.batch < wanted.batch && claim.table == wanted.table)
        meets = meets || both_meet(claim, wanted);
    }
    claims_.push_back(wanted);
    return !meets;
  }
  std::uint64_t committed = 0;

 private:
  static bool both_meet(const Claim& a, const Claim& b) {
    if (a.what == What::whole || b.what == What::whole) return true;
    if (a.what == What::append && b.what == What::append) return false;
    if (a.what == What::row && b.what == What::row) return a.key == b.key;
    return b.what == What::append;  // rows of a table have a key, or are added: not both
  }
  std::vector<Claim> claims_;
};

TEST(Schedule, AgreesWithTheModelOnRandomHistories) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](unsigned end) { return random() % end; };
    Schedule schedule;
    Model model;
    for (std::uint64_t batch = 1; batch <= 30; ++batch) {
      if (below(3) == 0) {
        model.committed += below(static_cast<unsigned>(batch - model.committed));
        schedule.committed(model.committed);
      }
      schedule.begin(batch);
      for (unsigned i = 0; i < 5; ++i) {
        Model::Claim claim{batch, t, Model::What::row, below(12)};
        if (below(8) == 0) {
          claim.what = Model::What::whole;
        } else if (below(2) == 0) {
          claim.table = u;
          claim.what = Model::What::append;
        }
        bool free = false;
        if (claim.what == Model::What::whole) {
          claim.table = below(2) == 0 ? t : u;
          free = schedule.whole(claim.table);
        } else if (claim.what == Model::What::append) {
          free = schedule.append(claim.table);
        } else {
          free = schedule.row(claim.table, claim.key);
        }
        ASSERT_EQ(free, model.free(claim)) << "seed " << seed << ", batch " << batch;
      }
    }
  }
}

TEST(Schedule, ForgetsWhatIsCommittedAndNothingElse) {
  Schedule schedule;
  for (std::uint64_t batch = 1; batch <= 40; ++batch) {
    schedule.committed(batch < 3 ? 0 : batch - 3);
    schedule.begin(batch);
    for (std::size_t key = 0; key < 10'000; ++key) schedule.row(t, batch * 10'000 + key);
    if (batch > 2) {
      EXPECT_FALSE(schedule.row(t, (batch - 2) * 10'000)) << batch;
    }
    if (batch > 8) {
      EXPECT_TRUE(schedule.row(t, (batch - 8) * 10'000 + 1)) << batch;
    }
  }
}

TEST(Schedule, AHugeBatchTakesItsTableAsAWhole) {
  Schedule schedule;
  schedule.begin(1);
  for (std::size_t key = 0; key < 1'000'000; ++key) ASSERT_TRUE(schedule.row(t, key));
  EXPECT_TRUE(schedule.row(u, 1));
  schedule.begin(2);
  EXPECT_FALSE(schedule.row(t, 5'000'000));
  EXPECT_TRUE(schedule.row(u, 2));
  schedule.begin(3);
  schedule.committed(1);
  EXPECT_FALSE(schedule.row(t, 5'000'000)) << "batch 2 has it";
  EXPECT_TRUE(schedule.row(t, 5));
}
