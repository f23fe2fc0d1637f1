// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/pgoutput.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engines/postgres/sqlstate.hpp"

namespace voyager::postgres::pgoutput {
namespace {

/// PostgreSQL counts microseconds from 2000-01-01.
constexpr std::int64_t epoch_offset_micros = 946'684'800'000'000;

[[noreturn]] void malformed(const std::string& what) {
  throw Error(malformed_stream, Action::give_up,
              fmt::format("the server sent a replication message that can't be read: {}", what),
              "Check that nothing between this program and the server alters the connection");
}

}  // namespace

/// Takes big-endian numbers and texts off the front; every step is bounds-checked.
class Decoder::Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }

  std::string_view bytes(std::size_t count) {
    if (count > rest_.size()) malformed("it ends too early");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  template <typename Unsigned>
  Unsigned number() {
    Unsigned value = 0;
    for (const char c : bytes(sizeof(Unsigned)))
      value = static_cast<Unsigned>((std::uint64_t{value} << 8U) | static_cast<unsigned char>(c));
    return value;
  }

  std::uint8_t byte() { return number<std::uint8_t>(); }
  char letter() { return bytes(1)[0]; }
  std::uint64_t lsn() { return number<std::uint64_t>(); }

  std::int64_t time() {
    // Added as unsigned: a corrupt value may wrap, which is defined.
    return static_cast<std::int64_t>(number<std::uint64_t>() +
                                     static_cast<std::uint64_t>(epoch_offset_micros));
  }

  std::string_view text() {
    const std::size_t end = rest_.find('\0');
    if (end == std::string_view::npos) malformed("a name has no end");
    const std::string_view taken = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return taken;
  }

  std::string_view counted() { return bytes(number<std::uint32_t>()); }

  void finish() const {
    if (!rest_.empty()) malformed("it is longer than it should be");
  }

 private:
  std::string_view rest_;
};

RelationMessage Decoder::relation(Reader& reader) {
  RelationMessage message;
  message.id = reader.number<std::uint32_t>();
  message.schema = reader.text();
  if (message.schema.empty()) message.schema = "pg_catalog";  // the protocol's abbreviation
  message.name = reader.text();
  message.replica_identity = reader.letter();
  const std::size_t count = reader.number<std::uint16_t>();
  for (std::size_t i = 0; i < count; ++i) {
    RelationMessage::Column column;
    column.key = (reader.byte() & 1U) != 0;
    column.name = reader.text();
    column.type = reader.number<std::uint32_t>();
    column.modifier = static_cast<std::int32_t>(reader.number<std::uint32_t>());
    message.columns.push_back(column);
  }
  relations_[message.id] = count;
  return message;
}

std::size_t Decoder::columns_of(std::uint32_t relation) const {
  const auto found = relations_.find(relation);
  if (found == relations_.end())
    malformed(fmt::format("relation {} was not described before its rows", relation));
  return found->second;
}

void Decoder::tuple(Reader& reader, std::size_t columns, std::vector<Value>& values) {
  values.clear();
  const std::size_t count = reader.number<std::uint16_t>();
  if (count != columns)
    malformed(fmt::format("a row has {} columns where its relation has {}", count, columns));
  for (std::size_t i = 0; i < count; ++i) {
    switch (reader.letter()) {
      case 'n':
        values.push_back({Value::Kind::null, {}});
        break;
      case 'u':
        values.push_back({Value::Kind::unchanged, {}});
        break;
      case 't':
        values.push_back(Value::of(reader.counted()));
        break;
      default:
        malformed("a value is neither text nor null nor unchanged");
    }
  }
}

void Decoder::old_tuple(Reader& reader, char kind, std::size_t columns) {
  tuple(reader, columns, before_);
  if (kind != 'K') return;
  // A column of a key is never NULL, so NULL says that the column is not part of it. (The flags of
  // the relation would say the same, but a server may leave them out.)
  for (Value& value : before_) {
    if (value.kind == Value::Kind::null) value.kind = Value::Kind::unchanged;
  }
}

RowChange Decoder::insert(Reader& reader) {
  const auto id = reader.number<std::uint32_t>();
  const std::size_t columns = columns_of(id);
  if (reader.letter() != 'N') malformed("an insert has no new row");
  tuple(reader, columns, after_);
  return {id, Operation::insert, {}, after_};
}

RowChange Decoder::update(Reader& reader) {
  const auto id = reader.number<std::uint32_t>();
  const std::size_t columns = columns_of(id);
  before_.clear();
  char kind = reader.letter();
  if (kind == 'K' || kind == 'O') {
    old_tuple(reader, kind, columns);
    kind = reader.letter();
  }
  // YugabyteDB's first releases with logical replication sent old keys without any value.
  if (std::all_of(before_.begin(), before_.end(),
                  [](const Value& value) { return value.kind == Value::Kind::unchanged; }))
    before_.clear();
  if (kind != 'N') malformed("an update has no new row");
  tuple(reader, columns, after_);
  return {id, Operation::update, before_, after_};
}

RowChange Decoder::remove(Reader& reader) {
  const auto id = reader.number<std::uint32_t>();
  const std::size_t columns = columns_of(id);
  const char kind = reader.letter();
  if (kind != 'K' && kind != 'O') malformed("a delete has no old row");
  old_tuple(reader, kind, columns);
  return {id, Operation::remove, before_, {}};
}

Truncate Decoder::truncate(Reader& reader) {
  const auto count = reader.number<std::uint32_t>();
  Truncate message;
  message.restart_identity = (reader.byte() & 2U) != 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    message.relations.push_back(reader.number<std::uint32_t>());
    columns_of(message.relations.back());
  }
  return message;
}

Message Decoder::decode(std::string_view bytes) {
  Reader reader(bytes);
  Message message;
  const char kind = reader.letter();
  switch (kind) {  // streamed (S, E, c, A) and prepared transactions were not asked for
    // A braced list is evaluated from left to right.
    case 'B':
      message = BeginMessage{reader.lsn(), reader.time(), reader.number<std::uint32_t>()};
      break;
    case 'C':
      reader.byte();  // flags, none is defined
      message = CommitMessage{reader.lsn(), reader.lsn()};
      reader.time();
      break;
    case 'R':
      message = relation(reader);
      break;
    case 'I':
      message = insert(reader);
      break;
    case 'U':
      message = update(reader);
      break;
    case 'D':
      message = remove(reader);
      break;
    case 'T':
      message = truncate(reader);
      break;
    case 'M':
      message =
          LogicalMessage{(reader.byte() & 1U) != 0, reader.lsn(), reader.text(), reader.counted()};
      break;
    case 'O':  // origin: LSN, name
      reader.lsn();
      reader.text();
      message = Ignored{};
      break;
    case 'Y':  // type: OID, schema, name
      reader.number<std::uint32_t>();
      reader.text();
      reader.text();
      message = Ignored{};
      break;
    default:
      malformed(fmt::format("kind {:#04x} was not asked for", static_cast<unsigned char>(kind)));
  }
  reader.finish();
  return message;
}

}  // namespace voyager::postgres::pgoutput
