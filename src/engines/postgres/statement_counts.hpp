// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/statistics.hpp"
#include "engines/postgres/connection.hpp"

namespace voyager::postgres {

/// The statement with a comment by which counted_statements() tells it from the users'.
std::string marked(std::string_view sql);

/// The data statements that one server has counted in this database, not merged. None: it does not
/// count, or this user may not read it. Source: PostgreSQL documentation, pg_stat_statements:
/// total_time and its like are called total_exec_time since version 1.8 of the extension
/// (PostgreSQL 13).
std::optional<std::vector<engine::QueryStatistics>> counted_statements(Connection& connection);

/// What keeps statements from being counted or read, as lines that say what to do.
std::vector<std::string> statement_cautions(Connection& connection);

}  // namespace voyager::postgres
