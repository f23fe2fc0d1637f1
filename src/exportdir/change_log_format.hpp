// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "model/change.hpp"

/// The bytes of the change log, version 2; docs/formats/change-log.md is the specification.
///
/// A file is a row of blocks [u32 length][u32 crc32c][u8 kind][body], little endian; `length`
/// counts kind and body, the checksum covers length, kind and body. The body of a batch holds
/// records [number length][u8 kind][body]. In version 1 each record is a block of its own.
namespace voyager::exportdir::change_log {

inline constexpr std::uint32_t format_version = 2;
inline constexpr std::uint32_t oldest_version = 1;  ///< that is still read
inline constexpr std::string_view magic = "YBVCHLOG";
/// Length and checksum in front of each block.
inline constexpr std::size_t head_bytes = 8;
inline constexpr std::uint64_t longest_block = 0xFFFF'FFFFULL;
/// A batch with all that is in front of it is no longer than this, unless it is one longer record.
inline constexpr std::size_t batch_bytes = 1U << 20;

/// Stored numbers: never renumber.
enum class RecordKind : std::uint8_t {
  segment_head = 1,
  relation = 2,
  begin = 3,
  row = 4,
  truncate = 5,
  barrier = 6,
  commit = 7,
  segment_end = 8,
  batch = 9,          ///< a block of records
  packed_batch = 10,  ///< the same as one frame of zstd
};

/// How numbers and values are written.
enum class Encoding : std::uint8_t {
  fixed,    ///< little endian of their size: heads and ends of segments, all of version 1
  compact,  ///< seven bits to a byte: the records of a batch
};

/// First record of each segment.
struct SegmentHead {
  std::uint32_t version = format_version;
  std::string exporter_role;
  std::int64_t number = 0;
  std::int64_t first_vsn = 1;  ///< of the first event that can come in this segment
  Position position;           ///< last commit of the same exporter before this segment, or empty
};

/// A Begin as stored.
struct BeginRecord {
  Begin begin;
  std::int64_t before_vsn = 0;  ///< of the last event before it
};

/// A Commit as stored.
struct CommitRecord {
  Commit commit;
  std::int64_t last_vsn = 0;  ///< of the last event before it
};

/// Last record of a segment that has a successor.
struct SegmentEnd {
  std::int64_t last_vsn = 0;
};

/// Measures what the encode functions would write.
class SizeSink {
 public:
  void put(std::string_view bytes) { size_ += bytes.size(); }
  void put_byte(std::uint8_t /*byte*/) { ++size_; }
  std::uint64_t size() const { return size_; }

