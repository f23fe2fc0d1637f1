// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/error.hpp"
#include "engine/target.hpp"
#include "engines/postgres/connection.hpp"

/// The documented tables of schema ybvoyager_metadata: what has been imported, in the same
/// transactions that import it. Source: the tool's documented interface (column for column).
namespace voyager::postgres::ledger {

inline constexpr ErrorCode not_created{3124};
inline constexpr ErrorCode position_moved{6003};

/// migration_uuid, data_file_name, batch_number, schema_name, table_name, rows_imported
inline constexpr const char* batches =
    "ybvoyager_metadata.ybvoyager_import_data_batches_metainfo_v3";
/// migration_uuid, channel_no, last_applied_vsn, num_inserts, num_deletes, num_updates
inline constexpr const char* channels =
    "ybvoyager_metadata.ybvoyager_import_data_event_channels_metainfo";
/// migration_uuid, table_name, channel_no, total_events, num_inserts, num_deletes, num_updates
inline constexpr const char* counts = "ybvoyager_metadata.ybvoyager_imported_event_count_by_table";

/// Changes are applied in one order, so there is one channel.
inline constexpr int channel = 0;

/// Schema ybvoyager_metadata: made when it is missing, dropped when nothing is left in it.
void create_schema(Connection& connection);
void drop_empty_schema(Connection& connection);

bool exists(Connection& connection);
/// Creates what is missing; others may do the same at the same time. Throws: E3124.
void create(Connection& connection);
/// The position of a migration; empty when it has none yet.
std::optional<std::int64_t> position(Connection& connection, const std::string& migration);

/// Queues: adds what a batch did to the counts by table. In the batch's transaction.
void add_counts(Connection& connection, const std::string& migration,
                std::span<const engine::TableCounts> counts);

/// Writes the position anew as it is.
void touch(Connection& connection, const std::string& migration);

struct Move {
  std::int64_t from = 0;
  std::int64_t to = 0;
};
/// Queues: moves the position, in the batch's transaction. Throws in settle(): E6003 when it is not
/// at `from`: a second importer, or one that was thought dead, finds out here and can't commit what
/// it did.
void move_position(Connection& connection, const std::string& migration, Move move,
                   std::span<const engine::TableCounts> counts);

}  // namespace voyager::postgres::ledger
