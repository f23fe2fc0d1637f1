// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "engine/target.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::snapshot {

/// The generations of the tables that this importer has begun, by table id.
std::map<std::int64_t, std::int64_t> begun_generations(const exportdir::MetaDb& meta,
                                                       const std::string& role);
std::string generation_setting(const std::string& role, std::int64_t table_id);

/// What the target's ledger says must fit what the export directory says of this importer.
/// Throws: E5104, E5106, E5107 (import_snapshot.hpp).
void check_ledger(const exportdir::MetaDb& meta, engine::TargetEngine& target,
                  const std::string& role);

/// Warns about the migrating tables that have rows on the target now, and asks whether to load into
/// them. Scans those that have storage. Throws: E5102 when the answer is no.
void confirm_tables_with_rows(const std::vector<exportdir::TableRecord>& tables,
                              engine::TargetEngine& target, Status& status);

}  // namespace voyager::snapshot
