// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "engine/endpoint.hpp"

namespace voyager::schema {

/// The command line and environment of one pg_dump run. Everything that says where the database is
/// goes through the environment, the password too. Source: PostgreSQL 15 documentation, pg_dump and
/// "34.15. Environment Variables".
Command pg_dump_command(const std::string& program, const engine::Endpoint& source, bool comments);

/// pg_dump programs of the usual package directories, newest version first.
std::vector<std::filesystem::path> installed_pg_dumps();

/// The schema as pg_dump writes it. A pg_dump older than the server refuses to work: PATH's own is
/// tried first, then the installed ones.
/// Throws: E4003 when there is no pg_dump that is new enough, naming the versions; E4004 with
/// pg_dump's own message when it fails.
std::string dump_schema(const engine::Endpoint& source, bool comments);

}  // namespace voyager::schema
