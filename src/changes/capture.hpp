// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/bell.hpp"
#include "base/error.hpp"
#include "base/status.hpp"
#include "changes/rate.hpp"
#include "engine/source.hpp"
#include "exportdir/change_log.hpp"
#include "exportdir/meta_db.hpp"
#include "exportdir/wait_notice.hpp"

namespace voyager::changes {

/// A barrier that is durably in the change log: everything committed before it on the source is,
/// too.
struct CapturedBarrier {
  std::string id;
  std::int64_t vsn = 0;
  Position position;  ///< of the barrier's transaction
};

/// What is captured, and as whom.
struct CaptureTask {
  engine::CaptureNames names;
  std::vector<Table> tables;  ///< as they were when the capture was created
  std::string role;           ///< of the exporter, in the change log and in meta.db
  std::string database;       ///< for people: "source", "target"
};

/// Commits on the source after the barrier, by table: not in the change log, never dropped
/// unmentioned.
using LateChanges = std::map<QualifiedName, std::int64_t>;

/// Throws: E5013 (give_up) when the slot has been confirmed further than this export directory
/// knows. Either the directory is an older copy, or somebody else made a new slot of this name,
/// which begins at its own place in the log: to read from it would pass over changes in silence.
void require_own_slot(const exportdir::MetaDb& meta, engine::CaptureControl& control,
                      const engine::CaptureNames& names, const std::string& place);

/// Drains the source's change stream into the change log.
///
/// Feedback to the source never passes what flush() made durable. Lost connections, a full disk and
/// server restarts are waited out with back-off and a visible reason; a transaction cut off by them
/// is dropped from the log's open end and comes again. Threads: run() on one.
class Capture {
 public:
  Capture(const exportdir::Layout& layout, exportdir::MetaDb& meta, engine::ChangeSource& source,
          CaptureTask task, Status& status);

  struct Hooks {
    /// Asked when the bell rings and about once a second: the id of the barrier to be written now,
    /// if any.
    std::function<std::optional<std::string>()> barrier_wanted;
    /// False while something else uses the terminal (the snapshot's progress bars).
    std::function<bool()> show_panel;
    /// Further rows of the panel, if given.
    std::function<Status::Rows()> more_rows;
  };
  /// Streams until the wanted barrier is captured and durable, or until a stop (nothing).
  std::optional<CapturedBarrier> run(const Hooks& hooks, const std::stop_token& stop);

  /// After the barrier: reads on without logging until a second marker, written now, comes out of
  /// the stream. What lies between are late changes. Nothing when stopped before. Does not touch
  /// the change log, which may have another writer by now.
  std::optional<LateChanges> late_changes(const CapturedBarrier& barrier,
                                          const std::stop_token& stop);

 private:
  struct Session;  // one connection's life
  std::optional<CapturedBarrier> stream_until_barrier(Session& session, const Hooks& hooks,
                                                      const std::stop_token& stop);
  std::optional<ChangeEvent> next_event(Session& session);
  void take(Session& session, const ChangeEvent& event);
  void flush(Session& session);
  void ask_for_barrier(Session& session, const Hooks& hooks);
  void publish(Session& session, const Hooks& hooks);
  static std::optional<LateChanges> changes_until(engine::ChangeStream& stream, Bell& bell,
                                                  const std::string& marker,
                                                  const std::stop_token& stop);
  std::unique_ptr<engine::ChangeStream> open_stream(const Position& after);
  void wait_or_throw(const Error& error, const std::string& doing, Backoff& backoff,
                     const std::stop_token& stop);

  const exportdir::Layout& layout_;
  exportdir::MetaDb& meta_;
  engine::ChangeSource& source_;
  CaptureTask task_;
  Status& status_;

  exportdir::WaitNotice notice_;
  Bell bell_;
  std::optional<std::string> barrier_written_;
  std::int64_t total_before_ = 0;
  std::int64_t in_this_run_ = 0;
  std::int64_t last_commit_micros_ = 0;
  int failures_ = 0;  ///< internal errors of the server since changes were flushed
  RateMeter rate_;
  RateMeter::Clock::time_point published_{};
};

}  // namespace voyager::changes
