// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>
#include <thread>

#include "base/status.hpp"
#include "changes/disk_outlook.hpp"
#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::changes {

/// Watches, as long as it lives, how fast the change log fills its file system: a backlog that
/// grows because an importer stands still shows here long before the disk is full. Warns early, and
/// keeps the figures of the exporter's role. Threads: one of its own.
class DiskWatch {
 public:
  /// The references must outlive it.
  DiskWatch(const exportdir::Layout& layout, exportdir::MetaDb& meta, std::string role,
            Status& status);
  ~DiskWatch();
  DiskWatch(const DiskWatch&) = delete;
  DiskWatch& operator=(const DiskWatch&) = delete;

 private:
  void watch(const std::stop_token& stop);
  void look();

  const exportdir::Layout& layout_;
  exportdir::MetaDb& meta_;
  const std::string role_;
  Status& status_;
  DiskTrend trend_;
  AlarmPace pace_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace voyager::changes
