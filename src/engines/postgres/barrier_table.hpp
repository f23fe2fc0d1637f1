// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "engine/source.hpp"
#include "engines/postgres/connection.hpp"
#include "engines/postgres/pgoutput.hpp"

/// Markers in the change stream of a server without logical messages: rows of a table of our own,
/// beside the ledger's tables, that is published with those that migrate. Several captures may
/// share it; each row names its publication.
namespace voyager::postgres::barriers {

/// publication, id, written_at
inline constexpr const char* table = "ybvoyager_metadata.ybvoyager_barriers";
QualifiedName table_name();

/// Creates what is missing. Without `change_identity` its replica identity is one that every
/// plug-in knows.
void create(Connection& connection, bool change_identity);
/// Removes the publication's rows; and the table, when nobody needs it any more.
void forget(Connection& connection, const std::string& publication);
/// Removes the table when it is empty and not published.
void drop_if_unused(Connection& connection);

void write(Connection& connection, const std::string& publication, const std::string& id);
/// Replaces the publication's heartbeat by a new one.
void write_heartbeat(Connection& connection, const std::string& publication);

/// The id by which a new slot is proved to work; neither it nor a heartbeat is a barrier.
std::string opening_id(const std::string& slot);

/// Recognises the table in a change stream.
class Rows {
 public:
  explicit Rows(engine::CaptureNames names) : names_(std::move(names)) {}

  /// Takes note of a Relation message; false when it is not that of the barrier table.
  bool describe(const pgoutput::RelationMessage& message);
  bool holds(std::uint32_t relation) const { return relation == relation_; }
  /// The id that was written for this publication, if that is what the change is.
  std::optional<std::string> id_of(const RowChange& change) const;
  bool is_barrier(const std::string& id) const;

 private:
  engine::CaptureNames names_;
  std::uint32_t relation_ = 0;  // no relation has this number
  std::size_t publication_column_ = 0;
  std::size_t id_column_ = 0;
};

}  // namespace voyager::postgres::barriers
