// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
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

constexpr ErrorCode not_possible{7001};
constexpr ErrorCode endpoint_unknown{7002};

/// Why a cutover to the target can't begin now; empty when it can.
std::string refusal(const exportdir::MetaDb& meta) {
  const auto type = meta.setting(settings::export_type);
  if (!type) return "export data from source has not been started";
  if (*type == "snapshot-only")
    return "this migration exports the snapshot only: there is no stream to cut over";
  if (!snapshot::snapshot_exported(meta)) return "the snapshot is still being exported";
  if (!meta.setting(settings::import_started)) return "import data to target has not been started";
  return "";
}

/// What the cutover waits for, and whether the process that has to do it is running at all.
std::string waiting_for(const exportdir::Layout& layout, CutoverState state) {
  std::string text(waits_for(state));
  if (text.empty()) return text;
  const std::string_view role =
      state == CutoverState::sequences_read ? roles::target_db_importer : roles::source_db_exporter;
  if (!exportdir::RoleLock::holder(layout, role)) text += " (it is NOT RUNNING: start it)";
  return text;
}

}  // namespace

void initiate_cutover_to_target(const exportdir::Layout& layout, bool prepare_for_fall_back,
                                Status& status) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(layout, false);
  cutover::Journal journal(meta, "target");
  if (journal.state() != CutoverState::not_initiated) {
    status.line(fmt::format("The cutover to the target was requested already; its status is {}.",
                            documented_status(journal.state())));
    return;
  }
  const std::string reason = refusal(meta);
  if (!reason.empty())
    fail(not_possible, fmt::format("the cutover to the target can't be initiated: {}", reason),
         "See cutover status and get data-migration-report");
  if (prepare_for_fall_back)
    fail(not_possible, "this version can't prepare for fall-back",
         "Use --prepare-for-fall-back false");
  if (!status.confirm("Are you sure you want to initiate cutover to target?"))
    fail(not_possible, "stopped: the cutover was not initiated");
  journal.record(CutoverFact::request, meta.migration_uuid() + ":target");
  status.line("The cutover to the target is initiated. Follow it with cutover status.");
  for (const std::string_view role : {roles::source_db_exporter, roles::target_db_importer}) {
    if (!exportdir::RoleLock::holder(layout, role))
      status.warning(fmt::format(
          "no {} process is running: start {} for the cutover to go on", role,
          role == roles::source_db_exporter ? "export data from source" : "import data to target"));
  }
}

std::vector<CutoverStatusRow> cutover_status(const exportdir::Layout& layout) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(layout, false);
  const cutover::Journal journal(meta, "target");
  const CutoverState state = journal.state();
  const auto requested = journal.recorded_at(CutoverFact::request);
  return {{"source → target", std::string(documented_status(state)),
           requested ? utc_timestamp(*requested) : "-", waiting_for(layout, state)}};
}

void record_endpoint(exportdir::MetaDb& meta, const std::string& setting,
                     const engine::Endpoint& endpoint) {
  meta.set_setting(setting, cutover::to_json(endpoint));
}

engine::Endpoint recorded_endpoint(const exportdir::MetaDb& meta, const std::string& setting,
                                   const Secret& password) {
  const auto recorded = meta.setting(setting);
  if (!recorded) {
    const bool source = setting == settings::source_endpoint;
    fail(endpoint_unknown,
         fmt::format("the {} database of this migration is not known yet",
                     source ? "source" : "target"),
         fmt::format("Run {} first", source ? "export data from source" : "import data to target"));
  }
  engine::Endpoint endpoint = cutover::endpoint_from_json(*recorded);
  endpoint.password = password;
  endpoint.application = "yb-voyager";
  return endpoint;
}

}  // namespace voyager::cli
