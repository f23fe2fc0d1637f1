// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "engine/target.hpp"
#include "exportdir/meta_db.hpp"
#include "report/report.hpp"

namespace voyager::cli {

/// What a ledger says about each table. With `count_rows`, every one of `tables` is counted in the
/// database.
std::vector<report::LedgerRows> ledger_rows(engine::Ledger& ledger,
                                            const std::vector<exportdir::TableRecord>& tables,
                                            bool count_rows);

/// The recorded database of a setting ("source_endpoint", "target_endpoint"), opened with the given
/// password or one that is asked for; null when the command that records it has not run.
std::unique_ptr<engine::TargetEngine> recorded_database(const Session& session,
                                                        exportdir::MetaDb& meta,
                                                        const std::string& setting,
                                                        const std::optional<Secret>& password);

/// The target's ledger rows, or none when no import has started. Errors name what was asked.
std::vector<report::LedgerRows> target_rows(const Session& session, exportdir::MetaDb& meta,
                                            const std::optional<Secret>& password, bool count_rows);

}  // namespace voyager::cli
