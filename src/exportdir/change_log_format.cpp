// SPDX-License-Identifier: Apache-2.0
#include "exportdir/change_log_format.hpp"

#include <fmt/format.h>

#include <limits>

#include "base/crc32c.hpp"
#include "base/error.hpp"

namespace voyager::exportdir::change_log {
namespace {

constexpr ErrorCode damaged{2102};
constexpr ErrorCode newer_format{2107};

/// Takes a body apart; never reads past its end.
class Decoder {
 public:
  Decoder(std::string_view body, Encoding encoding) : rest_(body), encoding_(encoding) {}

  template <typename Number>
  Number number() {
    if (encoding_ == Encoding::fixed)
      return from_little_endian<Number>(bytes(sizeof(Number)).data());
    const auto value = take_number(rest_);
    if (!value || *value > std::numeric_limits<std::make_unsigned_t<Number>>::max())
      fail(damaged, "a number is too large or has no end");
    return static_cast<Number>(*value);
  }
  std::string_view text() { return bytes(number<std::uint32_t>()); }
  std::string string() { return std::string(text()); }
  std::string_view bytes(std::size_t count) {
    if (count > rest_.size()) fail(damaged, "a record is shorter than its content");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  /// How many items follow; each takes a byte at least, so a wild count is found before memory
  /// goes.
  std::uint32_t count() {
    const auto items = number<std::uint32_t>();
    if (items > rest_.size()) fail(damaged, "a record is shorter than its content");
    return items;
  }
  Value value() { return encoding_ == Encoding::fixed ? fixed_value() : compact_value(); }
  bool at_end() const { return rest_.empty(); }
  void end() const {
    if (!at_end()) fail(damaged, "a record is longer than its content");
  }

 private:
  Value compact_value() {
    const auto code = number<std::uint64_t>();
    if (code >= text_size_offset)
      return Value::of(bytes(static_cast<std::size_t>(code - text_size_offset)));
    return {code == 0 ? Value::Kind::null : Value::Kind::unchanged, {}};
  }
  Value fixed_value() {
    const auto kind = number<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(Value::Kind::text))
      fail(damaged, fmt::format("a value has the unknown kind {}", kind));
    if (kind == static_cast<std::uint8_t>(Value::Kind::text)) return Value::of(text());
    return {static_cast<Value::Kind>(kind), {}};
  }

