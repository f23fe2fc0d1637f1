// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace voyager::snapshot {

/// Writes one chunk file so that its final name never stands for a part of it.
///
/// Bytes go to "<path>.tmp" through a buffer of 1 MiB; publish() makes them durable and gives the
/// file its name. Without publish() the temporary file stays and the next attempt overwrites it.
class ChunkFileWriter {
 public:
  explicit ChunkFileWriter(std::filesystem::path path);
  void write(std::string_view bytes);
  /// Durability: content and name are on the device when it returns.
  void publish();

 private:
  void drain();

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  File file_;
  std::string buffer_;
};

/// Reads one chunk file from its beginning to its end in pieces of 1 MiB.
class ChunkFileReader {
 public:
  /// Throws: E5006 when the file is not as long as was recorded, E9001 when it isn't there.
  ChunkFileReader(const std::filesystem::path& path, std::uint64_t recorded_bytes);
  /// Replaces `piece` by the next one; false at the end.
  bool next(std::string& piece);

 private:
  File file_;
  std::uint64_t offset_ = 0;
};

/// Removes chunk files and their temporary forms from the data directory, but for those named in
/// `keep`. Returns how many it removed. Files that are no chunks are left alone.
std::size_t remove_stale_chunk_files(const std::filesystem::path& data,
                                     const std::vector<std::string>& keep);

}  // namespace voyager::snapshot
