// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/source.hpp"
#include "engines/postgres/capture_dialect.hpp"

namespace voyager::postgres {

/// Returns when a marker that was written after the slot was made has come out of it, and every
/// transaction that begins from now on will. Nothing is acknowledged: all of it comes again.
///
/// Without this an application could write before the slot's starting point, which YugabyteDB may
/// place in the future by the skew of its clocks, and a capture that does not work at all would be
/// noticed hours later.
/// Throws: Error E3208 (action retry) when no marker came within the dialect's opening_limit.
void prove_opening(Connection& connection, const engine::CaptureNames& names,
                   const std::vector<Table>& tables, const CaptureDialect& dialect,
                   const engine::Waiting& waiting);

}  // namespace voyager::postgres
