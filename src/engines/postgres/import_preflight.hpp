// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/target.hpp"
#include "engines/postgres/connection.hpp"

namespace voyager::postgres {

/// What stands in the way of importing into these tables, one line for each thing to do: rights on
/// schemas, tables and the ledger, and ownership of what has to be switched off (`suspended`).
std::vector<std::string> import_obstacles(Connection& connection, const std::vector<Table>& tables,
                                          const std::vector<engine::SuspendedObject>& suspended);

/// Sequences of these tables' schemas that this user may not set.
std::vector<std::string> import_cautions(Connection& connection, const std::vector<Table>& tables);

}  // namespace voyager::postgres
