// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engines/postgres/connection.hpp"
#include "model/table.hpp"

namespace voyager::postgres {

/// What stands in the way of capturing the changes of these tables, one line for each thing to do.
std::vector<std::string> postgresql_obstacles(Connection& connection,
                                              const std::vector<Table>& tables);
std::vector<std::string> yugabytedb_obstacles(Connection& connection,
                                              const std::vector<Table>& tables);
/// What of the release and of the database needs attention while changes are captured.
std::vector<std::string> yugabytedb_cautions(Connection& connection);

/// The obstacles that lie in the tables and in this user's rights on them.
void add_table_obstacles(Connection& connection, const std::vector<Table>& tables,
                         const std::string& user, std::vector<std::string>& lines);

}  // namespace voyager::postgres
