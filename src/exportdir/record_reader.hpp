// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "base/file.hpp"
#include "exportdir/change_log_format.hpp"
#include "exportdir/packing.hpp"

namespace voyager::exportdir::change_log {

/// A place in a segment between two records.
struct Place {
  std::uint64_t offset = 0;  ///< of a block in the file
  std::uint64_t inner = 0;   ///< in the records of that block, unpacked; 0 before the first
  friend auto operator<=>(const Place&, const Place&) = default;
};

/// Walks over the records of one segment file, of any version.
///
/// peek() a head, then take its body() or not, then advance(). Only blocks below `limit` are read:
/// what lies behind may still change. Memory: 1 MiB, as much again for packed batches, more only
/// while one record is larger. Threads: one.
class RecordReader {
 public:
  explicit RecordReader(const std::filesystem::path& segment);

  struct Head {
    RecordKind kind = RecordKind::segment_head;
    Encoding encoding = Encoding::fixed;
    std::uint64_t bytes = 0;       ///< of the whole record
    std::uint64_t body_bytes = 0;  ///< its last ones
  };
  Place place() const { return place_; }
  void move_to(Place place);
  /// What was read ahead may have changed in the file: it is read again.
  void forget();
  std::uint64_t file_size() const { return file_.size(); }

  /// The record at place(), when all of its block is below `limit`; nothing for a batch that is
  /// damaged, too.
  std::optional<Head> peek(std::uint64_t limit);
  /// Its body, which lives until the next call; nothing when the checksum does not match.
  std::optional<std::string_view> body(const Head& head);
  void advance(const Head& head);

 private:
  std::optional<Head> peek_block(std::uint64_t limit);
  std::optional<Head> peek_in_batch() const;
  bool open_batch(const Head& block);
  std::optional<std::string_view> block_body(const Head& head);
  std::string_view window(std::uint64_t bytes, std::uint64_t limit);

  File file_;
  Place place_;
  std::string_view batch_;       ///< the records of the block at place_.offset, or empty
  std::uint64_t batch_end_ = 0;  ///< in the file
  Unpacker unpacker_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::uint64_t buffer_offset_ = 0;  ///< place in the file of the buffer's first byte
  std::size_t filled_ = 0;
};

}  // namespace voyager::exportdir::change_log
