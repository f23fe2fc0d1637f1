// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/change.hpp"

namespace voyager::postgres {

/// A byte position in the write-ahead log; 0 is none.
using Lsn = std::uint64_t;

/// "16/B374D848" as the server prints it. Throws: Error E3204 for anything else.
Lsn parse_lsn(std::string_view text);
/// The server's own form, for SQL and the replication protocol.
std::string format_lsn(Lsn lsn);

/// 16 upper-case hexadecimal digits, so that byte order is log order; empty for 0.
Position to_position(Lsn lsn);
/// 0 for an empty position. Throws: Error E3204 for a text that to_position() never makes.
Lsn from_position(const Position& position);

}  // namespace voyager::postgres
