// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/table_identity.hpp"

#include <gmock/gmock.h>

namespace voyager::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

IndexFacts primary(std::vector<std::string> columns) {
  IndexFacts index;
  index.name = "pk";
  index.columns = std::move(columns);
  index.unique = index.primary = true;
  return index;
}

IndexFacts unique(const std::string& name, std::vector<std::string> columns) {
  IndexFacts index;
  index.name = name;
  index.columns = std::move(columns);
  index.unique = true;
  return index;
}

RelationFacts relation(char kind, char identity, std::vector<IndexFacts> indexes) {
  RelationFacts facts;
  facts.kind = kind;
  facts.replica_identity = identity;
  facts.indexes = std::move(indexes);
  return facts;
}

TreeFacts plain(char identity, std::vector<IndexFacts> indexes) {
  const RelationFacts facts = relation('r', identity, std::move(indexes));
  return {facts, {facts}, {}, false};
}

TEST(TableIdentity, APlainTableIsKeyedByItsPrimaryKey) {
  const TreeFacts tree = plain('d', {primary({"b", "a"}), unique("u", {"c"})});
  EXPECT_THAT(choose_key(tree), ElementsAre("b", "a"));
  EXPECT_TRUE(identifies_rows(tree.leaves[0], {"b", "a"}));
}

TEST(TableIdentity, AChosenIndexWinsAndMakesThePrimaryKeyAnOrdinaryUniqueKey) {
  IndexFacts chosen = unique("u", {"c"});
  chosen.replica_identity = true;
  const TreeFacts tree = plain('i', {primary({"a"}), chosen});
  EXPECT_THAT(choose_key(tree), ElementsAre("c"));
  EXPECT_TRUE(identifies_rows(tree.leaves[0], {"c"}));
  const auto keys = unique_keys(tree, {"c"});
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].name, "pk");
}

TEST(TableIdentity, AChosenIndexThatIsGoneIdentifiesNothing) {
  const TreeFacts tree = plain('i', {primary({"a"})});
  EXPECT_THAT(choose_key(tree), ElementsAre("a"));
  EXPECT_FALSE(identifies_rows(tree.leaves[0], {"a"}));
}

TEST(TableIdentity, WithoutAKeyOnlyFullIdentityIdentifiesRows) {
  EXPECT_THAT(choose_key(plain('d', {unique("u", {"a"})})), IsEmpty());
  EXPECT_FALSE(identifies_rows(relation('r', 'd', {}), {}));
  EXPECT_TRUE(identifies_rows(relation('r', 'f', {}), {}));
}

TEST(TableIdentity, IdentityNothingAndDeferrableKeysIdentifyNothing) {
  IndexFacts deferrable = primary({"a"});
  deferrable.immediate = false;
  EXPECT_FALSE(identifies_rows(relation('r', 'd', {deferrable}), {"a"}));
  EXPECT_FALSE(identifies_rows(relation('r', 'n', {primary({"a"})}), {"a"}));
}

TEST(TableIdentity, IdentityChangeIsThePrimaryKeyAndNothingWithoutOne) {
  const TreeFacts tree = plain('c', {primary({"b", "a"})});
  EXPECT_THAT(choose_key(tree), ElementsAre("b", "a"));
  EXPECT_TRUE(identifies_rows(tree.leaves[0], {"b", "a"}));
  EXPECT_THAT(choose_key(plain('c', {unique("u", {"a"})})), IsEmpty());
  EXPECT_FALSE(identifies_rows(relation('r', 'c', {unique("u", {"a"})}), {}));
}

TEST(TableIdentity, APartitionTreeIsKeyedByItsRoot) {
  const TreeFacts tree{relation('p', 'd', {primary({"a", "b"})}),
                       {relation('r', 'd', {primary({"a", "b"})})},
                       {"a"},
                       false};
  EXPECT_THAT(choose_key(tree), ElementsAre("a", "b"));
}

TEST(TableIdentity, LeavesWithTheSameKeyMakeAKeyWhenItHoldsThePartitionColumns) {
  const RelationFacts leaf = relation('r', 'd', {primary({"a", "b"})});
  TreeFacts tree{relation('p', 'd', {}), {leaf, leaf}, {"a"}, false};
  EXPECT_THAT(choose_key(tree), ElementsAre("a", "b"));
  tree.partition_columns = {"c"};
  EXPECT_THAT(choose_key(tree), IsEmpty());
  tree.partition_columns = {"a"};
  tree.partitioned_by_expression = true;
  EXPECT_THAT(choose_key(tree), IsEmpty());
  tree.partitioned_by_expression = false;
  tree.leaves.push_back(relation('r', 'd', {primary({"a"})}));
  EXPECT_THAT(choose_key(tree), IsEmpty());
}

TEST(TableIdentity, UniqueKeysOfSingleLeavesCountOnce) {
  IndexFacts attached = unique("leaf_of_root", {"x"});
  attached.attached = true;
  IndexFacts expression = unique("lower", {});
  expression.partial = true;
  const RelationFacts leaf = relation('r', 'd', {attached, unique("only_here", {"y"}), expression});
  const TreeFacts tree{relation('p', 'd', {unique("root", {"x"})}), {leaf, leaf}, {}, false};
  const auto keys = unique_keys(tree, {"id"});
  ASSERT_EQ(keys.size(), 4U);  // an expression is never known to be the same as another
  EXPECT_EQ(keys[0].name, "root");
  EXPECT_EQ(keys[1].name, "only_here");
  EXPECT_THAT(keys[2].columns, IsEmpty());
  EXPECT_TRUE(keys[2].partial);
}

}  // namespace
}  // namespace voyager::postgres
