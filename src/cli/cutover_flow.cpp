// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/text.hpp"
#include "cli/databases.hpp"
#include "cli/flow_steps.hpp"
#include "cli/flows.hpp"
#include "cli/settings.hpp"
#include "cutover/journal.hpp"
#include "cutover/records.hpp"
#include "exportdir/lock.hpp"
#include "exportdir/meta_db.hpp"
#include "model/roles.hpp"

namespace voyager::cli {
namespace {

using cutover::CutoverFact;
using cutover::CutoverState;
using cutover::Direction;
using cutover::Journal;
using cutover::WayBack;

constexpr ErrorCode not_possible{7001};
constexpr ErrorCode endpoint_unknown{7002};

/// Why a cutover to the target can't begin now; empty when it can.
std::string refusal_to_target(const exportdir::MetaDb& meta, const Journal& journal) {
  const auto type = meta.setting(settings::export_type);
  if (!type) return "export data from source has not been started";
  if (*type == "snapshot-only")
    return "this migration exports the snapshot only: there is no stream to cut over";
  if (!snapshot::snapshot_exported(meta)) return "the snapshot is still being exported";
  if (journal.round() == 1 && !meta.setting(settings::import_started))
    return "import data to target has not been started";
  return "";
}

/// Why the way back can't be taken now; empty when it can.
std::string refusal_back(const Journal& forward, Direction direction) {
  if (!forward.completed()) return "the cutover to the target is not complete";
  if (opened_direction(forward.way_back()) == direction) return "";
  switch (forward.way_back()) {
    case WayBack::fall_back:
      return "this migration falls back: use initiate cutover to source";
    case WayBack::fall_forward:
      return "this migration falls forward: use initiate cutover to source-replica";
    default:
      return "the cutover to the target was initiated with no way back";
  }
}

/// Throws: E7001 when what was chosen does not fit the migration.
WayBack chosen_way_back(const exportdir::MetaDb& meta, std::optional<bool> fall_back) {
  const bool replica = meta.setting(settings::source_replica_started).has_value();
  if (!replica && !fall_back) {
    fail(not_possible, "--prepare-for-fall-back is missing",
         "Say true to keep the source in step with the target afterwards, else false; with a "
         "source-replica (import data to source-replica) it is not needed");
  }
  if (replica && fall_back.value_or(false)) {
    fail(not_possible, "this migration has a source-replica: its way back is fall-forward",
         "Use --prepare-for-fall-back false");
  }
  if (replica) return WayBack::fall_forward;
  return *fall_back ? WayBack::fall_back : WayBack::none;
}

std::string_view role_of(const cutover::DirectionFacts& facts, cutover::Side side) {
  return side == cutover::Side::exporter ? facts.exporter_role : facts.importer_role;
}

std::string_view command_of(const cutover::DirectionFacts& facts, cutover::Side side) {
  return side == cutover::Side::exporter ? facts.exporter_command : facts.importer_command;
}

/// What the cutover waits for, and whether the process that has to do it is running at all.
std::string waiting_for(const exportdir::Layout& layout, const Journal& journal) {
  const auto awaited = cutover::awaited_in(journal.state());
  if (!awaited) return "";
  const auto& facts = facts_of(journal.direction());
  std::string text = fmt::format("{} to {}", command_of(facts, awaited->side), awaited->work);
  if (!exportdir::RoleLock::holder(layout, role_of(facts, awaited->side)))
    text += " (it is NOT RUNNING: start it)";
  return text;
}

/// Asks, records, and says which processes have to be started. The way back is chosen after the
/// answer, which may have taken its time, but what can't be chosen is refused before the question.
void request(const exportdir::Layout& layout, Journal& journal,
             const std::function<WayBack()>& choose, Status& status) {
  const auto& facts = facts_of(journal.direction());
  choose();
  if (!status.confirm(fmt::format("Are you sure you want to initiate cutover to {}?", facts.place)))
    fail(not_possible, "stopped: the cutover was not initiated");
  {
    const auto lock = exportdir::RoleLock::take_in_turn(layout, way_back_choice);
    journal.record(CutoverFact::request, std::string(word_of(choose())));
    VOYAGER_FAILPOINT("initiate.recorded");
  }
  status.line(fmt::format("The cutover to the {} is initiated. Follow it with cutover status.",
                          facts.place));
  for (const cutover::Side side : {cutover::Side::exporter, cutover::Side::importer}) {
    if (!exportdir::RoleLock::holder(layout, role_of(facts, side))) {
      status.warning(fmt::format("no {} process is running: start {} for the cutover to go on",
                                 role_of(facts, side), command_of(facts, side)));
    }
  }
}

bool requested_before(const Journal& journal, Status& status) {
  if (journal.state() == CutoverState::not_initiated) return false;
  status.line(fmt::format("The cutover to the {} was requested already; its status is {}.",
                          facts_of(journal.direction()).place, documented_status(journal.state())));
  return true;
}

void refuse(Direction direction, const std::string& reason) {
  if (reason.empty()) return;
  fail(not_possible,
       fmt::format("the cutover to the {} can't be initiated: {}", facts_of(direction).place,
                   reason),
       "See cutover status and get data-migration-report");
}

void initiate_back(const exportdir::Layout& layout, Direction direction, WayBack way,
                   Status& status) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(layout, false);
  const int round = cutover::current_round(meta);
  Journal journal(meta, direction, round);
  if (requested_before(journal, status)) return;
  refuse(direction, refusal_back({meta, Direction::to_target, round}, direction));
  request(
      layout, journal, [way] { return way; }, status);
}

CutoverStatusRow status_row(const exportdir::Layout& layout, const Journal& journal) {
  const auto requested = journal.recorded_at(CutoverFact::request);
  return {journal.round(), std::string(facts_of(journal.direction()).title),
          std::string(documented_status(journal.state())),
          requested ? utc_timestamp(*requested) : "-", waiting_for(layout, journal)};
}

/// The direction in which a round can end, once it is known.
std::optional<Direction> direction_back(const exportdir::MetaDb& meta, const Journal& forward) {
  if (const auto opened = opened_direction(forward.way_back())) return opened;
  if (meta.setting(settings::source_replica_started)) return Direction::to_source_replica;
  return std::nullopt;
}

}  // namespace

