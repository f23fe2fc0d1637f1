// SPDX-License-Identifier: Apache-2.0
#include "schema/import_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"

namespace voyager::schema {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

/// Statements as read from files, file by file in import order.
class Files {
 public:
  Files& with(ObjectType file, const std::string& sql) {
    statements_.push_back({{sql, 1}, file, classify(sql)});
    return *this;
  }
  std::vector<std::string> planned(const PlanOptions& options) const {
    std::vector<std::string> texts;
    for (const FileStatement& item : plan_import(statements_, options).run)
      texts.push_back(item.statement.text);
    return texts;
  }
  std::size_t held_back(const PlanOptions& options) const {
    std::size_t sum = 0;
    for (const auto& [type, count] : plan_import(statements_, options).held_back) sum += count;
    return sum;
  }

 private:
  std::vector<FileStatement> statements_;
};

PlanOptions before_data() {
  return {ImportPhase::before_data, selected_types({}, {}), false};
}
PlanOptions after_data() {
  return {ImportPhase::after_data, selected_types({}, {}), false};
}

const char* const owned = "ALTER SEQUENCE s.q OWNED BY s.t.id";
const char* const create_table = "CREATE TABLE s.t (id int)";
const char* const foreign_key =
    "ALTER TABLE ONLY s.t ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES s.u(id)";
const char* const primary_key = "ALTER TABLE ONLY s.u ADD CONSTRAINT p PRIMARY KEY (id)";
const char* const unvalidated = "ALTER TABLE s.t ADD CONSTRAINT c CHECK ((id > 0)) NOT VALID";
const char* const unique_index = "CREATE UNIQUE INDEX u ON s.t USING btree (id)";
const char* const attach_key = "ALTER INDEX s.p ATTACH PARTITION s.p1";
const char* const plain_index = "CREATE INDEX i ON ONLY s.t USING btree (id)";
const char* const leaf_index = "CREATE INDEX i1 ON s.t1 USING btree (id)";
const char* const attach_plain = "ALTER INDEX s.i ATTACH PARTITION s.i1";
const char* const create_trigger =
    "CREATE TRIGGER g BEFORE INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.f()";
const char* const comment_on_index = "COMMENT ON INDEX s.i IS 'x'";
const char* const comment_on_table = "COMMENT ON TABLE s.t IS 'x'";

Files example() {
  Files files;
  files.with(ObjectType::sequence, owned)
      .with(ObjectType::table, create_table)
      .with(ObjectType::table, foreign_key)
      .with(ObjectType::table, primary_key)
      .with(ObjectType::table, unvalidated)
      .with(ObjectType::table, "ALTER TABLE ONLY s.t REPLICA IDENTITY FULL")
      .with(ObjectType::table, "SET default_tablespace = ''")
      .with(ObjectType::index, plain_index)
      .with(ObjectType::index, leaf_index)
      .with(ObjectType::index, unique_index)
      .with(ObjectType::index, attach_plain)
      .with(ObjectType::index, attach_key)
      .with(ObjectType::trigger, create_trigger)
      .with(ObjectType::comment, comment_on_index)
      .with(ObjectType::comment, comment_on_table);
  return files;
}

TEST(ImportPlan, BeforeTheDataKeysComeBeforeForeignKeysAndTheRestIsHeldBack) {
  EXPECT_THAT(example().planned(before_data()),
              ElementsAre(create_table, primary_key, owned, unique_index, attach_key, foreign_key,
                          comment_on_table));
  EXPECT_EQ(example().held_back(before_data()), 6U);
}

TEST(ImportPlan, AfterTheDataOnlyWhatWasHeldBackRuns) {
  EXPECT_THAT(example().planned(after_data()),
              ElementsAre(plain_index, leaf_index, attach_plain, unvalidated, create_trigger,
                          comment_on_index));
  EXPECT_EQ(example().held_back(after_data()), 0U);
}

TEST(ImportPlan, ReplicaIdentityIsHeldBackWhenItIsWanted) {
  const char* const identity = "ALTER TABLE ONLY s.t REPLICA IDENTITY FULL";
  PlanOptions options = before_data();
  options.replica_identity = true;
  EXPECT_THAT(example().planned(options), Not(Contains(identity)));
  EXPECT_EQ(example().held_back(options), 7U);
  options.phase = ImportPhase::after_data;
  EXPECT_THAT(example().planned(options), Contains(identity));
}

TEST(ImportPlan, OnlyTheFilesOfTheSelectedTypesAreRun) {
  PlanOptions options = before_data();
  options.types = selected_types({"INDEX"}, {});
  EXPECT_THAT(example().planned(options), ElementsAre(unique_index, attach_key));
  EXPECT_EQ(example().held_back(options), 3U);
  options.types = selected_types({}, {"INDEX", "TABLE"});
  EXPECT_THAT(example().planned(options), ElementsAre(owned, comment_on_table));
}

TEST(ImportPlan, StraightOrderFollowsTheListAndTheFiles) {
  PlanOptions options = before_data();
  options.straight_order = true;
  options.types = selected_types({"INDEX", "TABLE"}, {});
  EXPECT_THAT(example().planned(options),
              ElementsAre(unique_index, attach_key, create_table, foreign_key, primary_key));
}

TEST(ImportPlan, NothingIsRunForNoFiles) {
  EXPECT_THAT(Files().planned(before_data()), IsEmpty());
}

}  // namespace
}  // namespace voyager::schema
