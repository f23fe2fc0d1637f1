// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "cli/databases.hpp"
#include "engine/target.hpp"
#include "exportdir/meta_db.hpp"
#include "report/report.hpp"

namespace voyager::cli {

/// Opens a database of the migration; null when it is not known yet.
using OpenDatabase = std::function<std::unique_ptr<engine::TargetEngine>(Database)>;

/// What the database's own ledger says about each table; nothing before an import into it has
/// begun. With `count_rows`, every migrating table is counted in the database. Opens the database
/// only when it is needed. Errors name it.
std::vector<report::LedgerRows> ledger_rows(const exportdir::MetaDb& meta, Database database,
                                            const OpenDatabase& open, bool count_rows);

/// The rows of `get data-migration-report`: source and target, and the source-replica once an
/// import into it has begun. Throws as ledger_rows().
std::vector<report::MigrationReportRow> migration_report_rows(const exportdir::MetaDb& meta,
                                                              const OpenDatabase& open,
                                                              bool count_rows);

}  // namespace voyager::cli
