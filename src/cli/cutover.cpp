// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "cli/commands.hpp"

namespace voyager::cli {
namespace {

std::string status_json(const std::vector<CutoverStatusRow>& rows) {
  nlohmann::json list = nlohmann::json::array();
  for (const CutoverStatusRow& row : rows) {
    list.push_back({{"round", row.round},
                    {"direction", row.direction},
                    {"status", row.status},
                    {"requested_at", row.requested_at},
                    {"waits_for", row.waits_for}});
  }
  return list.dump(2);
}

/// Columns that say nothing are left out: the round while there is one, and what nobody waits for.
std::string status_table(const std::vector<CutoverStatusRow>& rows) {
  const bool rounds = !rows.empty() && rows.back().round > 1;
  const bool waiting =
      std::any_of(rows.begin(), rows.end(), [](const auto& row) { return !row.waits_for.empty(); });
  std::vector<std::string> header = {"CUTOVER DIRECTION", "STATUS", "REQUESTED AT"};
  if (waiting) header.emplace_back("WAITS FOR");
  if (rounds) header.insert(header.begin(), "ROUND");
  std::vector<std::vector<std::string>> cells;
  for (const CutoverStatusRow& row : rows) {
    std::vector<std::string> line = {row.direction, row.status, row.requested_at};
    if (waiting) line.push_back(row.waits_for);
    if (rounds) line.insert(line.begin(), std::to_string(row.round));
    cells.push_back(std::move(line));
  }
  return format_table(header, cells);
}

}  // namespace

void InitiateCutoverToTargetCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Cutover");
  options.boolean("prepare-for-fall-back", prepare_for_fall_back_,
                  "keep the source in step with the target afterwards; required unless there is a "
                  "source-replica");
  options.only("use-yb-grpc-connector", "false",
               "changes are read from the target by logical replication");
}

int InitiateCutoverToTargetCommand::run(const Session& session) {
  initiate_cutover_to_target(session.layout, prepare_for_fall_back_, session.status);
  return 0;
}

void InitiateCutoverToSourceCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Cutover");
  options.boolean("restart-data-migration-source-target", restart_,
                  "go on with the source's changes to the target again, in a new round");
}

int InitiateCutoverToSourceCommand::run(const Session& session) {
  initiate_cutover_to_source(session.layout, restart_, session.status);
  return 0;
}

void InitiateCutoverToReplicaCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
}

int InitiateCutoverToReplicaCommand::run(const Session& session) {
  initiate_cutover_to_source_replica(session.layout, session.status);
  return 0;
}

void CutoverStatusCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Output");
  add_output_format(options, format_);
}

int CutoverStatusCommand::run(const Session& session) {
  const auto rows = cutover_status(session.layout);
  if (format_ == "json") {
    print_document(session.out, status_json(rows));
  } else {
    session.out << status_table(rows);
  }
  return 0;
}

}  // namespace voyager::cli
