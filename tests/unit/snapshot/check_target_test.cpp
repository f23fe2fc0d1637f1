// SPDX-License-Identifier: Apache-2.0
#include "snapshot/import_snapshot.hpp"

#include "fake_target.hpp"
#include "snapshot_fixture.hpp"

namespace voyager::snapshot {
namespace {

class CheckTarget : public ExportDirectory {
 protected:
  void check(bool will_be_emptied = false) {
    check_target_tables(meta_, target_, options(will_be_emptied), status_);
  }
  static ImportOptions options(bool will_be_emptied = false) {
    ImportOptions made;
    made.role = "target_db_importer";
    made.start_clean = made.truncate_tables = will_be_emptied;
    return made;
  }
  FakeTarget target_;
};

TEST_F(CheckTarget, AcceptsTablesThatAreThereAndEmpty) {
  freeze({table("a")});
  target_.tables_in_catalog = {table("a", 8192), table("other")};
  check();
  EXPECT_TRUE(status_.questions().empty());
}

TEST_F(CheckTarget, ListsMissingTablesAndColumnsTogether) {
  freeze({table("a"), table("b")});
  Table narrow = table("b");
  narrow.columns.pop_back();
  target_.tables_in_catalog = {narrow};
  std::string message;
  EXPECT_EQ(error_number([&] { check(); }, &message), 5101);
  EXPECT_NE(message.find("table public.a, column note of table public.b"), std::string::npos)
      << message;
}

TEST_F(CheckTarget, NamesTenAndCountsTheOthers) {
  std::vector<Table> many;
  for (int i = 0; i < 14; ++i) many.push_back(table("t" + std::to_string(10 + i)));
  freeze(many);
  std::string message;
  EXPECT_EQ(error_number([&] { check(); }, &message), 5101);
  EXPECT_NE(message.find("table public.t19 and 4 more"), std::string::npos) << message;
}

TEST_F(CheckTarget, GeneratedColumnsNeedNotExist) {
  Table with_sum = table("a");
  with_sum.columns.push_back(column("sum", "int4"));
  with_sum.columns.back().generated = true;
  freeze({with_sum});
  target_.tables_in_catalog = {table("a")};
  check();
}

TEST_F(CheckTarget, AsksBeforeItLoadsIntoATableWithRows) {
  freeze({table("a"), table("b")});
  target_.tables_in_catalog = {table("a", 8192), table("b", 0)};
  target_.set_rows("a", "1\n");
  check();
  EXPECT_EQ(status_.questions().size(), 1U);
  ASSERT_EQ(status_.warnings().size(), 1U);
  EXPECT_NE(status_.warnings()[0].find("public.a"), std::string::npos);
  testing::RecordingStatus refusing(false);
  EXPECT_EQ(error_number([&] { check_target_tables(meta_, target_, options(), refusing); }), 5102);
}

TEST_F(CheckTarget, DoesNotAskWhenTheRowsAreItsOwnOrGoAway) {
  freeze({table("a")});
  target_.tables_in_catalog = {table("a", 8192)};
  target_.set_rows("a", "1\n");
  check(true);
  target_.put_in_ledger({"public", "a"}, "public.a.1.csv");
  check();
  EXPECT_TRUE(status_.questions().empty());
}

TEST_F(CheckTarget, DoesNotAskOnceTheImportHasBegun) {
  const auto records = freeze({table("a")});
  target_.tables_in_catalog = {table("a", 8192)};
  target_.set_rows("a", "1\n");
  meta_.set_setting("target_db_importer.generation." + std::to_string(records[0].id), "1");
  check();
  EXPECT_TRUE(status_.questions().empty()) << "import_snapshot() refuses it without a question";
}

}  // namespace
}  // namespace voyager::snapshot
