// SPDX-License-Identifier: Apache-2.0
#include "snapshot/chunk_file.hpp"

#include "base/crc32c.hpp"
#include "snapshot_fixture.hpp"

namespace voyager::snapshot {
namespace {

namespace fs = std::filesystem;

TEST(ChunkFile, HasItsNameOnlyWhenItIsWhole) {
  const testing::TempDirectory directory;
  const fs::path path = directory.path() / "public.a.1.csv";
  {
    ChunkFileWriter abandoned(path);
    abandoned.write("half");
  }
  EXPECT_FALSE(fs::exists(path));
  ChunkFileWriter writer(path);
  writer.write("one\n");
  writer.write("two\n");
  EXPECT_FALSE(fs::exists(path));
  writer.publish();
  EXPECT_EQ(read_file(path), "one\ntwo\n");
  EXPECT_FALSE(fs::exists(path.string() + ".tmp"));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(ChunkFile, KeepsPiecesOfAnySizeInOrder) {
  const testing::TempDirectory directory;
  const fs::path path = directory.path() / "public.a.1.bin";
  ChunkFileWriter writer(path);
  std::string expected;
  for (const std::size_t size :
       {std::size_t{10}, std::size_t{1} << 20, std::size_t{3}, std::size_t{3} << 20,
        std::size_t{1} << 19, std::size_t{1} << 19}) {
    const std::string piece(size, static_cast<char>('a' + expected.size() % 26));
    writer.write(piece);
    expected += piece;
  }
  writer.publish();
  EXPECT_EQ(writer.checksum(), crc32c(expected));
  ChunkFileReader reader(path, {expected.size(), writer.checksum()});
  std::string got;
  for (std::string piece; reader.next(piece);) got += piece;
  EXPECT_EQ(got, expected);
}

TEST(ChunkFile, OfAnotherSizeThanRecordedIsRefused) {
  const testing::TempDirectory directory;
  const fs::path path = directory.path() / "public.a.1.csv";
  write_file_atomically(path, "one\n");
  std::string message;
  EXPECT_EQ(error_number([&] { ChunkFileReader(path, {5, std::nullopt}); }, &message), 5006);
  EXPECT_NE(message.find("4 bytes, but 5"), std::string::npos) << message;
  EXPECT_EQ(error_number([&] { ChunkFileReader(directory.path() / "none.csv", {5, 0}); }), 5006);
}

TEST(ChunkFile, IsReadToItsEndOnlyWithItsChecksum) {
  const testing::TempDirectory directory;
  const fs::path path = directory.path() / "public.a.1.csv";
  const auto read = [&path](const ChunkFileRecord& recorded) {
    ChunkFileReader reader(path, recorded);
    for (std::string piece; reader.next(piece);) {
    }
  };
  std::string bytes(3U << 20U, 'x');
  const ChunkFileRecord recorded{bytes.size(), crc32c(bytes)};
  write_file_atomically(path, bytes);
  read(recorded);
  bytes[2U << 20U] ^= 1;
  write_file_atomically(path, bytes);
  std::string message;
  EXPECT_EQ(error_number([&] { read(recorded); }, &message), 5006);
  EXPECT_NE(message.find(path.string() + " is damaged"), std::string::npos) << message;
  read({bytes.size(), std::nullopt});
}

TEST(ChunkFile, IsThereWithItsLengthOnly) {
  const testing::TempDirectory directory;
  const fs::path path = directory.path() / "public.a.1.csv";
  EXPECT_FALSE(chunk_file_is_there(path, 0));
  write_file_atomically(path, "one\n");
  EXPECT_TRUE(chunk_file_is_there(path, 4));
  EXPECT_FALSE(chunk_file_is_there(path, 5));
}

TEST(StaleChunkFiles, AreRemovedAndEverythingElseStays) {
  const testing::TempDirectory directory;
  make_directory(directory.path() / "queue");
  for (const char* name : {"a.1.csv", "a.2.csv", "a.3.bin.tmp", "notes.txt", "queue/segment.0"})
    write_file_atomically(directory.path() / name, "x");
  EXPECT_EQ(remove_stale_chunk_files(directory.path(), {"a.2.csv"}), 2U);
  EXPECT_FALSE(fs::exists(directory.path() / "a.1.csv"));
  EXPECT_FALSE(fs::exists(directory.path() / "a.3.bin.tmp"));
  for (const char* name : {"a.2.csv", "notes.txt", "queue/segment.0"})
    EXPECT_TRUE(fs::exists(directory.path() / name)) << name;
}

}  // namespace
}  // namespace voyager::snapshot
