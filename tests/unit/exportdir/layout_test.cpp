// SPDX-License-Identifier: Apache-2.0
#include "exportdir/layout.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "support/temp_directory.hpp"

namespace voyager::exportdir {
namespace {

TEST(Layout, CreateMakesTheDocumentedDirectoriesPrivate) {
  const testing::TempDirectory directory;
  const Layout layout(directory.path());
  layout.create();
  layout.create();  // twice is fine
  for (const char* name : {"schema", "data", "data/queue", "metainfo", "reports", "logs", "temp"}) {
    struct stat status {};
    ASSERT_EQ(::stat((directory.path() / name).c_str(), &status), 0) << name;
    EXPECT_TRUE(S_ISDIR(status.st_mode)) << name;
    EXPECT_EQ(status.st_mode & 0777U, 0700U) << name;
  }
}

TEST(Layout, CreateRefusesAMissingDirectoryAndAFile) {
  const testing::TempDirectory directory;
  EXPECT_THROW(Layout(directory.path() / "missing").create(), Error);
  EXPECT_THROW(Layout("/dev/null").create(), Error);
}

TEST(Layout, FilesHaveTheDocumentedNames) {
  const Layout layout("/e");
  EXPECT_EQ(layout.segment(12), "/e/data/queue/segment.12");
  EXPECT_EQ(layout.committed(), "/e/data/queue/committed");
  EXPECT_EQ(layout.meta_db(), "/e/metainfo/meta.db");
  EXPECT_EQ(layout.source_schema(), "/e/metainfo/source-schema");
  EXPECT_EQ(layout.failed_on_source_replica_sql(), "/e/schema/failed-source-replica.sql");
  EXPECT_EQ(layout.log_file("export data"), "/e/logs/yb-voyager-export_data.log");
  EXPECT_EQ(layout.log_file("export-data"), "/e/logs/yb-voyager-export-data.log");
  EXPECT_EQ(layout.lock_file("source_db_exporter"), "/e/.source_db_exporterLockfile.lck");
}

TEST(Layout, ChunkNamesCarryTableIdAndFormat) {
  const Layout layout("/e");
  EXPECT_EQ(layout.chunk({"public", "orders"}, 7, ChunkFormat::binary),
            "/e/data/public.orders.7.bin");
  EXPECT_EQ(layout.chunk({"public", "orders"}, 8, ChunkFormat::csv), "/e/data/public.orders.8.csv");
}

TEST(Layout, ChunkNamesStayInsideTheDataDirectoryAndShort) {
  const Layout layout("/e");
  const auto strange = layout.chunk({"../..", "a/b\n\"ü"}, 1, ChunkFormat::csv);
  EXPECT_EQ(strange.parent_path(), "/e/data");
  EXPECT_EQ(strange.filename(), "_____.a_b____.1.csv");
  const std::string long_name(300, 'x');
  const auto cut = layout.chunk({long_name, long_name}, INT64_MAX, ChunkFormat::csv);
  EXPECT_LE(cut.filename().string().size(), 255U);
}

}  // namespace
}  // namespace voyager::exportdir
