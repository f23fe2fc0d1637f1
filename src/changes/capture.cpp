// SPDX-License-Identifier: Apache-2.0
#include "changes/capture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "changes/lag.hpp"
#include "changes/source_history.hpp"

namespace voyager::changes {
namespace {

using Clock = RateMeter::Clock;

constexpr ErrorCode directory_too_old{5013};
constexpr ErrorCode unknown_compression{5016};

/// A busy stream is flushed at these points, an idle one at once: each flush costs an fdatasync,
/// and until it no reader sees the changes and the source keeps its log.
constexpr std::uint64_t flush_bytes = 8ULL << 20;
constexpr std::chrono::milliseconds flush_interval{50};
constexpr std::chrono::milliseconds idle_wait{1000};
constexpr int most_failures = 8;  // of the server itself, without any change between them
/// More of a busy stream comes within this time, and one flush serves it all: without it,
/// TPC-B-like transactions cost an fdatasync each and capture ran at a tenth of its speed.
constexpr std::chrono::milliseconds gathering_wait{2};

/// Packed is a quarter of the room; it costs less than a tenth of the CPU that the server needs to
/// decode the same changes, and while that keeps one core busy, another one does it.
bool packing_from_environment() {
  const char* given = std::getenv("QUEUE_COMPRESSION");
  const std::string_view word = given == nullptr ? "zstd" : given;
  if (word != "none" && word != "zstd")
    fail(unknown_compression, "the environment's QUEUE_COMPRESSION is neither none nor zstd",
         "Set it to one of these, or leave it out");
  return word == "zstd";
}

exportdir::ChangeLogLimits limits_from_environment() {
  exportdir::ChangeLogLimits limits;
  // Documented by the reference; small values make many segments in tests.
  const char* bytes = std::getenv("QUEUE_SEGMENT_MAX_BYTES");
  if (bytes != nullptr)
    limits.segment_bytes = static_cast<std::uint64_t>(
        std::max<std::int64_t>(1, parse_int(bytes).value_or(256LL << 20)));
  limits.packs = packing_from_environment();
  return limits;
}

std::string end_marker(const std::string& barrier_id) {
  return barrier_id + ".end";
}

std::int64_t sum_of(const std::map<QualifiedName, ChangeCounts>& counts) {
  std::int64_t sum = 0;
  for (const auto& [table, count] : counts) sum += count.total();
  return sum;
}

}  // namespace

void require_own_slot(const exportdir::MetaDb& meta, engine::CaptureControl& control,
                      const engine::CaptureNames& names, const std::string& place) {
  const auto recorded = meta.confirmed(names.slot);
  const Position there = control.confirmed(names);
  if (!recorded || there <= *recorded) return;
  fail(directory_too_old,
       fmt::format(
           "replication slot {} on the {} is at {}, but this export directory has confirmed "
           "no more than {}: the directory is older than the slot, or the slot was made anew "
           "by somebody else; the changes between are lost",
           names.slot, place, there.text, recorded->text),
       "Put the newest copy of the export directory back; if there is none, begin anew with export "
       "data --start-clean true, or end the migration");
}

struct Capture::Session {
  exportdir::ChangeLogWriter& writer;
  engine::ChangeStream& stream;
  std::optional<std::string> barrier_seen = std::nullopt;  ///< in the open transaction or before
  std::int64_t barrier_vsn = 0;
  bool at_commit = true;
  Clock::time_point flushed = Clock::now();
};

Capture::Capture(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                 engine::ChangeSource& source, CaptureTask task, Status& status)
    : layout_(layout),
      meta_(meta),
      source_(source),
      task_(std::move(task)),
      status_(status),
      notice_(meta, task_.role, status),
      bell_(layout.bell()),
      total_before_(sum_of(meta.exported_counts(task_.role))),
      rate_(Clock::now()) {}

std::unique_ptr<engine::ChangeStream> Capture::open_stream(const Position& after) {
  const auto control = source_.capture_control();
  require_own_slot(meta_, *control, task_.names, task_.database);
  if (control->usable(task_.names, {}) && !control->usable(task_.names, after))
    fail_lost_history(after, task_.database);
  auto stream = source_.change_stream(task_.names, task_.tables, after);
  follow_history(meta_, *stream, task_.names.slot, after, task_.database);
  stream->wake_on(bell_.fd());
  stream->before_confirming(
      [this](const Position& position) { meta_.put_confirmed(task_.names.slot, position); });
  return stream;
}

void Capture::wait_or_throw(const Error& error, const std::string& doing, Backoff& backoff,
                            const std::stop_token& stop) {
  log::warn("{}: {}", doing, error.line());
  if (error.action() == Action::give_up) throw Error(error);
  const auto pause = backoff.next();
  notice_.waiting(doing, error.line(), pause);
  wait_unless_stopped(pause, stop);
}

std::optional<CapturedBarrier> Capture::run(const Hooks& hooks, const std::stop_token& stop) {
  exportdir::ChangeLogWriter writer(layout_, meta_, task_.role, limits_from_environment());
  Backoff backoff;
  while (!stop.stop_requested()) {
    try {
      const auto stream = open_stream(writer.last_position());
      Session session{writer, *stream};
      // One that was written and did not come may be gone: not all that a primary has committed is
      // on the standby that takes its place.
      barrier_written_.reset();
      const Clock::time_point opened = Clock::now();
      log::info("capture: streaming from slot {} after position {}", task_.names.slot,
                writer.last_position().text);
      auto barrier = stream_until_barrier(session, hooks, stop);
      if (barrier || stop.stop_requested()) return barrier;
      if (Clock::now() - opened > std::chrono::minutes(1)) backoff.reset();
    } catch (const Error& error) {
      writer.discard_open_transaction();
      // A new session of the server may decode what this one could not; not so when several fail.
      const bool internal = error.action() == Action::retry && error.sqlstate().starts_with("XX");
      if (internal && ++failures_ > most_failures) throw;
      wait_or_throw(error, "capture", backoff, stop);
    }
  }
  return std::nullopt;
}

std::optional<CapturedBarrier> Capture::stream_until_barrier(Session& session, const Hooks& hooks,
                                                             const std::stop_token& stop) {
  ask_for_barrier(session, hooks);
  while (!stop.stop_requested()) {
    const std::optional<ChangeEvent> event = next_event(session);
    if (event) take(session, *event);
    const bool flush_due = session.writer.unflushed_bytes() >= flush_bytes ||
                           Clock::now() - session.flushed >= flush_interval;
    if (session.at_commit && (flush_due || session.barrier_seen)) flush(session);
    if (session.at_commit && session.barrier_seen)
      return CapturedBarrier{*session.barrier_seen, session.barrier_vsn,
                             session.writer.last_position()};
    if (!event) {
      notice_.over();
      bell_.clear();
      ask_for_barrier(session, hooks);
    }
    publish(session, hooks);
  }
  if (session.at_commit) flush(session);
  return std::nullopt;
}

std::optional<ChangeEvent> Capture::next_event(Session& session) {
  auto event = session.stream.next(std::chrono::milliseconds(0));
  if (!event && session.writer.unflushed_bytes() > 0) event = session.stream.next(gathering_wait);
  if (event) return event;
  if (session.at_commit) flush(session);
  return session.stream.next(idle_wait);
}

void Capture::take(Session& session, const ChangeEvent& event) {
  session.writer.append(event);
  if (const auto* begin = std::get_if<Begin>(&event)) {
    session.at_commit = false;
    last_commit_micros_ = begin->commit_unix_micros;
  } else if (std::holds_alternative<Commit>(event)) {
    session.at_commit = true;
    VOYAGER_FAILPOINT("capture.after_commit");
  } else if (const auto* barrier = std::get_if<Barrier>(&event)) {
    if (barrier->id == barrier_written_) {
      session.barrier_seen = barrier->id;
      session.barrier_vsn = session.writer.last_vsn();
    }
  } else if (!std::holds_alternative<Relation>(event)) {
    ++in_this_run_;
  }
}

void Capture::flush(Session& session) {
  session.flushed = Clock::now();
  const bool has_news = session.writer.unflushed_bytes() > 0;
  if (has_news) VOYAGER_FAILPOINT("capture.before_flush");
  // Without news too: the last counts reach meta.db then.
  const DurablePosition durable = session.writer.flush();
  if (!has_news) return;
  failures_ = 0;
  VOYAGER_FAILPOINT("capture.after_flush");
  notice_.over();
  session.stream.acknowledge(durable);
}

void Capture::ask_for_barrier(Session& session, const Hooks& hooks) {
  if (barrier_written_ || !hooks.barrier_wanted) return;
  const std::optional<std::string> wanted = hooks.barrier_wanted();
  if (!wanted || !session.at_commit) return;
  source_.barrier_writer(task_.names)->write(*wanted);
  VOYAGER_FAILPOINT("capture.after_barrier_written");
  barrier_written_ = wanted;
  log::info("capture: barrier {} written to the {}", *wanted, task_.database);
}

void Capture::publish(Session& session, const Hooks& hooks) {
  const Clock::time_point now = Clock::now();
  if (now - published_ < std::chrono::seconds(1)) return;
  rate_.sample(now, in_this_run_);
  if (session.at_commit && session.barrier_seen == std::nullopt) ask_for_barrier(session, hooks);
  const std::int64_t rate = rate_.per_second(std::chrono::minutes(3));
  const std::optional<std::int64_t> behind = session.stream.bytes_behind();
  published_ = Clock::now();  // the question may have taken long: what has arrived goes first
  const std::string behind_text =
      behind ? human_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, *behind)))
             : "unknown";
  const auto lag = behind.value_or(0) > 0 && last_commit_micros_ > 0
                       ? lag_millis(last_commit_micros_, unix_micros_now())
                       : std::optional<std::int64_t>(0);
  meta_.put_figures(task_.role, {{"events_per_second", std::to_string(rate)},
                                 {"bytes_behind", behind ? std::to_string(*behind) : ""},
                                 {"lag_millis", lag_figure(lag)}});
  if (hooks.show_panel && !hooks.show_panel()) return;
  Status::Rows rows{
      {"Total Exported Events", std::to_string(total_before_ + in_this_run_)},
      {"Total Exported Events (Current Run)", std::to_string(in_this_run_)},
      {"Export Rate(Last 3 min)", fmt::format("{}/sec", rate)},
      {"Export Rate(Last 10 min)",
       fmt::format("{}/sec", rate_.per_second(std::chrono::minutes(10)))},
      {"Behind the " + task_.database, behind_text},
      {"Lag behind the " + task_.database, lag_text(lag)},
  };
  if (hooks.more_rows) {
    for (auto& row : hooks.more_rows()) rows.push_back(std::move(row));
  }
  status_.panel(rows);
}

