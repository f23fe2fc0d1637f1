// SPDX-License-Identifier: Apache-2.0
#include "exportdir/record_writer.hpp"

#include <fmt/format.h>

#include <string>

#include "base/crc32c.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"

namespace voyager::exportdir::change_log {
namespace {

constexpr ErrorCode cannot_write{2101};
constexpr ErrorCode sync_failed{2104};
constexpr ErrorCode record_too_long{2108};

}  // namespace

RecordWriter::RecordWriter(const std::filesystem::path& segment, SegmentEnds ends, bool packs)
    : file_(File::open(segment, File::Mode::read_write)),
      packer_(packs ? std::make_unique<Packer>() : nullptr),
      buffer_(std::make_unique_for_overwrite<char[]>(batch_bytes)),
      buffer_offset_(ends.file),
      committed_end_(ends.committed),
      durable_(ends.file) {
  file_.truncate(ends.file);
  file_.sync();
}

void RecordWriter::commit() {
  committed_ = used_;
  if (used_ == first_) committed_end_ = buffer_offset_;
}

void RecordWriter::cut_to_commit() {
  if (broken_) return;
  used_ = committed_;
  if (committed_ > first_ || buffer_offset_ == committed_end_) return;
  buffer_offset_ = committed_end_;
  file_.truncate(committed_end_);
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
  used_ = first_ = committed_ = first_record;
  buffer_offset_ = durable_;
  try {
    file_.truncate(durable_);
  } catch (const Error&) {
    // The next open finds what the device really holds: blocks carry checksums.
  }
}

void RecordWriter::put_large(RecordKind kind, std::uint64_t length,
                             const std::function<void(PieceSink&)>& encode_body) {
  std::string front(1, static_cast<char>(RecordKind::batch));
  SizeSink prefix;
  put_number(prefix, length);
  front.resize(1 + static_cast<std::size_t>(prefix.size()));
  MemorySink sink(front.data() + 1);
  put_number(sink, length);
  front += static_cast<char>(kind);
  const std::uint64_t block = front.size() - 1 + length;
  if (block > longest_block)
    fail(record_too_long,
         fmt::format("one row has {} bytes, more than the change log can hold", length));
  const auto length_bytes = little_endian(static_cast<std::uint32_t>(block));
  std::uint32_t checksum = crc32c(front, crc32c({length_bytes.data(), length_bytes.size()}));
  PieceSink checksums([&](std::string_view piece) { checksum = crc32c(piece, checksum); });
  encode_body(checksums);
  spill();
  const std::uint64_t start = buffer_offset_;
  try {
    const auto checksum_bytes = little_endian(checksum);
    stage({length_bytes.data(), length_bytes.size()});
    stage({checksum_bytes.data(), checksum_bytes.size()});
    stage(front);
    PieceSink bytes([this](std::string_view piece) { stage(piece); });
    encode_body(bytes);
    write_staged();
  } catch (const Error&) {
    used_ = first_;
    buffer_offset_ = start;
    file_.truncate(start);
    throw;
  }
}

void RecordWriter::stage(std::string_view bytes) {
  if (used_ + bytes.size() > batch_bytes) write_staged();
  if (bytes.size() > batch_bytes - used_) {
    write_at_end(bytes);
    buffer_offset_ += bytes.size();
    return;
  }
  MemorySink(buffer_.get() + used_).put(bytes);
  used_ += bytes.size();
}

void RecordWriter::write_staged() {
  write_at_end({buffer_.get() + first_, used_ - first_});
  buffer_offset_ += used_ - first_;
  used_ = first_;
}

/// Whole transactions go into one batch, what follows them into another.
void RecordWriter::spill() {
  if (broken_)
    fail(sync_failed, "the change log could not be made durable before",
         "Check the disk; then run the same command again");
  if (committed_ > first_) {
    write_batch(committed_);
    committed_end_ = buffer_offset_;
  }
  if (used_ > first_) write_batch(used_);
  used_ = first_ = committed_ = first_record;
}

/// The records up to `end`; on failure nothing has moved.
void RecordWriter::write_batch(std::size_t end) {
  const auto packed =
      packer_ ? packer_->pack({buffer_.get() + first_, end - first_}, first_record) : std::nullopt;
  if (!packed) {
    write_block(RecordKind::batch, end);
    return;
  }
  frame(packed->data(), RecordKind::packed_batch, packed->size() - first_record);
  write_at_end({packed->data(), packed->size()});
  buffer_offset_ += packed->size();
  first_ = end;
}

/// The bytes up to `end` as one block, for whose head there is room: what is there was written.
void RecordWriter::write_block(RecordKind kind, std::size_t end) {
  char* const at = buffer_.get() + first_ - first_record;
  frame(at, kind, end - first_);
  write_at_end({at, first_record + end - first_});
  buffer_offset_ += first_record + end - first_;
  first_ = end;
}

/// Fills what is in front of a body.
void RecordWriter::frame(char* at, RecordKind kind, std::size_t body_bytes) {
  at[head_bytes] = static_cast<char>(kind);
  MemorySink head(at);
  put_fixed(head, static_cast<std::uint32_t>(body_bytes + 1));
  put_fixed(head, block_checksum({at + head_bytes, body_bytes + 1}));
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
