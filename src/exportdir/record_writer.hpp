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
#include "exportdir/packing.hpp"

namespace voyager::exportdir::change_log {

/// Where a segment is continued.
struct SegmentEnds {
  std::uint64_t file = 0;       ///< the rest is cut off
  std::uint64_t committed = 0;  ///< not behind `file`
};

/// Appends records to one segment file, in batches of up to 1 MiB.
///
/// A batch holds whole transactions, or a part of one: so what is cut off later begins with a
/// block. A record that fails to be put (E2101, action retry) leaves nothing behind: put it again.
/// Bytes go to their own offset in the file, so a write that is repeated after a failure never
/// leaves a torn block before others. Threads: one. Throws: E2101 when the file system is full or
/// refuses; E2104 (give up) when a sync failed, because then nobody knows what is on the device:
/// sync() has cut the file back by then.
class RecordWriter {
 public:
  /// Cuts the file off and makes the rest durable.
  RecordWriter(const std::filesystem::path& segment, SegmentEnds ends, bool packs);

  /// Returns the bytes of the record.
  template <typename Record>
  std::uint64_t put(const Record& record) {
    SizeSink size;
    encode(size, record);
    const std::uint64_t length = size.size() + 1;
    SizeSink prefix;
    put_number(prefix, length);
    const std::uint64_t bytes = prefix.size() + length;
    if (first_record + bytes > batch_bytes) {
      put_large(kind_of(record), length, [&](PieceSink& sink) { encode(sink, record); });
      return bytes;
    }
    if (used_ + bytes > batch_bytes) spill();
    MemorySink sink(buffer_.get() + used_);
    put_number(sink, length);
    sink.put_byte(static_cast<std::uint8_t>(kind_of(record)));
    encode(sink, record);
    used_ += static_cast<std::size_t>(bytes);
    return bytes;
  }
  /// A block of its own: head and end of the segment.
  template <typename Record>
  void put_alone(const Record& record) {
    SizeSink size;
    encode(size, record);
    spill();
    MemorySink body(buffer_.get() + first_record);
    encode(body, record);
    write_block(kind_of(record), first_record + static_cast<std::size_t>(size.size()));
    first_ = first_record;
  }
  /// What was put is to stay when a transaction is cut off.
  void commit();
  /// Forgets everything after the last commit().
  void cut_to_commit();

  /// Size of the file with what is still in the buffer, as if it went there as it is.
  std::uint64_t size() const { return buffer_offset_ + (used_ - first_); }
  /// Size of the file up to the last commit() before the last sync().
  std::uint64_t committed_size() const { return committed_end_; }
  /// Size of the file itself: whole blocks, durable or not.
  std::uint64_t written_size() const { return buffer_offset_; }

  /// Writes the buffer out and makes it durable.
  void sync();
  const std::filesystem::path& path() const { return file_.path(); }

 private:
  /// A batch in the buffer has what is in front of its records before them.
  static constexpr std::size_t first_record = head_bytes + 1;

  /// Hands the pieces of a record on that is too large for the buffer.
  class PieceSink {
   public:
    explicit PieceSink(std::function<void(std::string_view)> take) : take_(std::move(take)) {}
    void put(std::string_view bytes) { take_(bytes); }
    void put_byte(std::uint8_t byte) {
      const auto c = static_cast<char>(byte);
      take_({&c, 1});
    }

   private:
    std::function<void(std::string_view)> take_;
  };

  void put_large(RecordKind kind, std::uint64_t length,
                 const std::function<void(PieceSink&)>& encode_body);
  void spill();
  void write_batch(std::size_t end);
  void write_block(RecordKind kind, std::size_t end);
  static void frame(char* at, RecordKind kind, std::size_t body_bytes);
  void forget_undurable() noexcept;
  void stage(std::string_view bytes);
  void write_staged();
  void write_at_end(std::string_view bytes);

  File file_;
  std::unique_ptr<Packer> packer_;  ///< when batches are packed
  std::unique_ptr<char[]> buffer_;
  // Places in the buffer:
  std::size_t first_ = first_record;      ///< what is before it was written
  std::size_t committed_ = first_record;  ///< end of the last commit in the buffer, or first_
  std::size_t used_ = first_record;
  // Places in the file:
  std::uint64_t buffer_offset_ = 0;  ///< of the buffer's next block
  std::uint64_t committed_end_ = 0;  ///< of the last commit that was written
  std::uint64_t durable_ = 0;
  bool broken_ = false;
};

}  // namespace voyager::exportdir::change_log
