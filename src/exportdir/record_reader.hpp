// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "base/file.hpp"
#include "exportdir/change_log_format.hpp"

namespace voyager::exportdir::change_log {

/// Walks over the records of one segment file.
///
/// peek() a head, then take its body() or not, then advance(). Only bytes below `limit` are read:
/// what lies behind may still change. Memory: 1 MiB, more only while one record is larger. Threads:
/// one.
class RecordReader {
 public:
  explicit RecordReader(const std::filesystem::path& segment);

  struct Head {
    RecordKind kind = RecordKind::segment_head;
    std::uint64_t bytes = 0;  ///< of the whole record
  };
  std::uint64_t offset() const { return offset_; }
  void move_to(std::uint64_t offset) { offset_ = offset; }
  std::uint64_t file_size() const { return file_.size(); }

  /// The record at offset(), when all of it is below `limit`.
  std::optional<Head> peek(std::uint64_t limit);
  /// Its body, which lives until the next call; nothing when the checksum does not match.
  std::optional<std::string_view> body(const Head& head);
  void advance(const Head& head) { offset_ += head.bytes; }

 private:
  std::string_view window(std::uint64_t bytes, std::uint64_t limit);

  File file_;
  std::uint64_t offset_ = 0;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::uint64_t buffer_offset_ = 0;  ///< place in the file of the buffer's first byte
  std::size_t filled_ = 0;
};

}  // namespace voyager::exportdir::change_log
