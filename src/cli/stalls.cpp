// SPDX-License-Identifier: Apache-2.0
#include "cli/stalls.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/error.hpp"
#include "exportdir/live_figures.hpp"
#include "exportdir/lock.hpp"

namespace voyager::cli {
namespace {

using cutover::CutoverState;
using cutover::Direction;
using cutover::DirectionFacts;
using cutover::Journal;
using exportdir::WaitWatch;

/// Keeps what it asks with; after an error it opens it anew.
template <typename Control>
class Asked {
 public:
  using Open = std::function<std::unique_ptr<Control>()>;
  explicit Asked(Open open) : open_(std::move(open)) {}

  Stall ask(const std::function<Stall(Control&)>& question) {
    if (!control_) control_ = open_();
    try {
      return question(*control_);
    } catch (const Error&) {
      control_.reset();
      throw;
    }
  }

 private:
  Open open_;
  std::unique_ptr<Control> control_;
};

using AskedTarget = Asked<engine::SessionControl>;

std::shared_ptr<AskedTarget> sessions_of(engine::TargetEngine& database) {
  return std::make_shared<AskedTarget>([&database] { return database.session_control(); });
}

Stall blocked(AskedTarget& sessions) {
  return sessions.ask([](engine::SessionControl& control) { return control.blocked_sessions(); });
}

/// A source-replica takes the source's changes first, then the target's.
const DirectionFacts& bringing(exportdir::MetaDb& meta, const DirectionFacts& facts) {
  const Journal forward(meta, Direction::to_target, cutover::current_round(meta));
  const bool from_source = facts.direction == Direction::to_source_replica && !forward.completed();
  return from_source ? cutover::facts_of(Direction::to_target) : facts;
}

/// Why no changes come to an importer that has applied all there are.
Stall nothing_comes(const Flow& flow, const DirectionFacts& facts) {
  const auto own = flow.meta.figures(std::string(facts.importer_role));
  const auto remaining = own.find("remaining_events");
  if (remaining == own.end() || remaining->second != "0") return {};
  const DirectionFacts& exporter = bringing(flow.meta, facts);
  const Journal journal(flow.meta, exporter.direction, cutover::current_round(flow.meta));
  if (journal.state() >= CutoverState::barrier_captured) return {};
  if (!exportdir::RoleLock::holder(flow.layout, exporter.exporter_role)) {
    return {
        fmt::format("no more changes come: {} is NOT RUNNING: start it", exporter.exporter_command),
        "not running"};
  }
  const auto wait = exportdir::wait_from(flow.meta.figures(std::string(exporter.exporter_role)));
  if (!wait) return {};
  return {
      fmt::format("no more changes come: {} waits ({})", exporter.exporter_command, wait->cause),
      "waits"};
}

}  // namespace

std::unique_ptr<WaitWatch> watch_load(const Flow& flow, engine::TargetEngine& database,
                                      const DirectionFacts& facts) {
  return std::make_unique<WaitWatch>(
      flow.meta, std::string(facts.importer_role), flow.status, "snapshot import",
      [sessions = sessions_of(database)] { return blocked(*sessions); }, WaitWatch::Pace{});
}

std::unique_ptr<WaitWatch> watch_apply(const Flow& flow, engine::TargetEngine& database,
                                       const DirectionFacts& facts) {
  return std::make_unique<WaitWatch>(
      flow.meta, std::string(facts.importer_role), flow.status, "apply",
      [&flow, &facts, sessions = sessions_of(database)] {
        Stall stall = blocked(*sessions);
        return stall.cause.empty() ? nothing_comes(flow, facts) : stall;
      },
      WaitWatch::Pace{});
}

std::unique_ptr<WaitWatch> watch_sender(const Flow& flow, engine::ChangeSource& database,
                                        const engine::CaptureNames& names,
                                        const DirectionFacts& facts) {
  auto asked = std::make_shared<Asked<engine::CaptureControl>>(
      [&database] { return database.capture_control(); });
  return std::make_unique<WaitWatch>(
      flow.meta, std::string(facts.exporter_role), flow.status, "capture",
      [asked, names] {
        return asked->ask(
            [&names](engine::CaptureControl& control) { return control.sender_stall(names); });
      },
      WaitWatch::Pace{});
}

}  // namespace voyager::cli
