// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/source.hpp"
#include "engine/target.hpp"
#include "exportdir/meta_db.hpp"
#include "report/report.hpp"

namespace voyager::cli {

/// What a migration leaves on its source, named after its UUID (names as the reference's documents give them).
engine::CaptureNames capture_names(std::string migration_uuid);

/// What a ledger says, for the reports; with_true_rows counts the tables (a scan each).
std::vector<report::LedgerRows> ledger_rows(engine::Ledger& ledger, bool with_true_rows);

/// Puts back what was recorded and changed on the source (replica identities); nothing recorded is fine.
void restore_source(exportdir::MetaDb& meta, engine::CaptureControl& capture);

/// Puts back what was recorded and switched off on the target; nothing recorded is fine.
void restore_target(exportdir::MetaDb& meta, engine::SessionControl& control);

}  // namespace voyager::cli
