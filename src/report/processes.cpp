// SPDX-License-Identifier: Apache-2.0
#include "report/processes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"

namespace voyager::report {
namespace {

using exportdir::SlotFigures;
using exportdir::WaitFigures;
using Json = nlohmann::ordered_json;

std::string bytes_text(std::int64_t bytes) {
  return human_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes)));
}

std::string time_text(std::int64_t unix_micros) {
  return unix_micros == 0 ? "an unknown time" : utc_timestamp(unix_micros);
}

std::string wait_line(const WaitFigures& wait) {
  std::string line = fmt::format("  WAITS since {}: {}", time_text(wait.since_micros), wait.cause);
  if (wait.next_try_micros)
    line += fmt::format("; next try at {}", utc_timestamp(*wait.next_try_micros));
  return line + "\n";
}

std::string slot_line(const SlotFigures& slot) {
  std::string line = fmt::format("  replication slot: {}", slot.state);
  if (slot.retained_bytes)
    line += fmt::format("; the server keeps {} of log for it", bytes_text(*slot.retained_bytes));
  if (slot.growth_per_second.value_or(0) > 0)
    line += fmt::format(", {}/s more", bytes_text(*slot.growth_per_second));
  if (slot.left_bytes) {
    line += fmt::format("; {} until its limit", bytes_text(*slot.left_bytes));
    if (slot.seconds_left)
      line += fmt::format(", reached in {}", short_duration(*slot.seconds_left));
  }
  return line + "\n";
}

std::string disk_line(const exportdir::DiskFigures& disk) {
  std::string line = fmt::format("  change log: {}; {} are free", bytes_text(disk.log_bytes),
                                 bytes_text(disk.free_bytes));
  if (disk.seconds_left) line += fmt::format(", full in {}", short_duration(*disk.seconds_left));
  return line + "\n";
}

std::string headline(const ProcessStatus& process) {
  if (process.pid) return fmt::format("{}: running (pid {})\n", process.command, *process.pid);
  return fmt::format("{}: NOT RUNNING; meanwhile its database keeps all its log for it: start it\n",
                     process.command);
}

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json slot_json(const SlotFigures& slot) {
  return {{"state", slot.state},
          {"retained_bytes", or_null(slot.retained_bytes)},
          {"growth_bytes_per_second", or_null(slot.growth_per_second)},
          {"bytes_until_limit", or_null(slot.left_bytes)},
          {"seconds_until_limit", or_null(slot.seconds_left)}};
}

Json disk_json(const exportdir::DiskFigures& disk) {
  return {{"bytes", disk.log_bytes},
          {"free_bytes", disk.free_bytes},
          {"seconds_until_full", or_null(disk.seconds_left)}};
}

Json process_json(const ProcessStatus& process) {
  Json json{{"role", process.role}, {"command", process.command}, {"pid", or_null(process.pid)}};
  json["waiting_for"] = process.wait ? Json(process.wait->cause) : Json(nullptr);
  json["waiting_since"] =
      process.wait ? Json(time_text(process.wait->since_micros)) : Json(nullptr);
  json["next_try"] = process.wait && process.wait->next_try_micros
                         ? Json(utc_timestamp(*process.wait->next_try_micros))
                         : Json(nullptr);
  json["replication_slot"] = process.slot ? slot_json(*process.slot) : Json(nullptr);
  json["change_log"] = process.disk ? disk_json(*process.disk) : Json(nullptr);
  return json;
}

}  // namespace

ProcessStatus process_status(std::string role, std::string command, std::optional<int> pid,
                             const exportdir::Figures& figures) {
  ProcessStatus status;
  status.role = std::move(role);
  status.command = std::move(command);
  status.pid = pid;
  if (!pid) return status;
  status.wait = exportdir::wait_from(figures);
  status.slot = exportdir::slot_from(figures);
  status.disk = exportdir::disk_from(figures);
  return status;
}

std::string processes_text(const std::vector<ProcessStatus>& processes) {
  std::string text;
  for (const ProcessStatus& process : processes) {
    text += headline(process);
    if (process.wait) text += wait_line(*process.wait);
    if (process.slot) text += slot_line(*process.slot);
    if (process.disk) text += disk_line(*process.disk);
  }
  return text;
}

std::string processes_json(const std::vector<ProcessStatus>& processes) {
  Json json = Json::array();
  for (const ProcessStatus& process : processes) json.push_back(process_json(process));
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace voyager::report
