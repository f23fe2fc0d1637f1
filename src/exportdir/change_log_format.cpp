// SPDX-License-Identifier: Apache-2.0
#include "exportdir/change_log_format.hpp"

#include <fmt/format.h>

#include "base/crc32c.hpp"
#include "base/error.hpp"

namespace voyager::exportdir::change_log {
namespace {

constexpr ErrorCode damaged{2102};
constexpr ErrorCode newer_format{2107};

/// Takes a body apart; never reads past its end.
class Decoder {
 public:
  explicit Decoder(std::string_view body) : rest_(body) {}

  template <typename Number>
  Number number() {
    return from_little_endian<Number>(bytes(sizeof(Number)).data());
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
  void end() const {
    if (!rest_.empty()) fail(damaged, "a record is longer than its content");
  }

 private:
  std::string_view rest_;
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
  for (Value& value : values) {
    const auto kind = in.number<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(Value::Kind::text))
      fail(damaged, fmt::format("a value has the unknown kind {}", kind));
    value.kind = static_cast<Value::Kind>(kind);
    value.text = value.kind == Value::Kind::text ? in.text() : std::string_view();
  }
}

RowChange row_head(Decoder& in) {
  RowChange row;
  row.relation = in.number<std::uint32_t>();
  row.operation = operation_from(in.number<std::uint8_t>());
  return row;
}

}  // namespace

SegmentHead decode_segment_head(std::string_view body) {
  Decoder in(body);
  if (in.bytes(magic.size()) != magic) fail(damaged, "this is no segment of a change log");
  const auto version = in.number<std::uint32_t>();
  if (version != format_version)
    fail(newer_format,
         fmt::format("the segment has format {}, this program reads {}", version, format_version),
         "Use the yb-voyager that wrote it");
  SegmentHead head;
  head.exporter_role = in.string();
  head.number = in.number<std::int64_t>();
  head.first_vsn = in.number<std::int64_t>();
  head.position.text = in.string();
  in.end();
  return head;
}

Relation decode_relation(std::string_view body) {
  Decoder in(body);
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

BeginRecord decode_begin(std::string_view body) {
  Decoder in(body);
  BeginRecord record;
  record.before_vsn = in.number<std::int64_t>();
  record.begin.commit_unix_micros = in.number<std::int64_t>();
  record.begin.transaction_id = in.number<std::uint64_t>();
  record.begin.position.text = in.string();
  in.end();
  return record;
}

RowChange decode_row(std::string_view body, RowValues& values) {
  Decoder in(body);
  RowChange row = row_head(in);
  decode_values(in, values.before);
  decode_values(in, values.after);
  in.end();
  row.before = values.before;
  row.after = values.after;
  return row;
}

RowChange decode_row_head(std::string_view body) {
  Decoder in(body);
  return row_head(in);
}

Truncate decode_truncate(std::string_view body) {
  Decoder in(body);
  Truncate truncate;
  truncate.restart_identity = in.number<std::uint8_t>() != 0;
  truncate.relations.resize(in.count());
  for (std::uint32_t& relation : truncate.relations) relation = in.number<std::uint32_t>();
  in.end();
  return truncate;
}

Barrier decode_barrier(std::string_view body) {
  Decoder in(body);
  Barrier barrier;
  barrier.id = in.string();
  in.end();
  return barrier;
}

CommitRecord decode_commit(std::string_view body) {
  Decoder in(body);
  CommitRecord record;
  record.last_vsn = in.number<std::int64_t>();
  record.commit.position.text = in.string();
  in.end();
  return record;
}

SegmentEnd decode_segment_end(std::string_view body) {
  Decoder in(body);
  SegmentEnd end;
  end.last_vsn = in.number<std::int64_t>();
  in.end();
  return end;
}

std::string encode_mark(const CommittedMark& mark) {
  const auto write = [&](auto& sink) {
    put_number(sink, mark.segment);
    put_number(sink, mark.bytes);
    put_number(sink, mark.last_vsn);
    put_text(sink, mark.position.text);
  };
  SizeSink size;
  write(size);
  std::string text(head_bytes + size.size(), '\0');
  MemorySink body(text.data() + head_bytes);
  write(body);
  MemorySink head(text.data());
  put_number(head, static_cast<std::uint32_t>(size.size()));
  put_number(head, record_checksum(std::string_view(text).substr(head_bytes)));
  return text;
}

std::optional<CommittedMark> decode_mark(std::string_view text) {
  if (text.size() < head_bytes) return std::nullopt;
  const auto size = from_little_endian<std::uint32_t>(text.data());
  const auto checksum = from_little_endian<std::uint32_t>(text.data() + 4);
  const std::string_view body = text.substr(head_bytes).substr(0, size);
  if (size == 0 || body.size() < size || record_checksum(body) != checksum) return std::nullopt;
  Decoder in(body);
  CommittedMark mark;
  mark.segment = in.number<std::int64_t>();
  mark.bytes = in.number<std::uint64_t>();
  mark.last_vsn = in.number<std::int64_t>();
  mark.position.text = in.string();
  return mark;
}

std::uint32_t record_checksum(std::string_view kind_and_body) {
  const auto length = little_endian(static_cast<std::uint32_t>(kind_and_body.size()));
  return crc32c(kind_and_body, crc32c({length.data(), length.size()}));
}

}  // namespace voyager::exportdir::change_log
