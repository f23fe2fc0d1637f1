// SPDX-License-Identifier: Apache-2.0
#include "exportdir/record_writer.hpp"

#include <fmt/format.h>

#include "base/crc32c.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"

namespace voyager::exportdir::change_log {
namespace {

constexpr ErrorCode cannot_write{2101};
constexpr ErrorCode sync_failed{2104};
constexpr ErrorCode record_too_long{2108};

}  // namespace

RecordWriter::RecordWriter(const std::filesystem::path& segment, std::uint64_t offset)
    : file_(File::open(segment, File::Mode::read_write)),
      buffer_(std::make_unique_for_overwrite<char[]>(buffer_bytes)),
      buffer_offset_(offset),
      durable_(offset) {
  file_.truncate(offset);
  file_.sync();
}

void RecordWriter::cut(std::uint64_t offset) {
  if (broken_) return;
  if (offset >= buffer_offset_) {
    used_ = static_cast<std::size_t>(offset - buffer_offset_);
    return;
  }
  used_ = 0;
  buffer_offset_ = offset;
  file_.truncate(offset);
}

void RecordWriter::sync() {
  spill();
  VOYAGER_FAILPOINT("change_log.before_sync");
  try {
    file_.sync();
  } catch (const Error& error) {
    // The kernel may have dropped the pages that it could not write and report success the next
    // time. So everything since the last good sync goes; the source will send it again.
    forget_undurable();
    throw Error(sync_failed, Action::give_up, error.what(),
                "Check the disk; then run the same command again");
  }
  durable_ = buffer_offset_;
}

void RecordWriter::forget_undurable() noexcept {
  broken_ = true;
  used_ = 0;
  buffer_offset_ = durable_;
  try {
    file_.truncate(durable_);
  } catch (const Error&) {
    // The next open finds what the device really holds: records carry checksums.
  }
}

void RecordWriter::put_large(RecordKind kind, std::uint64_t length,
                             const std::function<void(PieceSink&)>& encode_body) {
  if (length > longest_record)
    fail(record_too_long,
         fmt::format("one row has {} bytes, more than the change log can hold", length));
  const auto length_bytes = little_endian(static_cast<std::uint32_t>(length));
  const auto kind_byte = static_cast<char>(kind);
  std::uint32_t checksum = crc32c({length_bytes.data(), length_bytes.size()});
  checksum = crc32c({&kind_byte, 1}, checksum);
  PieceSink checksums([&](std::string_view piece) { checksum = crc32c(piece, checksum); });
  encode_body(checksums);
  const std::uint64_t start = end();
  try {
    const auto checksum_bytes = little_endian(checksum);
    append({length_bytes.data(), length_bytes.size()});
    append({checksum_bytes.data(), checksum_bytes.size()});
    append({&kind_byte, 1});
    PieceSink bytes([this](std::string_view piece) { append(piece); });
    encode_body(bytes);
  } catch (const Error&) {
    cut(start);
    throw;
  }
}

void RecordWriter::make_room(std::size_t bytes) {
  if (used_ + bytes > buffer_bytes) spill();
}

void RecordWriter::finish_record(std::string_view kind_and_body) {
  MemorySink head(buffer_.get() + used_);
  put_number(head, static_cast<std::uint32_t>(kind_and_body.size()));
  put_number(head, record_checksum(kind_and_body));
  used_ += head_bytes + kind_and_body.size();
}

void RecordWriter::append(std::string_view bytes) {
  make_room(bytes.size());
  if (bytes.size() <= buffer_bytes) {
    MemorySink(buffer_.get() + used_).put(bytes);
    used_ += bytes.size();
  } else {
    write_at_end(bytes);
    buffer_offset_ += bytes.size();
  }
}

void RecordWriter::spill() {
  if (broken_)
    fail(sync_failed, "the change log could not be made durable before",
         "Check the disk; then run the same command again");
  if (used_ == 0) return;
  write_at_end({buffer_.get(), used_});
  buffer_offset_ += used_;
  used_ = 0;
}

/// At the buffer's place in the file; on failure nothing has moved.
void RecordWriter::write_at_end(std::string_view bytes) {
  try {
    VOYAGER_FAILPOINT("change_log.write");
    file_.write_at(buffer_offset_, bytes);
  } catch (const Error& error) {
    throw Error(cannot_write, Action::retry, error.what(), error.remedy());
  }
}

}  // namespace voyager::exportdir::change_log
