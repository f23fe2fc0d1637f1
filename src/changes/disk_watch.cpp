// SPDX-License-Identifier: Apache-2.0
#include "changes/disk_watch.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/backoff.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "exportdir/disk_figures.hpp"

namespace voyager::changes {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds look_interval{5};

std::int64_t bytes_of_files(const fs::path& directory) {
  std::int64_t bytes = 0;
  std::error_code gone;  // archive changes takes segments away meanwhile
  for (const auto& entry : fs::directory_iterator(directory)) {
    const auto size = entry.file_size(gone);
    if (!gone) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

exportdir::DiskFigures figures_of(const DiskOutlook& outlook) {
  exportdir::DiskFigures figures{outlook.log_bytes, outlook.free_bytes, std::nullopt};
  if (outlook.time_left) figures.seconds_left = outlook.time_left->count();
  return figures;
}

}  // namespace

DiskWatch::DiskWatch(const exportdir::Layout& layout, exportdir::MetaDb& meta, std::string role,
                     Status& status)
    : layout_(layout),
      meta_(meta),
      role_(std::move(role)),
      status_(status),
      thread_([this](const std::stop_token& stop) { watch(stop); }) {}

DiskWatch::~DiskWatch() {
  thread_.request_stop();
  thread_.join();
  try {
    meta_.put_figures(role_, exportdir::to_figures(std::optional<exportdir::DiskFigures>()));
  } catch (const Error& error) {
    log::debug("the change log's figures stay as they were: {}", error.line());
  }
}

void DiskWatch::watch(const std::stop_token& stop) {
  do {
    try {
      look();
    } catch (const Error& error) {
      log::debug("the change log's disk can't be watched: {}", error.line());
    } catch (const fs::filesystem_error& error) {
      log::debug("the change log's disk can't be watched: {}", error.what());
    }
  } while (wait_unless_stopped(look_interval, stop));
}

void DiskWatch::look() {
  const fs::space_info space = fs::space(layout_.queue());
  const auto now = SlotTrend::Clock::now();
  const DiskOutlook outlook = trend_.sample(now, bytes_of_files(layout_.queue()),
                                            static_cast<std::int64_t>(space.available));
  const SlotAlarm alarm = alarm_of(outlook, static_cast<std::int64_t>(space.capacity));
  if (pace_.due(now, alarm)) status_.warning(describe(alarm, outlook));
  meta_.put_figures(role_, exportdir::to_figures(std::optional(figures_of(outlook))));
}

}  // namespace voyager::changes
