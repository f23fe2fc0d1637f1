// SPDX-License-Identifier: Apache-2.0
#include "cli/capture_side.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/bell.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "changes/disk_watch.hpp"
#include "cli/stalls.hpp"
#include "cutover/records.hpp"

namespace voyager::cli {

using cutover::CutoverFact;
using cutover::CutoverState;

namespace {

std::string_view captured_place(cutover::Direction direction) {
  return direction == cutover::Direction::to_target ? "source" : "target";
}

/// What was committed after the barrier can't be read any more.
bool is_lost_log(const Error& error) {
  constexpr std::array lost{ErrorCode{3201}, ErrorCode{5013}, ErrorCode{5015}};
  return std::find(lost.begin(), lost.end(), error.code()) != lost.end();
}

}  // namespace

CaptureSide::CaptureSide(const Flow& flow, CapturedDatabase database, cutover::Direction direction,
                         int round)
    : flow_(flow),
      database_(std::move(database)),
      facts_(cutover::facts_of(direction)),
      journal_(flow.meta, direction, round) {}

changes::Capture CaptureSide::capture() const {
  return {flow_.layout,
          flow_.meta,
          database_.source,
          {database_.names, database_.tables, std::string(facts_.exporter_role),
           std::string(captured_place(facts_.direction))},
          flow_.status};
}

changes::SlotWatch CaptureSide::watch_slot() const {
  return {database_.source,
          database_.names,
          std::string(captured_place(facts_.direction)),
          flow_.meta,
          std::string(facts_.exporter_role),
          flow_.status};
}

bool CaptureSide::stream(const std::function<bool()>& held_back, const std::stop_token& stop) {
  const changes::SlotWatch watch = watch_slot();
  const changes::DiskWatch disk(flow_.layout, flow_.meta, std::string(facts_.exporter_role),
                                flow_.status);
  const auto sender = watch_sender(flow_, database_.source, database_.names, facts_);
  changes::Capture::Hooks hooks;
  hooks.more_rows = [&watch] { return watch.rows(); };
  hooks.show_panel = [&] { return !held_back(); };
  hooks.barrier_wanted = [&]() -> std::optional<std::string> {
    if (held_back() || journal_.state() != CutoverState::requested) return std::nullopt;
    return journal_.barrier_id();
  };
  const auto barrier = capture().run(hooks, stop);
  if (barrier) record_barrier(*barrier);
  return barrier.has_value();
}

void CaptureSide::record_barrier(const changes::CapturedBarrier& barrier) {
  VOYAGER_FAILPOINT("cutover.before_record_barrier");
  journal_.record(CutoverFact::capture_barrier,
                  cutover::to_json(cutover::BarrierRecord{barrier.vsn, barrier.position}));
  VOYAGER_FAILPOINT("cutover.after_record_barrier");
  ring_bell(flow_.layout.committed());  // a reader that has everything waits for just this
  flow_.status.line(
      fmt::format("cutover: everything up to the barrier (vsn {}) is captured", barrier.vsn));
}

bool CaptureSide::finish(const std::stop_token& stop) {
  if (journal_.state() == CutoverState::barrier_captured && !read_sequences(stop)) return false;
  VOYAGER_FAILPOINT("cutover.after_sequences_read");
  if (!wait_for_importer(stop)) return false;
  if (journal_.state() == CutoverState::way_back_ready && !check_late_commits(stop)) return false;
  return journal_.completed() || leave_database(stop);
}

bool CaptureSide::read_sequences(const std::stop_token& stop) {
  return outlast_outages(flow_, facts_.exporter_role, "cutover", stop, [this] {
    journal_.record(CutoverFact::read_sequences,
                    cutover::to_json(database_.source.catalog()->sequences(database_.schemas)));
  });
}

bool CaptureSide::wait_for_importer(const std::stop_token& stop) {
  if (journal_.state() >= CutoverState::way_back_ready) return true;
  const changes::SlotWatch watch = watch_slot();
  return await_state(flow_, facts_.exporter_role, journal_, CutoverState::way_back_ready,
                     fmt::format("{} to apply everything", facts_.importer_command), stop);
}

bool CaptureSide::run(const std::stop_token& stop) {
  const bool captured =
      journal_.state() >= CutoverState::barrier_captured || stream([] { return false; }, stop);
  return captured && finish(stop);
}

bool CaptureSide::check_late_commits(const std::stop_token& stop) {
  const auto barrier = cutover::barrier_from_json(*journal_.detail(CutoverFact::capture_barrier));
  try {
    const auto late =
        capture().late_changes({journal_.barrier_id(), barrier.vsn, barrier.position}, stop);
    if (!late) return false;
    report_late(*late);
  } catch (const Error& error) {
    if (!is_lost_log(error)) throw;
    report_late_unknown(error);
  }
  VOYAGER_FAILPOINT("cutover.after_late_check");
  return true;
}

void CaptureSide::report_late(const changes::LateChanges& late) {
  std::string detail;
  for (const auto& [table, count] : late) {
    detail += fmt::format("{}{}: {}", detail.empty() ? "" : ", ", table.display(), count);
    flow_.status.warning(fmt::format(
        "{} row changes of {} were committed on the {} AFTER the barrier: they are NOT on the {}",
        count, table.display(), captured_place(facts_.direction), facts_.place));
  }
  journal_.record(CutoverFact::check_late_commits, detail);
}

/// All that the cutover promises is done by now: a log that is gone must not hold it up for ever.
void CaptureSide::report_late_unknown(const Error& error) {
  flow_.status.warning(
      fmt::format("whether anything was committed on the {} AFTER the barrier can't be told: {}",
                  captured_place(facts_.direction), error.what()));
  journal_.record(CutoverFact::check_late_commits, "unknown");
}

bool CaptureSide::leave_database(const std::stop_token& stop) {
  const bool left = outlast_outages(flow_, facts_.exporter_role, "cutover", stop, [&] {
    const auto control = database_.source.capture_control();
    control->drop(database_.names,
                  flow_.waiting("removing the replication slot", facts_.exporter_role, stop));
    restore_identities(flow_.meta, *control, database_.identities_setting);
  });
  if (!left) return false;
  VOYAGER_FAILPOINT("cutover.after_slot_dropped");
  journal_.record(CutoverFact::complete, "");
  flow_.status.line(
      fmt::format("cutover to {} is COMPLETED; the replication slot and publication on the {} are "
                  "removed",
                  facts_.place, captured_place(facts_.direction)));
  return true;
}

}  // namespace voyager::cli
