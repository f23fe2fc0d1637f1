// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/status.hpp"
#include "engine/target.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::snapshot {

/// Warns about the migrating tables that have rows on the target now, and asks whether to load into
/// them. Scans those that have storage. Throws: E5102 when the answer is no.
void confirm_tables_with_rows(const std::vector<exportdir::TableRecord>& tables,
                              engine::TargetEngine& target, Status& status);

}  // namespace voyager::snapshot
