// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exportdir/disk_figures.hpp"
#include "exportdir/live_figures.hpp"

namespace voyager::report {

/// One process of the migration, as its role's lock and figures show it.
struct ProcessStatus {
  std::string role;
  std::string command;
  std::optional<int> pid;  ///< nothing: it does not run, although its work is not done
  std::optional<exportdir::WaitFigures> wait;
  std::optional<exportdir::SlotFigures> slot;
  std::optional<exportdir::DiskFigures> disk;  ///< of the change log, while it writes one
};

/// `figures` count only while the process runs: a killed one leaves its last.
ProcessStatus process_status(std::string role, std::string command, std::optional<int> pid,
                             const exportdir::Figures& figures);

/// What each process is doing, what it waits for since when, and how its replication slot is.
/// Empty for no processes.
std::string processes_text(const std::vector<ProcessStatus>& processes);
/// A list of objects: role, command, pid, waiting_for, waiting_since, next_try, replication_slot,
/// change_log.
std::string processes_json(const std::vector<ProcessStatus>& processes);

}  // namespace voyager::report
