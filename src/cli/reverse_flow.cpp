// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/flows.hpp"
#include "cli/sides.hpp"
#include "cutover/journal.hpp"

namespace voyager::cli {
namespace {

using cutover::CutoverState;
using cutover::Direction;
using cutover::Journal;
using cutover::WayBack;

constexpr ErrorCode not_open{7011};

/// Started by its own name, a command of the way back needs the cutover that opened it.
void require_opened(exportdir::MetaDb& meta, Direction direction, CutoverState needed) {
  const Journal forward(meta, Direction::to_target, 1);
  const auto& facts = facts_of(direction);
  const std::string_view command =
      needed == CutoverState::completed ? facts.importer_command : facts.exporter_command;
  if (forward.state() >= needed && opened_direction(forward.way_back())) return;
  const std::string reason =
      forward.state() == CutoverState::not_initiated
          ? "the cutover to the target has not been initiated"
      : !opened_direction(forward.way_back())
          ? "the cutover to the target was initiated without fall-back and without a source-replica"
          : "the cutover to the target is not that far yet";
  fail(not_open, fmt::format("{} has nothing to do: {}", command, reason),
       "See cutover status; before it, run export data from source and import data to target");
}

}  // namespace

void export_data_from_target(const ReverseRequest& request, const engine::Registry& registry,
                             Status& status, const std::stop_token& stop) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(request.layout, false);
  require_opened(meta, Direction::to_source, CutoverState::way_back_ready);
  const Flow flow{request.layout, meta, registry, status};
  run_target_side(
      flow, {request.database, {request.max_retries_streaming, request.parallelism}},
      std::string(facts_of(Direction::to_source).exporter_command),
      [](const std::stop_token&) { return false; }, stop);
}

void import_data_to_source(const ReverseRequest& request, const engine::Registry& registry,
                           Status& status, const std::stop_token& stop) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(request.layout, false);
  require_opened(meta, Direction::to_source, CutoverState::completed);
  if (Journal(meta, Direction::to_target, 1).way_back() != WayBack::fall_back) {
    fail(not_open, "import data to source has nothing to do: this migration falls forward",
         "The target's changes go to the source-replica: run import data to source-replica");
  }
  const Flow flow{request.layout, meta, registry, status};
  run_source_side(
      flow, {request.database, {request.max_retries_streaming, request.parallelism}},
      std::string(facts_of(Direction::to_source).importer_command),
      [](const std::stop_token&) { return false; }, stop);
}

}  // namespace voyager::cli
