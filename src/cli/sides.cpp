// SPDX-License-Identifier: Apache-2.0
#include "cli/sides.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/bell.hpp"
#include "base/error.hpp"
#include "cli/apply_side.hpp"
#include "cli/capture_side.hpp"
#include "cli/flows.hpp"
#include "cli/settings.hpp"
#include "cli/way_back.hpp"
#include "exportdir/lock.hpp"
#include "model/roles.hpp"

namespace voyager::cli {
namespace {

using cutover::CutoverState;
using cutover::Direction;
using cutover::Journal;
using cutover::WayBack;

constexpr ErrorCode slot_lost{5012};

/// The database's changes after `position` can't come any more: going on would lose them silently.
void require_capture(const exportdir::MetaDb& meta, engine::ChangeSource& source,
                     const engine::CaptureNames& names, const std::string& place) {
  const auto control = source.capture_control();
  if (control->usable(names, {})) {
    changes::require_own_slot(meta, *control, names, place);
    return;
  }
  fail(slot_lost,
       fmt::format("replication slot {} on the {} is gone or was invalidated, so changes since "
                   "then are lost",
                   names.slot, place),
       "The databases can't be kept in step any more: compare them with verify data, then run end "
       "migration");
}

/// The process's present name; tells when it changes.
class PresentName {
 public:
  PresentName(const Flow& flow, std::string name) : flow_(flow), name_(std::move(name)) {}
  void become(std::string_view name) {
    if (name_ != name) say_new_name(flow_, name_, name);
    name_ = name;
  }

 private:
  const Flow& flow_;
  std::string name_;
};

class SourceRun {
 public:
  SourceRun(const Flow& flow, const SourceSide& side) : flow_(flow), side_(side) {}

  bool export_again(int round, const std::stop_token& stop) const;
  bool import_changes(int round, const std::stop_token& stop) const;

 private:
  const Flow& flow_;
  const SourceSide& side_;
};

bool SourceRun::export_again(int round, const std::stop_token& stop) const {
  const auto source = flow_.registry.change_source(side_.source);
  const auto names = source_capture_names(flow_.meta.migration_uuid());
  const Journal journal(flow_.meta, Direction::to_target, round);
  const bool captures = journal.state() < CutoverState::barrier_captured;
  if (captures && !outlast_outages(flow_, roles::source_db_exporter, "capture", stop,
                                   [&] { require_capture(flow_.meta, *source, names, "source"); }))
    return false;
  return CaptureSide(flow_,
                     {*source, names, migrating_tables(flow_.meta), side_.source.schemas,
                      settings::source_changes},
                     Direction::to_target, round)
      .run(stop);
}

bool SourceRun::import_changes(int round, const std::stop_token& stop) const {
  engine::Endpoint endpoint = side_.source;
  endpoint.application = "yb-voyager source_db_importer";
  const auto source = flow_.registry.target(endpoint, flow_.meta.migration_uuid());
  Journal journal(flow_.meta, Direction::to_source, round);
  const auto prepare = [&] {
    require_import_rights(flow_, *source, "source");
    source->prepare_ledger();
    flow_.meta.set_setting(settings::source_import_started, "true");
    suspend_disturbing(flow_, *source, "source", settings::source_suspended);
  };
  const bool applies = journal.state() < CutoverState::importer_done;
  if (applies && !outlast_outages(flow_, roles::source_db_importer, "import", stop, prepare))
    return false;
  const auto open = [&](WayBack way) {
    if (way == WayBack::restart) open_source_capture(flow_, side_.source, stop);
  };
  if (!ApplySide(flow_, *source, Direction::to_source, round, settings::source_suspended,
                 side_.effort)
           .run(open, stop))
    return false;
  if (journal.way_back() == WayBack::none) return true;
  flow_.status.line("cutover: waiting for export data from target to finish...");
  Bell bell(flow_.layout.bell());
  return journal.wait_for(CutoverState::completed, bell, stop);
}

class TargetRun {
 public:
  TargetRun(const Flow& flow, const TargetSide& side) : flow_(flow), side_(side) {}

  bool import_again(int round, const std::stop_token& stop) const;
  bool export_changes(Direction direction, int round, const std::stop_token& stop) const;

