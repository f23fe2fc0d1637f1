// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "exportdir/meta_db.hpp"

namespace voyager::cli {

/// Whether the change log gets no more segments, because no direction is open any more: the last
/// round's cutover to the source-replica is complete, or that to the source that does not restart
/// the migration, or that to the target with no way back. Pure.
bool archiving_is_over(const std::vector<exportdir::JournalEntry>& journal);

}  // namespace voyager::cli