 private:
  std::uint64_t size_ = 0;
};

/// Writes to memory that is known to be large enough.
class MemorySink {
 public:
  explicit MemorySink(char* at) : at_(at) {}
  void put(std::string_view bytes) {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void put_byte(std::uint8_t byte) { *at_++ = static_cast<char>(byte); }
  const char* end() const { return at_; }

 private:
  char* at_;
};

template <typename Number>
std::array<char, sizeof(Number)> little_endian(Number number) {
  const auto bits = static_cast<std::make_unsigned_t<Number>>(number);
  std::array<char, sizeof(Number)> bytes{};
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    bytes[i] = static_cast<char>(static_cast<unsigned char>(bits >> (8 * i)));
  return bytes;
}

template <typename Number>
Number from_little_endian(const char* bytes) {
  std::make_unsigned_t<Number> bits = 0;
  for (std::size_t i = sizeof(Number); i-- > 0;)
    bits = static_cast<std::make_unsigned_t<Number>>(
        static_cast<std::make_unsigned_t<Number>>(bits << (sizeof(Number) > 1 ? 8U : 0U)) |
        static_cast<unsigned char>(bytes[i]));
  return static_cast<Number>(bits);
}

template <typename Sink, typename Number>
void put_fixed(Sink& sink, Number number) {
  const auto bytes = little_endian(number);
  sink.put({bytes.data(), bytes.size()});
}

template <typename Sink>
void put_fixed_text(Sink& sink, std::string_view text) {
  put_fixed(sink, static_cast<std::uint32_t>(text.size()));
  sink.put(text);
}

/// Seven bits to a byte, the lowest first; the highest bit of a byte says that more follow.
template <typename Sink>
void put_number(Sink& sink, std::uint64_t number) {
  for (; number >= 0x80U; number >>= 7U) sink.put_byte(static_cast<std::uint8_t>(number | 0x80U));
  sink.put_byte(static_cast<std::uint8_t>(number));
}

/// Off the front; nothing when it has no end.
inline std::optional<std::uint64_t> take_number(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    number |= std::uint64_t{byte & 0x7FU} << (7 * i);
    if (byte >= 0x80U) continue;
    bytes.remove_prefix(i + 1);
    return number;
  }
  return std::nullopt;
}

template <typename Sink>
void put_text(Sink& sink, std::string_view text) {
  put_number(sink, text.size());
  sink.put(text);
}

/// Each value is one number: 0 NULL, 1 unchanged, else its text's size plus this.
inline constexpr std::uint64_t text_size_offset = 2;

template <typename Sink>
void put_values(Sink& sink, std::span<const Value> values) {
  put_number(sink, values.size());
  for (const Value& value : values) {
    if (value.kind != Value::Kind::text) {
      sink.put_byte(value.kind == Value::Kind::null ? 0 : 1);
      continue;
    }
    put_number(sink, value.text.size() + text_size_offset);
    sink.put(value.text);
  }
}

constexpr RecordKind kind_of(const SegmentHead& /*record*/) {
  return RecordKind::segment_head;
}
constexpr RecordKind kind_of(const Relation& /*record*/) {
  return RecordKind::relation;
}
constexpr RecordKind kind_of(const BeginRecord& /*record*/) {
  return RecordKind::begin;
}
constexpr RecordKind kind_of(const RowChange& /*record*/) {
  return RecordKind::row;
}
constexpr RecordKind kind_of(const Truncate& /*record*/) {
  return RecordKind::truncate;
}
constexpr RecordKind kind_of(const Barrier& /*record*/) {
  return RecordKind::barrier;
}
constexpr RecordKind kind_of(const CommitRecord& /*record*/) {
  return RecordKind::commit;
}
constexpr RecordKind kind_of(const SegmentEnd& /*record*/) {
  return RecordKind::segment_end;
}

template <typename Sink>
void encode(Sink& sink, const SegmentHead& head) {
  sink.put(magic);
  put_fixed(sink, head.version);
  put_fixed_text(sink, head.exporter_role);
  put_fixed(sink, head.number);
  put_fixed(sink, head.first_vsn);
  put_fixed_text(sink, head.position.text);
}

template <typename Sink>
void encode(Sink& sink, const SegmentEnd& end) {
  put_fixed(sink, end.last_vsn);
}

template <typename Sink>
void encode(Sink& sink, const Relation& relation) {
  put_number(sink, relation.id);
  put_text(sink, relation.table.schema);
  put_text(sink, relation.table.name);
  put_text(sink, relation.leaf.schema);
  put_text(sink, relation.leaf.name);
  put_text(sink, relation.leaf_filter);
  put_number(sink, relation.columns.size());
  for (const Relation::Column& column : relation.columns) {
    sink.put_byte(column.key ? 1 : 0);
    put_text(sink, column.name);
  }
}

template <typename Sink>
void encode(Sink& sink, const BeginRecord& record) {
  put_number(sink, static_cast<std::uint64_t>(record.before_vsn));
  put_number(sink, static_cast<std::uint64_t>(record.begin.commit_unix_micros));
  put_number(sink, record.begin.transaction_id);
  put_text(sink, record.begin.position.text);
}

template <typename Sink>
void encode(Sink& sink, const RowChange& row) {
  put_number(sink, row.relation);
  sink.put_byte(static_cast<std::uint8_t>(row.operation));
  put_values(sink, row.before);
  put_values(sink, row.after);
}

template <typename Sink>
void encode(Sink& sink, const Truncate& truncate) {
  sink.put_byte(truncate.restart_identity ? 1 : 0);
  put_number(sink, truncate.relations.size());
  for (const std::uint32_t relation : truncate.relations) put_number(sink, relation);
}

template <typename Sink>
void encode(Sink& sink, const Barrier& barrier) {
  put_text(sink, barrier.id);
}

template <typename Sink>
void encode(Sink& sink, const CommitRecord& record) {
  put_number(sink, static_cast<std::uint64_t>(record.last_vsn));
  put_text(sink, record.commit.position.text);
}

/// The values of a decoded row; kept by the reader so that no row allocates.
struct RowValues {
  std::vector<Value> before;
  std::vector<Value> after;
};

// The decoders read a record's body (without its kind) and throw E2102 when it makes no sense.
SegmentHead decode_segment_head(std::string_view body);
SegmentEnd decode_segment_end(std::string_view body);
Relation decode_relation(std::string_view body, Encoding encoding);
BeginRecord decode_begin(std::string_view body, Encoding encoding);
/// The spans of the result point into `values`, its texts into `body`.
RowChange decode_row(std::string_view body, Encoding encoding, RowValues& values);
/// Relation and operation only, for counting.
RowChange decode_row_head(std::string_view body, Encoding encoding);
Truncate decode_truncate(std::string_view body, Encoding encoding);
Barrier decode_barrier(std::string_view body, Encoding encoding);
CommitRecord decode_commit(std::string_view body, Encoding encoding);

/// What flush() tells the readers through the file data/queue/committed.
struct CommittedMark {
  std::int64_t segment = 0;
  std::uint64_t bytes = 0;  ///< of that segment; earlier segments are committed whole
  std::int64_t last_vsn = 0;
  Position position;  ///< of the last commit
  /// What follows up to here is a part of one transaction, which may be taken back; not behind
  /// `bytes`: there is none.
  std::uint64_t open_bytes = 0;
  std::int64_t epoch = 0;  ///< another number each time that such a part is taken back
  friend bool operator==(const CommittedMark&, const CommittedMark&) = default;
};
std::string encode_mark(const CommittedMark& mark);
/// Nothing when the text is not a whole mark (a reader may meet a half-written one).
std::optional<CommittedMark> decode_mark(std::string_view text);

/// The checksum of a block, given its kind and body.
std::uint32_t block_checksum(std::string_view kind_and_body);

}  // namespace voyager::exportdir::change_log