void initiate_cutover_to_target(const exportdir::Layout& layout,
                                std::optional<bool> prepare_for_fall_back, Status& status) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(layout, false);
  Journal journal(meta, Direction::to_target, cutover::current_round(meta));
  if (requested_before(journal, status)) return;
  refuse(Direction::to_target, refusal_to_target(meta, journal));
  request(
      layout, journal, [&] { return chosen_way_back(meta, prepare_for_fall_back); }, status);
}

void initiate_cutover_to_source(const exportdir::Layout& layout, bool restart, Status& status) {
  initiate_back(layout, Direction::to_source, restart ? WayBack::restart : WayBack::none, status);
}

void initiate_cutover_to_source_replica(const exportdir::Layout& layout, Status& status) {
  initiate_back(layout, Direction::to_source_replica, WayBack::none, status);
}

std::vector<CutoverStatusRow> cutover_status(const exportdir::Layout& layout) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(layout, false);
  std::vector<CutoverStatusRow> rows;
  for (int round = 1; round <= cutover::current_round(meta); ++round) {
    const Journal forward(meta, Direction::to_target, round);
    rows.push_back(status_row(layout, forward));
    if (const auto back = direction_back(meta, forward))
      rows.push_back(status_row(layout, {meta, *back, round}));
  }
  return rows;
}

void record_endpoint(exportdir::MetaDb& meta, const std::string& setting,
                     const engine::Endpoint& endpoint) {
  meta.set_setting(setting, cutover::to_json(endpoint));
}

engine::Endpoint recorded_endpoint(const exportdir::MetaDb& meta, const std::string& setting,
                                   const Secret& password) {
  const auto recorded = meta.setting(setting);
  if (!recorded) {
    const auto database =
        std::find_if(all_databases.begin(), all_databases.end(),
                     [&](Database one) { return facts_of(one).endpoint_setting == setting; });
    const DatabaseFacts& facts = facts_of(*database);
    fail(endpoint_unknown,
         fmt::format("the {} database of this migration is not known yet", facts.name),
         fmt::format("Run {} first", facts.first_command));
  }
  engine::Endpoint endpoint = cutover::endpoint_from_json(*recorded);
  endpoint.password = password;
  endpoint.application = "yb-voyager";
  return endpoint;
}

}  // namespace voyager::cli