 private:
  const Flow& flow_;
  const TargetSide& side_;
};

bool TargetRun::import_again(int round, const std::stop_token& stop) const {
  const auto target = flow_.registry.target(side_.target, flow_.meta.migration_uuid());
  const Journal journal(flow_.meta, Direction::to_target, round);
  const auto prepare = [&] {
    target->prepare_ledger();
    suspend_disturbing(flow_, *target, "target", settings::target_suspended);
  };
  const bool applies = journal.state() < CutoverState::importer_done;
  if (applies && !outlast_outages(flow_, roles::target_db_importer, "import", stop, prepare))
    return false;
  const auto open = [&](WayBack way) {
    if (way != WayBack::none) open_target_capture(flow_, side_.target, stop);
  };
  return ApplySide(flow_, *target, Direction::to_target, round, settings::target_suspended,
                   side_.effort)
      .run(open, stop);
}

bool TargetRun::export_changes(Direction direction, int round, const std::stop_token& stop) const {
  engine::Endpoint endpoint = side_.target;
  endpoint.application = "yb-voyager " + std::string(facts_of(direction).exporter_role);
  const auto target = flow_.registry.change_source(endpoint);
  const auto names = target_capture_names(flow_.meta.migration_uuid());
  const Journal journal(flow_.meta, direction, round);
  const bool captures = journal.state() < CutoverState::barrier_captured;
  if (captures && !outlast_outages(flow_, facts_of(direction).exporter_role, "capture", stop,
                                   [&] { require_capture(flow_.meta, *target, names, "target"); }))
    return false;
  const engine::Endpoint source =
      recorded_endpoint(flow_.meta, settings::source_endpoint, Secret());
  return CaptureSide(flow_,
                     {*target, names, captured_target_tables(flow_.meta), source.schemas,
                      settings::target_changes},
                     direction, round)
      .run(stop);
}

}  // namespace

void run_source_side(const Flow& flow, const SourceSide& side, const std::string& command,
                     const FirstRound& export_first_round, const std::stop_token& stop) {
  const SourceRun run(flow, side);
  PresentName present(flow, command);
  while (true) {
    const int round = cutover::current_round(flow.meta);
    const Journal forward(flow.meta, Direction::to_target, round);
    if (!forward.completed()) {
      present.become(facts_of(Direction::to_target).exporter_command);
      const auto lock = exportdir::RoleLock::take(flow.layout, roles::source_db_exporter);
      if (!(round == 1 ? export_first_round(stop) : run.export_again(round, stop))) return;
    }
    if (forward.way_back() != WayBack::fall_back) {
      flow.status.line("The cutover to the target is complete: nothing is left to do here.");
      return;
    }
    const Journal backward(flow.meta, Direction::to_source, round);
    if (!backward.completed()) {
      present.become(facts_of(Direction::to_source).importer_command);
      const auto lock = exportdir::RoleLock::take(flow.layout, roles::source_db_importer);
      if (!run.import_changes(round, stop)) return;
    }
    if (backward.way_back() != WayBack::restart) {
      flow.status.line("The cutover to the source is done on this side: nothing is left to do.");
      return;
    }
  }
}

void run_target_side(const Flow& flow, const TargetSide& side, const std::string& command,
                     const FirstRound& import_first_round, const std::stop_token& stop) {
  const TargetRun run(flow, side);
  PresentName present(flow, command);
  while (true) {
    const int round = cutover::current_round(flow.meta);
    const Journal forward(flow.meta, Direction::to_target, round);
    if (forward.state() < CutoverState::way_back_ready) {
      present.become(facts_of(Direction::to_target).importer_command);
      const auto lock = exportdir::RoleLock::take(flow.layout, roles::target_db_importer);
      if (!(round == 1 ? import_first_round(stop) : run.import_again(round, stop))) return;
    }
    const auto opened = opened_direction(forward.way_back());
    if (!opened) {
      flow.status.line("The cutover to the target is done on this side: nothing is left to do.");
      return;
    }
    const Journal backward(flow.meta, *opened, round);
    if (!backward.completed()) {
      present.become(facts_of(*opened).exporter_command);
      const auto lock = exportdir::RoleLock::take(flow.layout, facts_of(*opened).exporter_role);
      if (!run.export_changes(*opened, round, stop)) return;
    }
    if (backward.way_back() != WayBack::restart) {
      flow.status.line("The target's changes are all captured: nothing is left to do here.");
      return;
    }
  }
}

}  // namespace voyager::cli
