// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "cli/adaptive_jobs.hpp"
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
  int max_retries_streaming = 15;  ///< when it has become import data to source
};
/// Returns when the snapshot is exported and, with changes, when the cutover is complete or a
/// signal came. After a cutover with fall-back the call goes on as import_data_to_source().
void export_data_from_source(const ExportDataRequest& request, const engine::Registry& registry,
                             Status& status, const std::stop_token& stop);

struct ImportDataRequest {
  exportdir::Layout layout{std::filesystem::path()};
  engine::Endpoint database;  ///< the target, or the source-replica
  Parallelism parallelism = {};
  bool start_clean = false;
  bool truncate_tables = false;
  bool run_guardrails = true;
  int max_retries_streaming = 15;  ///< for errors that are not connectivity
};
/// After a cutover with a way back the call goes on as export_data_from_target().
void import_data_to_target(const ImportDataRequest& request, const engine::Registry& registry,
                           Status& status, const std::stop_token& stop);
/// Throws: E7012 when the source-replica can't get every change any more.
void import_data_to_source_replica(const ImportDataRequest& request,
                                   const engine::Registry& registry, Status& status,
                                   const std::stop_token& stop);

struct ReverseRequest {
  exportdir::Layout layout{std::filesystem::path()};
  engine::Endpoint database;  ///< as recorded: the target, or the source
  Parallelism parallelism = {};
  int max_retries_streaming = 15;
};
/// Both throw E7011 while there is nothing for them to do yet. Either goes on by its other name
/// when the migration starts again after a cutover to the source.
void export_data_from_target(const ReverseRequest& request, const engine::Registry& registry,
                             Status& status, const std::stop_token& stop);
void import_data_to_source(const ReverseRequest& request, const engine::Registry& registry,
                           Status& status, const std::stop_token& stop);

/// Record the request; exporter and importer carry it out. Throw: E7001 with the reason when the
/// order is wrong. `prepare_for_fall_back` may be left out when a source-replica is there.
void initiate_cutover_to_target(const exportdir::Layout& layout,
                                std::optional<bool> prepare_for_fall_back, Status& status);
void initiate_cutover_to_source(const exportdir::Layout& layout, bool restart, Status& status);
void initiate_cutover_to_source_replica(const exportdir::Layout& layout, Status& status);

/// One row for each direction that applies, in each round: direction, status (NOT_INITIATED,
/// INITIATED, COMPLETED), time of the request in UTC or "-", and what an initiated cutover waits
/// for.
struct CutoverStatusRow {
  int round = 1;
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
  bool forget_unreachable = false;  ///< end all the same; what is left behind is told
  Secret source_password, target_password, source_replica_password;
};
/// Removes slot, publication, ledger; restores what was changed on the source; backs up; empties
/// the export directory. Twice is fine. Throws: E7101 listing what could not be reached.
void end_migration(const EndMigrationRequest& request, const engine::Registry& registry,
                   Status& status);

/// Endpoints as recorded in meta.db by export data / import data (no password in it): settings
/// "source_endpoint", "target_endpoint" and "source_replica_endpoint". Throws: E7002 when the
/// command that records it has not run.
void record_endpoint(exportdir::MetaDb& meta, const std::string& setting,
                     const engine::Endpoint& endpoint);
engine::Endpoint recorded_endpoint(const exportdir::MetaDb& meta, const std::string& setting,
                                   const Secret& password);

}  // namespace voyager::cli
