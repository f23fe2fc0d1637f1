// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace voyager::postgres {

inline constexpr ErrorCode connect_failed{3101};
inline constexpr ErrorCode connection_lost{3102};
inline constexpr ErrorCode statement_failed{3103};
inline constexpr ErrorCode commit_in_doubt{3104};
inline constexpr ErrorCode slot_lost{3201};  ///< the slot can't deliver what is missing
inline constexpr ErrorCode relation_changed{
    3202};  ///< a table changed in a way that can't be followed
inline constexpr ErrorCode snapshot_lost{3203};     ///< rows of one snapshot can't be read any more
inline constexpr ErrorCode table_rewritten{3210};   ///< likewise, of one table
inline constexpr ErrorCode malformed_stream{3204};  ///< bytes that the protocol doesn't allow
inline constexpr ErrorCode slot_busy{3205};         ///< another program uses the slot
inline constexpr ErrorCode table_busy{3206};        ///< no lock on a table within a bounded time
inline constexpr ErrorCode slot_refused{3207};      ///< the server does not make a slot
inline constexpr ErrorCode capture_silent{3208};    ///< no change comes out of a new slot
inline constexpr ErrorCode server_in_recovery{3209};  ///< a standby that is not promoted

/// What to do about a server error: the one table from SQLSTATE to action.
/// Source: PostgreSQL 15 documentation, appendix A; YugabyteDB adds retryable 40001 texts under
/// XX000.
Action action_for(std::string_view sqlstate, std::string_view message);

}  // namespace voyager::postgres
