// SPDX-License-Identifier: Apache-2.0
#include "assess/sizing.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>

#include "assess/sizing_limits.hpp"
#include "base/text.hpp"

namespace voyager::assess {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::int64_t gib = std::int64_t{1} << 30;

TableLoad load(const std::string& name, std::int64_t bytes, double reads = 0, double writes = 0) {
  TableLoad table;
  table.table = {"public", name};
  table.leaves = 1;
  table.table_bytes = bytes;
  table.reads_per_second = reads;
  table.writes_per_second = writes;
  return table;
}

std::vector<std::string> names(const std::vector<QualifiedName>& tables) {
  std::vector<std::string> texts;
  for (const QualifiedName& one : tables) texts.push_back(one.display());
  return texts;
}

std::string reasoning(const Sizing& sizing) {
  return join(sizing.reasoning, " ");
}

TEST(Sizing, NoTablesNeedTheSmallestCluster) {
  const Sizing sizing = recommend({});
  EXPECT_EQ(sizing.nodes, 3);
  EXPECT_EQ(sizing.vcpus_per_node, 4);
  EXPECT_EQ(sizing.memory_gib_per_node, 16);
  EXPECT_EQ(sizing.import_minutes, 0);
  EXPECT_THAT(sizing.colocated, IsEmpty());
  EXPECT_THAT(sizing.sharded, IsEmpty());
}

TEST(Sizing, ASmallDatabaseSharesOneTablet) {
  const Sizing sizing = recommend({load("b", gib, 10, 1), load("a", 5)});
  EXPECT_THAT(names(sizing.colocated), ElementsAre("public.a", "public.b"));
  EXPECT_THAT(sizing.sharded, IsEmpty());
  EXPECT_EQ(sizing.nodes, 3);
  EXPECT_EQ(sizing.vcpus_per_node, 4);
  EXPECT_EQ(sizing.select_connections_per_node, 6);
  EXPECT_EQ(sizing.insert_connections_per_node, 6);
  EXPECT_THAT(reasoning(sizing),
              HasSubstr("2 tables with 0 secondary indexes (1.0 GiB, 10 reads/s, "
                        "1.0 writes/s) on one tablet (colocated)"));
  EXPECT_THAT(reasoning(sizing), HasSubstr("16 vCPU and 64 GiB a node in production"));
}

TEST(Sizing, ATableOfExactlyTheLimitIsColocatedAndOneByteMoreIsNot) {
  EXPECT_THAT(names(recommend({load("t", 10 * gib)}).colocated), ElementsAre("public.t"));
  const Sizing above = recommend({load("t", 10 * gib + 1)});
  EXPECT_THAT(names(above.sharded), ElementsAre("public.t"));
  EXPECT_THAT(reasoning(above), HasSubstr("larger than 10 GiB: public.t (10.0 GiB)"));
}

TEST(Sizing, IndexesCountForTheSizeOfTheirTable) {
  TableLoad table = load("t", 10 * gib);
  table.index_bytes = 1;
  table.indexes = 1;
  EXPECT_THAT(names(recommend({table}).sharded), ElementsAre("public.t"));
}

TEST(Sizing, TheSharedTabletIsFilledFromTheSmallestTableOnUpToItsLimit) {
  std::vector<TableLoad> tables;
  for (int i = 0; i < 6; ++i) tables.push_back(load(fmt::format("t{}", i), 10 * gib));
  const Sizing sizing = recommend(tables);
  EXPECT_THAT(names(sizing.colocated),
              ElementsAre("public.t0", "public.t1", "public.t2", "public.t3", "public.t4"));
  EXPECT_THAT(names(sizing.sharded), ElementsAre("public.t5"));
  EXPECT_THAT(reasoning(sizing), HasSubstr("no room left in 50 GiB for: public.t5 (10.0 GiB)"));
}

TEST(Sizing, ABusyTableIsShardedAndItsQuietNeighboursAreNot) {
  // Half of four vCPUs serve 3,500 reads a second.
  const Sizing at_limit = recommend({load("hot", 5, 3'500), load("quiet", 6)});
  EXPECT_THAT(at_limit.sharded, IsEmpty());
  const Sizing above = recommend({load("hot", 5, 3'501), load("quiet", 6)});
  EXPECT_THAT(names(above.sharded), ElementsAre("public.hot"));
  EXPECT_THAT(names(above.colocated), ElementsAre("public.quiet"));
  EXPECT_THAT(reasoning(above),
              HasSubstr("too busy for the 2 vCPUs that one node has for them: public.hot (3,501 "
                        "reads/s, 0 writes/s)"));
}

TEST(Sizing, IndexesMakeWritesDearer) {
  TableLoad table = load("t", 5, 0, 1'574);  // two vCPUs of plain writes
  EXPECT_THAT(recommend({table}).sharded, IsEmpty());
  table.indexes = 1;
  EXPECT_THAT(names(recommend({table}).sharded), ElementsAre("public.t"));
}

TEST(Sizing, MachinesGrowBeforeThereAreMoreOfThem) {
  // 40 vCPUs are more than three nodes of 4 or 8 have, and fit into three of 16.
  const Sizing up = recommend({load("t", 20 * gib, 1'750 * 40.0)});
  EXPECT_EQ(up.nodes, 3);
  EXPECT_EQ(up.vcpus_per_node, 16);
  EXPECT_EQ(up.select_connections_per_node, 24);
  EXPECT_THAT(reasoning(up), Not(HasSubstr("in production")));
  const Sizing out = recommend({load("t", 20 * gib, 1'750 * 100.0)});
  EXPECT_EQ(out.nodes, 7);
  EXPECT_EQ(out.vcpus_per_node, 16);
}

TEST(Sizing, OneHugeTableNeedsTheDisksOfMoreNodes) {
  const Sizing sizing = recommend({load("t", 100 * 1024 * gib)});
  // Three copies, a fifth more on disk, and a fifth of 20 TiB left free.
  EXPECT_EQ(sizing.nodes, 23);
  EXPECT_THAT(names(sizing.sharded), ElementsAre("public.t"));
  EXPECT_THAT(reasoning(sizing), HasSubstr("100.0 TiB"));
}

TEST(Sizing, TenThousandSmallTablesShareOneTablet) {
  std::vector<TableLoad> tables;
  for (int i = 0; i < 10'000; ++i) tables.push_back(load(fmt::format("t{}", i), 1 << 20));
  const Sizing sizing = recommend(tables);
  EXPECT_THAT(sizing.colocated, SizeIs(10'000));
  EXPECT_EQ(sizing.nodes, 3);
  EXPECT_EQ(sizing.vcpus_per_node, 4);
}

TEST(Sizing, ManyShardedTablesNeedRoomForTheirTablets) {
  std::vector<TableLoad> tables;
  for (int i = 0; i < 10'000; ++i) tables.push_back(load(fmt::format("t{}", i), gib / 10));
  const Sizing sizing = recommend(tables);
  EXPECT_THAT(sizing.colocated, SizeIs(500));
  EXPECT_EQ(sizing.nodes, 6);  // 28,503 replicas, 5,500 for each node of 64 GiB
  EXPECT_THAT(reasoning(sizing), HasSubstr("Set ysql_num_tablets to 1 before import schema"));
  EXPECT_THAT(reasoning(sizing), HasSubstr(" and 9,495 more"));
}

TEST(Sizing, SaysWhenNothingWasMeasured) {
  EXPECT_THAT(reasoning(recommend({load("t", 5)})), HasSubstr("No reads and writes were seen"));
  EXPECT_THAT(reasoning(recommend({load("t", 5, 1)})),
              Not(HasSubstr("No reads and writes were seen")));
}

TEST(Sizing, TheImportTakesTheTimeOfRowsAndIndexEntries) {
  TableLoad table = load("t", 20 * gib);
  table.rows = 787 * 12 * 60 * 100;  // a hundred minutes of rows for three nodes of 4 vCPU
  EXPECT_EQ(recommend({table}).import_minutes, 100);
  table.indexes = 2;
  table.redundant_indexes = 1;
  const Sizing sizing = recommend({table});
  EXPECT_EQ(sizing.import_minutes, 300);
  EXPECT_EQ(sizing.import_minutes_without_redundant_indexes, 200);
}

TEST(Sizing, WideRowsTakeTheTimeOfTheirBytes) {
  TableLoad table = load("t", 12 * gib);
  table.rows = 1;
  table.redundant_bytes = 0;
  EXPECT_EQ(recommend({table}).import_minutes, 18);  // 12 GiB at 12 MiB a second: 1,024 s
  table.rows.reset();
  EXPECT_EQ(recommend({table}).import_minutes, 18);
}

TEST(Sizing, EveryFigureSaysWhereItIsFrom) {
  for (const Figure* figure : all_figures()) {
    EXPECT_GT(figure->value, 0) << figure->meaning;
    EXPECT_TRUE(figure->source.rfind("https://docs.yugabyte.com/", 0) == 0 ||
                figure->source.rfind("judgement: ", 0) == 0)
        << figure->meaning;
  }
}

engine::RelationStatistics relation(const std::string& name, engine::RelationKind kind,
                                    std::int64_t bytes) {
  engine::RelationStatistics one;
  one.name = {"public", name};
  one.kind = kind;
  one.bytes = bytes;
  return one;
}

engine::RelationStatistics on(engine::RelationStatistics index, const std::string& table) {
  index.table = QualifiedName{"public", table};
  return index;
}

engine::RelationStatistics of(engine::RelationStatistics partition, const std::string& parent) {
  partition.partition_of = QualifiedName{"public", parent};
  return partition;
}

using engine::RelationKind;

TEST(TableLoads, HaveTheirIndexesButNotThePrimaryKeys) {
  Metadata metadata;
  metadata.relations = {relation("t", RelationKind::table, 100),
                        on(relation("t_pkey", RelationKind::primary_key, 50), "t"),
                        on(relation("i", RelationKind::index, 20), "t"),
                        on(relation("j", RelationKind::index, 30), "t"),
                        relation("m", RelationKind::materialized_view, 7)};
  metadata.relations[0].rows = 9;
  const auto loads = table_loads(metadata, {{"public", "j"}});
  ASSERT_THAT(loads, SizeIs(2));
  EXPECT_EQ(loads[0].table.name, "m");
  EXPECT_FALSE(loads[0].rows);
  EXPECT_EQ(loads[1].rows, 9);
  EXPECT_EQ(loads[1].table_bytes, 100);
  EXPECT_EQ(loads[1].index_bytes, 50);
  EXPECT_EQ(loads[1].indexes, 2);
  EXPECT_EQ(loads[1].redundant_indexes, 1);
  EXPECT_EQ(loads[1].redundant_bytes, 30);
}

TEST(TableLoads, AreThoseOfTheRootsOfPartitionTrees) {
  Metadata metadata;
  metadata.relations = {of(relation("leaf1", RelationKind::table, 10), "middle"),
                        of(relation("leaf2", RelationKind::table, 20), "root"),
                        of(relation("middle", RelationKind::partitioned_table, 0), "root"),
                        relation("root", RelationKind::partitioned_table, 0),
                        relation("root_i", RelationKind::partitioned_index, 0),
                        on(relation("leaf1_i", RelationKind::index, 3), "leaf1"),
                        on(relation("leaf2_i", RelationKind::index, 4), "leaf2")};
  metadata.relations[0].rows = 5;
  metadata.nodes.resize(1);
  metadata.nodes[0].interval_seconds = 10;
  metadata.nodes[0].before = {{{"public", "leaf1"}, RelationKind::table, 0, 0}};
  metadata.nodes[0].after = {{{"public", "leaf1"}, RelationKind::table, 100, 50},
                             {{"public", "leaf2"}, RelationKind::table, 20, 0}};
  const auto loads = table_loads(metadata, {});
  ASSERT_THAT(loads, SizeIs(1));
  EXPECT_EQ(loads[0].table.name, "root");
  EXPECT_THAT(names(loads[0].partitions),
              ElementsAre("public.leaf1", "public.leaf2", "public.middle"));
  EXPECT_EQ(loads[0].leaves, 2);
  EXPECT_EQ(loads[0].rows, 5);
  EXPECT_EQ(loads[0].bytes(), 37);
  EXPECT_EQ(loads[0].indexes, 2);
  EXPECT_EQ(loads[0].reads_per_second, 12);
  EXPECT_EQ(loads[0].writes_per_second, 5);
  EXPECT_THAT(names(recommend(loads).colocated),
              ElementsAre("public.leaf1", "public.leaf2", "public.middle", "public.root"));
}

TEST(TableLoads, SurviveParentsInACircle) {
  Metadata metadata;
  metadata.relations = {of(relation("a", RelationKind::table, 1), "b"),
                        of(relation("b", RelationKind::table, 1), "a")};
  EXPECT_FALSE(table_loads(metadata, {}).empty());
}

}  // namespace
}  // namespace voyager::assess
