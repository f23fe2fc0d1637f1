// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/mutex.hpp"
#include "base/status.hpp"
#include "changes/slot_outlook.hpp"
#include "engine/source.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::changes {

/// Watches a replication slot as long as it lives, every few seconds, over a connection of its own:
/// also while nothing is read from it, which is when log piles up. Warns early, and keeps the
/// figures of the role. A database that can't be asked now is asked again later.
/// Threads: one of its own; rows() from any.
class SlotWatch {
 public:
  /// `database`: "source". The references must outlive it.
  SlotWatch(engine::ChangeSource& source, engine::CaptureNames names, std::string database,
            exportdir::MetaDb& meta, std::string role, Status& status);
  ~SlotWatch();
  SlotWatch(const SlotWatch&) = delete;
  SlotWatch& operator=(const SlotWatch&) = delete;

  /// For the live panel; none while nothing is known.
  Status::Rows rows() const;

 private:
  void watch(const std::stop_token& stop);
  void look();

  engine::ChangeSource& source_;
  const engine::CaptureNames names_;
  const std::string database_;
  exportdir::MetaDb& meta_;
  const std::string role_;
  Status& status_;
  std::unique_ptr<engine::CaptureControl> control_;
  SlotTrend trend_;
  AlarmPace pace_;
  mutable Mutex mutex_;
  std::optional<SlotOutlook> outlook_ GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses the others
};

}  // namespace voyager::changes
