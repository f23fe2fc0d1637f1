// SPDX-License-Identifier: Apache-2.0
#include "exportdir/record_reader.hpp"

#include <algorithm>
#include <cstring>

namespace voyager::exportdir::change_log {
namespace {

/// Large enough that the system call doesn't matter, small enough to stay in the processor's cache.
constexpr std::size_t read_ahead_bytes = 1U << 20;

}  // namespace

RecordReader::RecordReader(const std::filesystem::path& segment)
    : file_(File::open(segment, File::Mode::read)) {}

void RecordReader::move_to(Place place) {
  if (place.offset != place_.offset) batch_ = {};
  place_ = place;
}

void RecordReader::forget() {
  batch_ = {};
  filled_ = 0;
}

std::optional<RecordReader::Head> RecordReader::peek(std::uint64_t limit) {
  if (!batch_.empty()) return peek_in_batch();
  const auto block = peek_block(limit);
  if (!block || (block->kind != RecordKind::batch && block->kind != RecordKind::packed_batch))
    return block;
  return open_batch(*block) ? peek_in_batch() : std::nullopt;
}

std::optional<RecordReader::Head> RecordReader::peek_block(std::uint64_t limit) {
  constexpr std::size_t needed = head_bytes + 1;
  if (place_.offset + needed > limit) return std::nullopt;
  const std::string_view bytes = window(needed, limit);
  if (bytes.size() < needed) return std::nullopt;
  const auto length = from_little_endian<std::uint32_t>(bytes.data());
  if (length == 0 || place_.offset + head_bytes + length > limit) return std::nullopt;
  return Head{static_cast<RecordKind>(bytes[head_bytes]), Encoding::fixed,
              head_bytes + std::uint64_t{length}, length - 1};
}

std::optional<RecordReader::Head> RecordReader::peek_in_batch() const {
  if (place_.inner >= batch_.size()) return std::nullopt;
  const std::string_view records = batch_.substr(static_cast<std::size_t>(place_.inner));
  std::string_view rest = records;
  const auto length = take_number(rest);
  if (!length || *length == 0 || *length > rest.size()) return std::nullopt;
  return Head{static_cast<RecordKind>(rest[0]), Encoding::compact,
              records.size() - rest.size() + *length, *length - 1};
}

bool RecordReader::open_batch(const Head& block) {
  const auto content = block_body(block);
  if (!content) return false;
  const auto records =
      block.kind == RecordKind::packed_batch ? unpacker_.unpack(*content, batch_bytes) : content;
  if (!records) return false;
  batch_ = *records;
  batch_end_ = place_.offset + block.bytes;
  return true;
}

std::optional<std::string_view> RecordReader::body(const Head& head) {
  if (batch_.empty()) return block_body(head);
  return batch_.substr(static_cast<std::size_t>(place_.inner + head.bytes - head.body_bytes),
                       static_cast<std::size_t>(head.body_bytes));
}

std::optional<std::string_view> RecordReader::block_body(const Head& head) {
  const std::string_view block = window(head.bytes, place_.offset + head.bytes);
  if (block.size() < head.bytes) return std::nullopt;
  const std::string_view kind_and_body = block.substr(head_bytes);
  if (block_checksum(kind_and_body) != from_little_endian<std::uint32_t>(block.data() + 4))
    return std::nullopt;
  return kind_and_body.substr(1);
}

void RecordReader::advance(const Head& head) {
  if (batch_.empty()) {
    place_.offset += head.bytes;
    return;
  }
  place_.inner += head.bytes;
  if (place_.inner < batch_.size()) return;
  place_ = {batch_end_, 0};
  batch_ = {};
}

/// `bytes` bytes from the place on, fewer only at the end of the file.
std::string_view RecordReader::window(std::uint64_t bytes, std::uint64_t limit) {
  const bool begins_inside =
      place_.offset >= buffer_offset_ && place_.offset <= buffer_offset_ + filled_;
  std::size_t kept =
      begins_inside ? static_cast<std::size_t>(buffer_offset_ + filled_ - place_.offset) : 0;
  if (kept < bytes) {
    const std::size_t wanted =
        std::max<std::size_t>(static_cast<std::size_t>(bytes), read_ahead_bytes);
    const char* source = buffer_.get() + (begins_inside ? place_.offset - buffer_offset_ : 0);
    if (wanted != capacity_) {
      auto larger = std::make_unique_for_overwrite<char[]>(wanted);
      if (kept > 0) std::memcpy(larger.get(), source, kept);
      buffer_ = std::move(larger);
      capacity_ = wanted;
    } else if (kept > 0) {
      std::memmove(buffer_.get(), source, kept);
    }
    const std::uint64_t readable = limit - place_.offset - kept;
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(capacity_ - kept, readable));
    buffer_offset_ = place_.offset;
    filled_ = kept + file_.read_at(place_.offset + kept, {buffer_.get() + kept, room});
    kept = filled_;
  }
  return {buffer_.get() + (place_.offset - buffer_offset_),
          static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kept))};
}

}  // namespace voyager::exportdir::change_log
