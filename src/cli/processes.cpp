// SPDX-License-Identifier: Apache-2.0
#include "cli/processes.hpp"

#include <string>
#include <string_view>

#include "base/file.hpp"
#include "cli/settings.hpp"
#include "cutover/journal.hpp"
#include "exportdir/lock.hpp"

namespace voyager::cli {
namespace {

using cutover::Direction;
using cutover::Journal;

/// The capture of this direction exists, and its last change is not captured yet.
bool must_capture(exportdir::MetaDb& meta, Direction direction, int round) {
  const Journal forward(meta, Direction::to_target, round);
  if (direction == Direction::to_target) {
    const bool made = round > 1 || meta.setting(settings::capture_created).has_value();
    return made && !forward.completed();
  }
  const bool open = forward.completed() && opened_direction(forward.way_back()) == direction;
  return open && !Journal(meta, direction, round).completed();
}

}  // namespace

std::vector<report::ProcessStatus> processes_of(const exportdir::Layout& layout,
                                                exportdir::MetaDb& meta) {
  std::vector<report::ProcessStatus> processes;
  const auto add = [&](std::string_view role, std::string_view command, bool expected) {
    const auto pid = exportdir::RoleLock::holder(layout, role);
    const std::string name(role);
    if (pid || expected)
      processes.push_back(
          report::process_status(name, std::string(command), pid, meta.figures(name)));
  };
  const int round = cutover::current_round(meta);
  for (const Direction direction : cutover::all_directions) {
    const auto& facts = facts_of(direction);
    add(facts.exporter_role, facts.exporter_command, must_capture(meta, direction, round));
    add(facts.importer_role, facts.importer_command, false);
  }
  return processes;
}

void show_processes(std::ostream& out, const exportdir::Layout& layout, exportdir::MetaDb& meta) {
  out << report::processes_text(processes_of(layout, meta));
}

void save_processes(const exportdir::Layout& layout, exportdir::MetaDb& meta) {
  write_file_atomically(layout.reports() / "processes-report.json",
                        report::processes_json(processes_of(layout, meta)));
}

}  // namespace voyager::cli
