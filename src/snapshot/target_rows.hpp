// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/status.hpp"
#include "engine/target.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::snapshot {

/// The migrating tables that have rows on the target now. Scans those that have storage.
std::vector<QualifiedName> tables_with_rows(const std::vector<exportdir::TableRecord>& tables,
                                            engine::TargetEngine& target);

/// Warns about them and asks. Throws: E5102 when the answer is no.
void confirm_tables_with_rows(const std::vector<exportdir::TableRecord>& tables,
                              engine::TargetEngine& target, Status& status);

}  // namespace voyager::snapshot
