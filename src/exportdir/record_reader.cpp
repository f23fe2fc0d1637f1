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

std::optional<RecordReader::Head> RecordReader::peek(std::uint64_t limit) {
  constexpr std::size_t needed = head_bytes + 1;
  if (offset_ + needed > limit) return std::nullopt;
  const std::string_view bytes = window(needed, limit);
  if (bytes.size() < needed) return std::nullopt;
  const auto length = from_little_endian<std::uint32_t>(bytes.data());
  if (length == 0 || offset_ + head_bytes + length > limit) return std::nullopt;
  return Head{static_cast<RecordKind>(bytes[head_bytes]), head_bytes + std::uint64_t{length}};
}

std::optional<std::string_view> RecordReader::body(const Head& head) {
  const std::string_view record = window(head.bytes, offset_ + head.bytes);
  if (record.size() < head.bytes) return std::nullopt;
  const std::string_view kind_and_body = record.substr(head_bytes);
  if (record_checksum(kind_and_body) != from_little_endian<std::uint32_t>(record.data() + 4))
    return std::nullopt;
  return kind_and_body.substr(1);
}

/// `bytes` bytes from offset(), fewer only at the end of the file.
std::string_view RecordReader::window(std::uint64_t bytes, std::uint64_t limit) {
  const bool begins_inside = offset_ >= buffer_offset_ && offset_ <= buffer_offset_ + filled_;
  std::size_t kept =
      begins_inside ? static_cast<std::size_t>(buffer_offset_ + filled_ - offset_) : 0;
  if (kept < bytes) {
    const std::size_t wanted =
        std::max<std::size_t>(static_cast<std::size_t>(bytes), read_ahead_bytes);
    const char* source = buffer_.get() + (begins_inside ? offset_ - buffer_offset_ : 0);
    if (wanted != capacity_) {
      auto larger = std::make_unique_for_overwrite<char[]>(wanted);
      if (kept > 0) std::memcpy(larger.get(), source, kept);
      buffer_ = std::move(larger);
      capacity_ = wanted;
    } else if (kept > 0) {
      std::memmove(buffer_.get(), source, kept);
    }
    const std::uint64_t readable = limit - offset_ - kept;
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(capacity_ - kept, readable));
    buffer_offset_ = offset_;
    filled_ = kept + file_.read_at(offset_ + kept, {buffer_.get() + kept, room});
    kept = filled_;
  }
  return {buffer_.get() + (offset_ - buffer_offset_),
          static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kept))};
}

}  // namespace voyager::exportdir::change_log
