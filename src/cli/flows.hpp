// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "engine/registry.hpp"
#include "exportdir/layout.hpp"
#include "snapshot/export_snapshot.hpp"

/// The long-running commands: what they put together from the pipelines. Options are parsed
/// elsewhere.
namespace voyager::cli {

struct ExportDataRequest {
  exportdir::Layout layout{std::filesystem::path()};
  engine::Endpoint source;
  bool with_changes = false;  ///< --export-type snapshot-and-changes
  snapshot::TableSelection selection;
  snapshot::DataFormat format = snapshot::DataFormat::automatic;
  int parallel_jobs = 4;
  bool start_clean = false;
  bool run_guardrails = true;
};
/// Returns when the snapshot is exported and, with changes, when the cutover is complete or a
/// signal came.
void export_data_from_source(const ExportDataRequest& request, const engine::Registry& registry,
                             Status& status, const std::stop_token& stop);

struct ImportDataRequest {
  exportdir::Layout layout{std::filesystem::path()};
  engine::Endpoint target;
  int parallel_jobs = 0;  ///< 0: from the target's cores
  bool start_clean = false;
  bool truncate_tables = false;
  bool run_guardrails = true;
  int max_retries_streaming = 15;  ///< for errors that are not connectivity
};
void import_data_to_target(const ImportDataRequest& request, const engine::Registry& registry,
                           Status& status, const std::stop_token& stop);

/// Records the request; the exporter and importer carry it out. Throws: E7001 with the reason when
/// the order is wrong.
void initiate_cutover_to_target(const exportdir::Layout& layout, bool prepare_for_fall_back,
                                Status& status);

/// One row for each direction that applies: direction, status (NOT_INITIATED, INITIATED,
/// COMPLETED), time of the request in UTC or "-", and what an initiated cutover waits for.
struct CutoverStatusRow {
  std::string direction;
  std::string status;
  std::string requested_at;
  std::string waits_for;
};
std::vector<CutoverStatusRow> cutover_status(const exportdir::Layout& layout);

struct EndMigrationRequest {
  exportdir::Layout layout{std::filesystem::path()};
  bool backup_schema = false, backup_data = false, save_reports = false, backup_logs = false;
  std::string backup_directory;
  Secret source_password, target_password;
};
/// Removes slot, publication, ledger; restores what was changed on the source; backs up; empties
/// the export directory. Twice is fine. Throws: E7101 listing what could not be reached.
void end_migration(const EndMigrationRequest& request, const engine::Registry& registry,
                   Status& status);

/// Endpoints as recorded in meta.db by export data / import data (no password in it): settings
/// "source_endpoint" and "target_endpoint". Throws: E7002 when the command that records it has not
/// run.
void record_endpoint(exportdir::MetaDb& meta, const std::string& setting,
                     const engine::Endpoint& endpoint);
engine::Endpoint recorded_endpoint(const exportdir::MetaDb& meta, const std::string& setting,
                                   const Secret& password);

}  // namespace voyager::cli
