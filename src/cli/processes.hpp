// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <vector>

#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"
#include "report/processes.hpp"

namespace voyager::cli {

/// The migration's processes that run now, and exporters that should: the log of their database
/// piles up while they don't.
std::vector<report::ProcessStatus> processes_of(const exportdir::Layout& layout,
                                                exportdir::MetaDb& meta);

/// What a status command says about them: as text behind its table, as JSON in
/// reports/processes-report.json, because the JSON of the command itself is a list of tables.
void show_processes(std::ostream& out, const exportdir::Layout& layout, exportdir::MetaDb& meta);
void save_processes(const exportdir::Layout& layout, exportdir::MetaDb& meta);

}  // namespace voyager::cli
