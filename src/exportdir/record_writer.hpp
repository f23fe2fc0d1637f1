// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "base/file.hpp"
#include "exportdir/change_log_format.hpp"

namespace voyager::exportdir::change_log {

/// Appends records to one segment file through a buffer of 1 MiB.
///
/// A record that fails to be put (E2101, action retry) leaves nothing behind: put it again. Bytes
/// go to their own offset in the file, so a write that is repeated after a failure never leaves a
/// torn record before others. Threads: one. Throws: E2101 when the file system is full or refuses;
/// E2104 (give up) when a sync failed, because then nobody knows what is on the device: sync() has
/// cut the file back by then.
class RecordWriter {
 public:
  /// Continues a file after its first `offset` bytes: cuts off the rest, makes them durable.
  RecordWriter(const std::filesystem::path& segment, std::uint64_t offset);

  template <typename Record>
  void put(const Record& record) {
    SizeSink size;
    encode(size, record);
    const std::uint64_t length = size.size() + 1;
    if (head_bytes + length > buffer_bytes) {
      put_large(kind_of(record), length, [&](PieceSink& sink) { encode(sink, record); });
      return;
    }
    make_room(head_bytes + static_cast<std::size_t>(length));
    char* const at = buffer_.get() + used_;
    at[head_bytes] = static_cast<char>(kind_of(record));
    MemorySink body(at + head_bytes + 1);
    encode(body, record);
    finish_record({at + head_bytes, static_cast<std::size_t>(length)});
  }

  /// Size of the file, what is still in the buffer included.
  std::uint64_t end() const { return buffer_offset_ + used_; }
  /// Forgets everything after `offset`, which is at or behind the durable bytes.
  void cut(std::uint64_t offset);
  /// Writes the buffer out and makes it durable.
  void sync();
  const std::filesystem::path& path() const { return file_.path(); }

 private:
  static constexpr std::size_t buffer_bytes = 1U << 20;

  /// Hands the pieces of a record on that is too large for the buffer.
  class PieceSink {
   public:
    explicit PieceSink(std::function<void(std::string_view)> take) : take_(std::move(take)) {}
    void put(std::string_view bytes) { take_(bytes); }

   private:
    std::function<void(std::string_view)> take_;
  };

  void put_large(RecordKind kind, std::uint64_t length,
                 const std::function<void(PieceSink&)>& encode_body);
  void make_room(std::size_t bytes);
  void finish_record(std::string_view kind_and_body);
  void spill();
  void forget_undurable() noexcept;
  void append(std::string_view bytes);
  void write_at_end(std::string_view bytes);

  File file_;
  std::unique_ptr<char[]> buffer_;
  std::size_t used_ = 0;
  std::uint64_t buffer_offset_ = 0;  ///< place in the file of the buffer's first byte
  std::uint64_t durable_ = 0;
  bool broken_ = false;
};

}  // namespace voyager::exportdir::change_log
