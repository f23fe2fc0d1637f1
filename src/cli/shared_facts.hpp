// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/source.hpp"
#include "engine/target.hpp"
#include "report/report.hpp"

namespace voyager::cli {

/// What a migration leaves on its source, named after its UUID (names as the reference's documents give them).
engine::CaptureNames capture_names(std::string migration_uuid);

/// What a ledger says, for the reports; with_true_rows counts the tables (a scan each).
std::vector<report::LedgerRows> ledger_rows(engine::Ledger& ledger, bool with_true_rows);

}  // namespace voyager::cli
