// SPDX-License-Identifier: Apache-2.0
#include "changes/slot_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/backoff.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "exportdir/live_figures.hpp"

namespace voyager::changes {
namespace {

/// The query costs the server nothing; a busy one fills a segment (16 MiB) in less.
constexpr std::chrono::seconds look_interval{5};

std::string growth_text(std::int64_t bytes_per_second) {
  const auto size = static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes_per_second));
  return fmt::format(" (+{}/s)", human_bytes(size));
}

exportdir::SlotFigures figures_of(const SlotOutlook& outlook) {
  exportdir::SlotFigures figures;
  figures.state = std::string(word_of(outlook.health.state));
  figures.retained_bytes = outlook.health.retained_bytes;
  figures.growth_per_second = outlook.growth_per_second;
  figures.left_bytes = outlook.health.left_bytes;
  if (outlook.time_left) figures.seconds_left = outlook.time_left->count();
  return figures;
}

std::string limit_text(const SlotOutlook& outlook) {
  if (outlook.time_left) return short_duration(outlook.time_left->count());
  return outlook.health.left_bytes ? "not reached" : "no limit set";
}

}  // namespace

SlotWatch::SlotWatch(engine::ChangeSource& source, engine::CaptureNames names, std::string database,
                     exportdir::MetaDb& meta, std::string role, Status& status)
    : source_(source),
      names_(std::move(names)),
      database_(std::move(database)),
      meta_(meta),
      role_(std::move(role)),
      status_(status),
      thread_([this](const std::stop_token& stop) { watch(stop); }) {}

SlotWatch::~SlotWatch() {
  thread_.request_stop();
  thread_.join();
  try {
    meta_.put_figures(role_, exportdir::to_figures(exportdir::SlotFigures{}));
  } catch (const Error& error) {
    log::debug("the slot's figures stay as they were: {}", error.line());
  }
}

void SlotWatch::watch(const std::stop_token& stop) {
  do {
    try {
      look();
    } catch (const Error& error) {
      // Whoever reads the slot says so in the way that suits it.
      log::debug("slot {} can't be looked at: {}", names_.slot, error.line());
      control_.reset();
    }
  } while (wait_unless_stopped(look_interval, stop));
}

void SlotWatch::look() {
  if (!control_) control_ = source_.capture_control();
  const auto health = control_->health(names_);
  if (!health) return;
  const auto now = SlotTrend::Clock::now();
  const SlotOutlook outlook = trend_.sample(now, *health);
  {
    MutexLock lock(mutex_);
    outlook_ = outlook;
  }
  const SlotAlarm alarm = alarm_of(outlook);
  if (pace_.due(now, alarm)) status_.warning(describe(alarm, outlook, names_.slot, database_));
  meta_.put_figures(role_, exportdir::to_figures(figures_of(outlook)));
}

Status::Rows SlotWatch::rows() const {
  MutexLock lock(mutex_);
  if (!outlook_) return {};
  const auto retained = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, outlook_->health.retained_bytes.value_or(0)));
  return {{"Replication slot", std::string(word_of(outlook_->health.state))},
          {"Log kept for the slot",
           human_bytes(retained) + growth_text(outlook_->growth_per_second.value_or(0))},
          {"Time to the slot's limit", limit_text(*outlook_)}};
}

}  // namespace voyager::changes
