// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <variant>
#include <vector>

#include "engines/postgres/lsn.hpp"
#include "model/change.hpp"

namespace voyager::postgres::pgoutput {

struct BeginMessage {
  Lsn commit = 0;  ///< of its commit record
  std::int64_t commit_unix_micros = 0;
  std::uint32_t transaction_id = 0;
};

struct CommitMessage {
  Lsn commit = 0;
  Lsn end = 0;  ///< after the commit record: what is confirmed to the server
};

/// What is known of a relation at this point of the stream.
struct RelationMessage {
  struct Column {
    std::string_view name;
    std::uint32_t type = 0;     ///< pg_type.oid
    std::int32_t modifier = 0;  ///< pg_attribute.atttypmod
    bool key = false;           ///< part of the leaf's replica identity
  };
  std::uint32_t id = 0;
  std::string_view schema;
  std::string_view name;
  char replica_identity = 'd';
  std::vector<Column> columns;
};

/// pg_logical_emit_message().
struct LogicalMessage {
  bool transactional = false;
  Lsn position = 0;
  std::string_view prefix;
  std::string_view content;
};

/// Origin and Type messages carry nothing that is needed.
struct Ignored {};

using Message = std::variant<BeginMessage, CommitMessage, RelationMessage, RowChange, Truncate,
                             LogicalMessage, Ignored>;

/// Decodes the messages of plug-in pgoutput, protocol versions 1 and 2 without streaming.
///
/// It remembers the relations it has seen, because a row only makes sense with one: an old key
/// comes with NULL in the columns that do not belong to it, and these become `unchanged` here. All
/// views point into the bytes given, or into the decoder until the next call. Memory: no allocation
/// for a row once the widest has been seen. Threads: one. Throws: Error E3204 for bytes that the
/// protocol doesn't allow; never reads outside of them. Source: PostgreSQL 15 documentation,
/// section 55.9 "Logical Replication Message Formats".
class Decoder {
 public:
  Message decode(std::string_view bytes);

 private:
  class Reader;

  RelationMessage relation(Reader& reader);
  RowChange insert(Reader& reader);
  RowChange update(Reader& reader);
  RowChange remove(Reader& reader);
  Truncate truncate(Reader& reader);
  std::size_t columns_of(std::uint32_t relation) const;
  static void tuple(Reader& reader, std::size_t columns, std::vector<Value>& values);
  void old_tuple(Reader& reader, char kind, std::size_t columns);

  std::map<std::uint32_t, std::size_t> relations_;  // number of columns
  std::vector<Value> before_;
  std::vector<Value> after_;
};

}  // namespace voyager::postgres::pgoutput
