// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"

namespace voyager::cli {
namespace {

std::string status_json(const std::vector<CutoverStatusRow>& rows) {
  nlohmann::json list = nlohmann::json::array();
  for (const CutoverStatusRow& row : rows) {
    list.push_back({{"direction", row.direction},
                    {"status", row.status},
                    {"requested_at", row.requested_at},
                    {"waits_for", row.waits_for}});
  }
  return list.dump(2);
}

std::string status_table(const std::vector<CutoverStatusRow>& rows) {
  std::vector<std::vector<std::string>> cells;
  bool waiting = false;
  for (const CutoverStatusRow& row : rows) {
    cells.push_back({row.direction, row.status, row.requested_at, row.waits_for});
    waiting = waiting || !row.waits_for.empty();
  }
  std::vector<std::string> header = {"CUTOVER DIRECTION", "STATUS", "REQUESTED AT"};
  if (waiting) {
    header.emplace_back("WAITS FOR");
  } else {
    for (auto& line : cells) line.pop_back();
  }
  return format_table(header, cells);
}

}  // namespace

void InitiateCutoverCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Cutover");
  options.boolean("prepare-for-fall-back", prepare_for_fall_back_,
                  "keep the source in step with the target afterwards");
  options.only("use-yb-grpc-connector", "false",
               "changes are read from the target by logical replication");
}

int InitiateCutoverCommand::run(const Session& session) {
  initiate_cutover_to_target(session.layout, prepare_for_fall_back_, session.status);
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
