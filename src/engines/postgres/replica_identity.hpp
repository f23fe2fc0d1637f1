// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "engine/source.hpp"
#include "engines/postgres/connection.hpp"

namespace voyager::postgres {

/// Gives every leaf in Table::needs_full_identity a replica identity that identifies its rows:
/// DEFAULT where its primary key does, else FULL; without `change_identity` also those that have
/// YugabyteDB's CHANGE. `record` gets the old setting before each change.
/// ALTER TABLE needs a short exclusive lock: it is tried again and again with a lock time-out of a
/// second, so that the application never queues behind it for long. Throws: Error E3206 (action
/// retry) when a table stays locked for a minute.
void make_rows_identifiable(Connection& connection, const std::vector<Table>& tables,
                            bool change_identity,
                            const std::function<void(const engine::SourceChange&)>& record);

/// Puts the recorded setting back; a table that is gone is fine. Throws: as above.
/// CHANGE becomes DEFAULT on a server that does not have it.
void put_back_identity(Connection& connection, const engine::SourceChange& change);

}  // namespace voyager::postgres
