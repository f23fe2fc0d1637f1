// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/source.hpp"
#include "engines/postgres/connection.hpp"

namespace voyager::postgres {

/// Publication, replication slot and replica identities. Works for a user without superuser rights:
/// REPLICATION, CREATE on the database, membership in the owner of the tables, SELECT on them.
/// Source: PostgreSQL 15 documentation, sections 31.7 and 55.4.
std::unique_ptr<engine::CaptureControl> make_capture_control(const engine::Endpoint& endpoint);

/// In preflight.cpp: what stands in the way of capture, one line for each thing to do.
std::vector<std::string> capture_obstacles(Connection& connection,
                                           const std::vector<Table>& tables);

}  // namespace voyager::postgres
