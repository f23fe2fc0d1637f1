// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace voyager::snapshot {

/// Writes one chunk file so that its final name never stands for a part of it.
///
/// Bytes go to "<path>.tmp" through a buffer; publish() makes them durable and gives the file its
/// name. Without publish() the temporary file stays and the next attempt overwrites it.
class ChunkFileWriter {
 public:
  explicit ChunkFileWriter(std::filesystem::path path);
  void write(std::string_view bytes);
  /// Of what was written.
  std::uint64_t bytes() const { return bytes_; }
  /// CRC-32C of what was published.
  std::uint32_t checksum() const { return checksum_; }
  /// Hands all to the file system, which does the same for many files faster before the first of
  /// them is published than between two.
  void drain();
  /// Durability: the content is on the device when it returns, the name when its directory is
  /// synced.
  void publish();

 private:
  void write_out(std::string_view bytes);

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  File file_;
  std::string buffer_;
  std::uint64_t bytes_ = 0;
  std::uint32_t checksum_ = 0;
};

/// What was recorded of a chunk file when it was written.
struct ChunkFileRecord {
  std::uint64_t bytes = 0;
  std::optional<std::uint32_t> checksum;  ///< CRC-32C; none: written by a version without it
};

/// Reads one chunk file from its beginning to its end in pieces of 1 MiB.
class ChunkFileReader {
 public:
  /// Throws: E5006 when the file isn't there, or is not as long as was recorded.
  ChunkFileReader(const std::filesystem::path& path, const ChunkFileRecord& recorded);
  /// Replaces `piece` by the next one; false at the end. Throws: E5006 at the end when the bytes
  /// are not those that were written: nothing of the chunk may be committed before.
  bool next(std::string& piece);

 private:
  File file_;
  ChunkFileRecord recorded_;
  std::uint64_t offset_ = 0;
  std::uint32_t checksum_ = 0;
};

/// Whether the file is there with its recorded length; its bytes are not read.
bool chunk_file_is_there(const std::filesystem::path& path, std::uint64_t recorded_bytes);

/// Removes chunk files and their temporary forms from the data directory, but for those named in
/// `keep`. Returns how many it removed. Files that are no chunks are left alone.
std::size_t remove_stale_chunk_files(const std::filesystem::path& data,
                                     const std::vector<std::string>& keep);

}  // namespace voyager::snapshot