  std::string_view rest_;
  Encoding encoding_;
};

Operation operation_from(std::uint8_t code) {
  switch (static_cast<Operation>(code)) {
    case Operation::insert:
    case Operation::update:
    case Operation::remove:
      return static_cast<Operation>(code);
  }
  fail(damaged, fmt::format("a row has the unknown operation {}", code));
}

void decode_values(Decoder& in, std::vector<Value>& values) {
  values.resize(in.count());
  for (Value& value : values) value = in.value();
}

RowChange row_head(Decoder& in) {
  RowChange row;
  row.relation = in.number<std::uint32_t>();
  row.operation = operation_from(in.number<std::uint8_t>());
  return row;
}

}  // namespace

SegmentHead decode_segment_head(std::string_view body) {
  Decoder in(body, Encoding::fixed);
  if (in.bytes(magic.size()) != magic) fail(damaged, "this is no segment of a change log");
  SegmentHead head;
  head.version = in.number<std::uint32_t>();
  if (head.version < oldest_version || head.version > format_version)
    fail(newer_format,
         fmt::format("the segment has format {}, this program reads {} to {}", head.version,
                     oldest_version, format_version),
         "Use the yb-voyager that wrote it");
  head.exporter_role = in.string();
  head.number = in.number<std::int64_t>();
  head.first_vsn = in.number<std::int64_t>();
  head.position.text = in.string();
  in.end();
  return head;
}

SegmentEnd decode_segment_end(std::string_view body) {
  Decoder in(body, Encoding::fixed);
  SegmentEnd end;
  end.last_vsn = in.number<std::int64_t>();
  in.end();
  return end;
}

Relation decode_relation(std::string_view body, Encoding encoding) {
  Decoder in(body, encoding);
  Relation relation;
  relation.id = in.number<std::uint32_t>();
  relation.table.schema = in.string();
  relation.table.name = in.string();
  relation.leaf.schema = in.string();
  relation.leaf.name = in.string();
  relation.leaf_filter = in.string();
  relation.columns.resize(in.count());
  for (Relation::Column& column : relation.columns) {
    column.key = in.number<std::uint8_t>() != 0;
    column.name = in.string();
  }
  in.end();
  return relation;
}

BeginRecord decode_begin(std::string_view body, Encoding encoding) {
  Decoder in(body, encoding);
  BeginRecord record;
  record.before_vsn = in.number<std::int64_t>();
  record.begin.commit_unix_micros = in.number<std::int64_t>();
  record.begin.transaction_id = in.number<std::uint64_t>();
  record.begin.position.text = in.string();
  in.end();
  return record;
}

RowChange decode_row(std::string_view body, Encoding encoding, RowValues& values) {
  Decoder in(body, encoding);
  RowChange row = row_head(in);
  decode_values(in, values.before);
  decode_values(in, values.after);
  in.end();
  row.before = values.before;
  row.after = values.after;
  return row;
}

RowChange decode_row_head(std::string_view body, Encoding encoding) {
  Decoder in(body, encoding);
  return row_head(in);
}

Truncate decode_truncate(std::string_view body, Encoding encoding) {
  Decoder in(body, encoding);
  Truncate truncate;
  truncate.restart_identity = in.number<std::uint8_t>() != 0;
  truncate.relations.resize(in.count());
  for (std::uint32_t& relation : truncate.relations) relation = in.number<std::uint32_t>();
  in.end();
  return truncate;
}

Barrier decode_barrier(std::string_view body, Encoding encoding) {
  Decoder in(body, encoding);
  Barrier barrier;
  barrier.id = in.string();
  in.end();
  return barrier;
}

CommitRecord decode_commit(std::string_view body, Encoding encoding) {
  Decoder in(body, encoding);
  CommitRecord record;
  record.last_vsn = in.number<std::int64_t>();
  record.commit.position.text = in.string();
  in.end();
  return record;
}

std::string encode_mark(const CommittedMark& mark) {
  const auto write = [&](auto& sink) {
    put_fixed(sink, mark.segment);
    put_fixed(sink, mark.bytes);
    put_fixed(sink, mark.last_vsn);
    put_fixed_text(sink, mark.position.text);
    put_fixed(sink, mark.open_bytes);
    put_fixed(sink, mark.epoch);
  };
  SizeSink size;
  write(size);
  std::string text(head_bytes + size.size(), '\0');
  MemorySink body(text.data() + head_bytes);
  write(body);
  MemorySink head(text.data());
  put_fixed(head, static_cast<std::uint32_t>(size.size()));
  put_fixed(head, block_checksum(std::string_view(text).substr(head_bytes)));
  return text;
}

std::optional<CommittedMark> decode_mark(std::string_view text) {
  if (text.size() < head_bytes) return std::nullopt;
  const auto size = from_little_endian<std::uint32_t>(text.data());
  const auto checksum = from_little_endian<std::uint32_t>(text.data() + 4);
  const std::string_view body = text.substr(head_bytes).substr(0, size);
  if (size == 0 || body.size() < size || block_checksum(body) != checksum) return std::nullopt;
  Decoder in(body, Encoding::fixed);
  CommittedMark mark;
  mark.segment = in.number<std::int64_t>();
  mark.bytes = in.number<std::uint64_t>();
  mark.last_vsn = in.number<std::int64_t>();
  mark.position.text = in.string();
  if (in.at_end()) return mark;  // written before transactions were shown in parts
  mark.open_bytes = in.number<std::uint64_t>();
  mark.epoch = in.number<std::int64_t>();
  return mark;
}

std::uint32_t block_checksum(std::string_view kind_and_body) {
  const auto length = little_endian(static_cast<std::uint32_t>(kind_and_body.size()));
  return crc32c(kind_and_body, crc32c({length.data(), length.size()}));
}

}  // namespace voyager::exportdir::change_log
