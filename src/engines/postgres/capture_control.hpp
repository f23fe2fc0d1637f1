// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/source.hpp"
#include "engines/postgres/capture_dialect.hpp"

namespace voyager::postgres {

/// Publication, replication slot and replica identities. Works for a user without superuser rights:
/// REPLICATION, CREATE on the database, membership in the owner of the tables, SELECT on them.
/// Throws: Error E3207 (give_up) when the server refuses to make a slot; E3208 (retry) when no
/// change comes out of a new one.
/// Source: PostgreSQL 15 documentation, sections 31.7 and 55.4.
std::unique_ptr<engine::CaptureControl> make_capture_control(const engine::Endpoint& endpoint,
                                                             const ChooseDialect& choose);

/// For PostgreSQL. As CaptureControl::create(), with a snapshot that fits
/// (engine::SourceEngine::create_capture()).
std::unique_ptr<engine::SnapshotHolder> create_capture_with_snapshot(
    const engine::Endpoint& endpoint, const engine::CaptureNames& names,
    const std::vector<Table>& tables, const engine::Waiting& waiting);
/// A snapshot at a later consistent point, by way of a temporary slot.
std::unique_ptr<engine::SnapshotHolder> renew_snapshot(const engine::Endpoint& endpoint);

}  // namespace voyager::postgres