std::optional<LateChanges> Capture::changes_until(engine::ChangeStream& stream, Bell& bell,
                                                  const std::string& marker,
                                                  const std::stop_token& stop) {
  LateChanges late;
  std::map<std::uint32_t, QualifiedName> relations;
  while (!stop.stop_requested()) {
    const auto event = stream.next(idle_wait);
    if (!event) {
      bell.clear();
      continue;
    }
    if (const auto* relation = std::get_if<Relation>(&*event)) {
      relations[relation->id] = relation->table;
    } else if (const auto* change = std::get_if<RowChange>(&*event)) {
      ++late[relations[change->relation]];
    } else if (const auto* truncate = std::get_if<Truncate>(&*event)) {
      for (const std::uint32_t id : truncate->relations) ++late[relations[id]];
    } else if (const auto* barrier = std::get_if<Barrier>(&*event)) {
      if (barrier->id == marker) return late;
    }
  }
  return std::nullopt;
}

std::optional<LateChanges> Capture::late_changes(const CapturedBarrier& barrier,
                                                 const std::stop_token& stop) {
  Backoff backoff;
  const std::string marker = end_marker(barrier.id);
  while (!stop.stop_requested()) {
    try {
      // The log's end is the barrier: what comes after it is late. Nothing of it is acknowledged.
      const auto stream = open_stream(barrier.position);
      source_.barrier_writer(task_.names)->write(marker);
      return changes_until(*stream, bell_, marker, stop);
    } catch (const Error& error) {
      wait_or_throw(error, "the check for late commits", backoff, stop);
    }
  }
  return std::nullopt;
}

}  // namespace voyager::changes
