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

/// The bytes of the change log, version 1; docs/formats/change-log.md is the specification.
///
/// A record is [u32 length][u32 crc32c][u8 kind][body], little endian; `length` counts kind and
/// body, the checksum covers length, kind and body.
namespace voyager::exportdir::change_log {

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::string_view magic = "YBVCHLOG";
/// Length and checksum in front of each record.
inline constexpr std::size_t head_bytes = 8;
inline constexpr std::uint64_t longest_record = 0xFFFF'FFFFULL;

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
};

/// First record of each segment.
struct SegmentHead {
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
void put_number(Sink& sink, Number number) {
  const auto bytes = little_endian(number);
  sink.put({bytes.data(), bytes.size()});
}

template <typename Sink>
void put_text(Sink& sink, std::string_view text) {
  put_number(sink, static_cast<std::uint32_t>(text.size()));
  sink.put(text);
}

template <typename Sink>
void put_values(Sink& sink, std::span<const Value> values) {
  put_number(sink, static_cast<std::uint32_t>(values.size()));
  for (const Value& value : values) {
    put_number(sink, static_cast<std::uint8_t>(value.kind));
    if (value.kind == Value::Kind::text) put_text(sink, value.text);
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
  put_number(sink, format_version);
  put_text(sink, head.exporter_role);
  put_number(sink, head.number);
  put_number(sink, head.first_vsn);
  put_text(sink, head.position.text);
}

template <typename Sink>
void encode(Sink& sink, const Relation& relation) {
  put_number(sink, relation.id);
  put_text(sink, relation.table.schema);
  put_text(sink, relation.table.name);
  put_text(sink, relation.leaf.schema);
  put_text(sink, relation.leaf.name);
  put_text(sink, relation.leaf_filter);
  put_number(sink, static_cast<std::uint32_t>(relation.columns.size()));
  for (const Relation::Column& column : relation.columns) {
    put_number(sink, static_cast<std::uint8_t>(column.key));
    put_text(sink, column.name);
  }
}

template <typename Sink>
void encode(Sink& sink, const BeginRecord& record) {
  put_number(sink, record.before_vsn);
  put_number(sink, record.begin.commit_unix_micros);
  put_number(sink, record.begin.transaction_id);
  put_text(sink, record.begin.position.text);
}

template <typename Sink>
void encode(Sink& sink, const RowChange& row) {
  put_number(sink, row.relation);
  put_number(sink, static_cast<std::uint8_t>(row.operation));
  put_values(sink, row.before);
  put_values(sink, row.after);
}

template <typename Sink>
void encode(Sink& sink, const Truncate& truncate) {
  put_number(sink, static_cast<std::uint8_t>(truncate.restart_identity));
  put_number(sink, static_cast<std::uint32_t>(truncate.relations.size()));
  for (const std::uint32_t relation : truncate.relations) put_number(sink, relation);
}

template <typename Sink>
void encode(Sink& sink, const Barrier& barrier) {
  put_text(sink, barrier.id);
}

template <typename Sink>
void encode(Sink& sink, const CommitRecord& record) {
  put_number(sink, record.last_vsn);
  put_text(sink, record.commit.position.text);
}

template <typename Sink>
void encode(Sink& sink, const SegmentEnd& end) {
  put_number(sink, end.last_vsn);
}

/// The values of a decoded row; kept by the reader so that no row allocates.
struct RowValues {
  std::vector<Value> before;
  std::vector<Value> after;
};

// The decoders read a record's body (without its kind) and throw E2102 when it makes no sense.
SegmentHead decode_segment_head(std::string_view body);
Relation decode_relation(std::string_view body);
BeginRecord decode_begin(std::string_view body);
/// The spans of the result point into `values`, its texts into `body`.
RowChange decode_row(std::string_view body, RowValues& values);
/// Relation and operation only, for counting.
RowChange decode_row_head(std::string_view body);
Truncate decode_truncate(std::string_view body);
Barrier decode_barrier(std::string_view body);
CommitRecord decode_commit(std::string_view body);
SegmentEnd decode_segment_end(std::string_view body);

/// What flush() tells the readers through the file data/queue/committed.
struct CommittedMark {
  std::int64_t segment = 0;
  std::uint64_t bytes = 0;  ///< of that segment; earlier segments are committed whole
  std::int64_t last_vsn = 0;
  Position position;  ///< of the last commit
  friend bool operator==(const CommittedMark&, const CommittedMark&) = default;
};
std::string encode_mark(const CommittedMark& mark);
/// Nothing when the text is not a whole mark (a reader may meet a half-written one).
std::optional<CommittedMark> decode_mark(std::string_view text);

/// The checksum of a record, given its kind and body.
std::uint32_t record_checksum(std::string_view kind_and_body);

}  // namespace voyager::exportdir::change_log
