// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "engine/source.hpp"
#include "engines/postgres/connection.hpp"

namespace voyager::postgres {

/// A session whose open transaction keeps a snapshot and lends it to others.
///
/// `imported` is the id of an exported snapshot to take over (its exporter may end afterwards);
/// empty: a new one of now. Source: PostgreSQL 15 documentation, section 9.27.5. Throws: Error
/// E3203 when `imported` does not exist any more.
std::unique_ptr<engine::SnapshotHolder> hold_snapshot(const engine::Endpoint& endpoint,
                                                      const std::string& imported,
                                                      const Position& position);

/// Begins with these, then import_snapshot().
inline constexpr const char* begin_snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// In a transaction that has just begun: takes a lent snapshot. Throws: Error E3203 when it is
/// gone.
void import_snapshot(Connection& connection, const std::string& id);

}  // namespace voyager::postgres
