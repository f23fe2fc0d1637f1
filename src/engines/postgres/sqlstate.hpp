// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace voyager::postgres {

inline constexpr ErrorCode connect_failed{3101};
inline constexpr ErrorCode connection_lost{3102};
inline constexpr ErrorCode statement_failed{3103};
inline constexpr ErrorCode commit_in_doubt{3104};

/// What to do about a server error: the one table from SQLSTATE to action.
/// Source: PostgreSQL 15 documentation, appendix A; YugabyteDB adds retryable 40001 texts under XX000.
Action action_for(std::string_view sqlstate, std::string_view message);

}  // namespace voyager::postgres
