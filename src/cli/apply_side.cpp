// SPDX-License-Identifier: Apache-2.0
#include "cli/apply_side.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "changes/apply.hpp"
#include "cli/stalls.hpp"
#include "cutover/records.hpp"

namespace voyager::cli {

using cutover::CutoverFact;
using cutover::CutoverState;
using cutover::Direction;

namespace {

constexpr ErrorCode bookkeeping_lost{6012};

std::int64_t barrier_vsn(const cutover::Journal& journal) {
  const auto barrier = journal.detail(CutoverFact::capture_barrier);
  return barrier ? cutover::barrier_from_json(*barrier).vsn : 0;
}

}  // namespace

ApplySide::ApplySide(const Flow& flow, engine::TargetEngine& database, Direction direction,
                     int round, const char* suspended_setting, ApplyEffort effort)
    : flow_(flow),
      database_(database),
      facts_(cutover::facts_of(direction)),
      journal_(flow.meta, direction, round),
      suspended_setting_(suspended_setting),
      effort_(effort) {}

/// What stands in the log before the direction was opened is what this database wrote itself, or
/// had already. Only the source-replica follows the log through all directions.
std::int64_t ApplySide::start_after() const {
  switch (facts_.direction) {
    case Direction::to_source_replica:
      return 0;
    case Direction::to_source:
      return barrier_vsn({flow_.meta, Direction::to_target, journal_.round()});
    case Direction::to_target:
      if (journal_.round() == 1) return 0;
      return barrier_vsn({flow_.meta, Direction::to_source, journal_.round() - 1});
  }
  return 0;
}

/// Without its ledger, a database that changes come to and no snapshot would get all of them once
/// more. Where there was a snapshot, its import has looked.
void ApplySide::require_bookkeeping() const {
  const std::int64_t start = start_after();
  if (start == 0) return;
  const auto consumers = flow_.meta.consumers();
  const bool has_applied = std::any_of(consumers.begin(), consumers.end(), [&](const auto& one) {
    return one.role == facts_.importer_role && one.applied_vsn > start;
  });
  if (!has_applied || database_.ledger()->applied_through() > 0) return;
  fail(bookkeeping_lost,
       fmt::format("changes were applied to the {}, but its bookkeeping (schema "
                   "ybvoyager_metadata) is gone",
                   facts_.place),
       "Restore that schema, or the whole database, from a backup; if there is none, compare the "
       "databases with verify data and end the migration");
}

bool ApplySide::apply(const std::stop_token& stop) {
  std::optional<AdaptiveJobs> jobs;
  const bool ready = outlast_outages(flow_, facts_.importer_role, "apply", stop, [&] {
    require_bookkeeping();
    jobs.emplace(database_, effort_.parallelism, flow_.status);
  });
  if (!ready) return false;
  flow_.status.line(fmt::format("streaming changes to the {}...", facts_.place));
  changes::ApplyOptions options;
  options.role = std::string(facts_.importer_role);
  options.start_after_vsn = start_after();
  options.max_retries = effort_.max_retries;
  options.parallel_jobs = jobs->limit();
  changes::Apply apply(flow_.layout, flow_.meta, database_, options, flow_.status);
  const auto watch = watch_apply(flow_, database_, facts_);
  return apply.run(
      [this]() -> std::optional<std::int64_t> {
        const std::int64_t vsn = barrier_vsn(journal_);
        return vsn > 0 ? std::optional(vsn) : std::nullopt;
      },
      stop);
}

bool ApplySide::wait_for_sequences(const std::stop_token& stop) {
  if (journal_.state() >= CutoverState::sequences_read) return true;
  return await_state(flow_, facts_.importer_role, journal_, CutoverState::sequences_read,
                     fmt::format("{} to read the sequences", facts_.exporter_command), stop);
}

bool ApplySide::settle(const std::stop_token& stop) {
  flow_.status.line("cutover: everything up to the barrier is applied; setting sequences...");
  if (!wait_for_sequences(stop)) return false;
  const bool settled = outlast_outages(flow_, facts_.importer_role, "cutover", stop, [this] {
    set_sequences(flow_, database_, facts_.place, *journal_.detail(CutoverFact::read_sequences));
    VOYAGER_FAILPOINT("cutover.after_sequences_set");
    restore_suspended(flow_.meta, *database_.session_control(), suspended_setting_);
  });
  if (!settled) return false;
  VOYAGER_FAILPOINT("cutover.after_restore");
  journal_.record(CutoverFact::finish_import, "");
  flow_.status.line(
      fmt::format("cutover: the {} has everything; sequences, identity columns, triggers and "
                  "foreign keys are as they should be",
                  facts_.place));
  return true;
}

bool ApplySide::run(const OpenWayBack& open, const std::stop_token& stop) {
  if (journal_.state() < CutoverState::importer_done && !(apply(stop) && settle(stop)))
    return false;
  if (journal_.state() == CutoverState::importer_done) {
    if (!outlast_outages(flow_, facts_.importer_role, "cutover", stop,
                         [&] { open(journal_.way_back()); }))
      return false;
    VOYAGER_FAILPOINT("cutover.after_way_back_opened");
    journal_.record(CutoverFact::prepare_way_back, std::string(word_of(journal_.way_back())));
  }
  return true;
}

}  // namespace voyager::cli
