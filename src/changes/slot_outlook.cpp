// SPDX-License-Identifier: Apache-2.0
#include "changes/slot_outlook.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace voyager::changes {
namespace {

using namespace std::chrono_literals;
using engine::SlotHealth;
using std::chrono::seconds;

constexpr auto looked_back = 5min;
constexpr auto shortest_look = 10s;
/// Enough for a person to be called, and to act.
constexpr auto short_time = 1h;
/// A thousandth of a large disk would be too early, the half of a small one too late: what a busy
/// source writes in minutes while nobody reads.
constexpr std::int64_t much_bytes = 10LL << 30;
constexpr auto between_reminders = 10min;

std::string bytes_text(std::optional<std::int64_t> bytes) {
  if (!bytes) return "an unknown amount";
  return human_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, *bytes)));
}

std::optional<seconds> time_until_limit(const SlotOutlook& outlook) {
  const auto& left = outlook.health.left_bytes;
  const auto& growth = outlook.growth_per_second;
  if (!left || !growth || *growth <= 0) return std::nullopt;
  return seconds(std::max<std::int64_t>(0, *left) / *growth);
}

}  // namespace

SlotOutlook SlotTrend::sample(Clock::time_point now, const SlotHealth& health) {
  SlotOutlook outlook{health, std::nullopt, std::nullopt};
  if (!health.retained_bytes) {
    samples_.clear();
    return outlook;
  }
  samples_.push_back({now, *health.retained_bytes});
  while (samples_.front().time + looked_back < now) samples_.pop_front();
  const Sample& first = samples_.front();
  const auto looked = std::chrono::duration_cast<seconds>(now - first.time);
  if (looked < shortest_look) return outlook;
  outlook.growth_per_second = (*health.retained_bytes - first.retained_bytes) / looked.count();
  outlook.time_left = time_until_limit(outlook);
  return outlook;
}

std::string_view word_of(SlotHealth::State state) {
  switch (state) {
    case SlotHealth::State::safe:
      return "safe";
    case SlotHealth::State::extended:
      return "extended";
    case SlotHealth::State::endangered:
      return "endangered";
    case SlotHealth::State::lost:
      return "lost";
  }
  return "";
}

SlotAlarm alarm_of(const SlotOutlook& outlook) {
  const SlotHealth& health = outlook.health;
  if (health.state == SlotHealth::State::lost) return SlotAlarm::lost;
  if (health.state == SlotHealth::State::endangered) return SlotAlarm::endangered;
  if (outlook.time_left && *outlook.time_left < short_time) return SlotAlarm::little_time;
  const bool grows = outlook.growth_per_second.value_or(0) > 0;
  const bool much = health.retained_bytes.value_or(0) >= much_bytes;
  return grows && much && !health.left_bytes ? SlotAlarm::much_retained : SlotAlarm::none;
}

std::string describe(SlotAlarm alarm, const SlotOutlook& outlook, const std::string& slot,
                     const std::string& database) {
  const std::string held = bytes_text(outlook.health.retained_bytes);
  switch (alarm) {
    case SlotAlarm::none:
      return "";
    case SlotAlarm::much_retained:
      return fmt::format(
          "the {} keeps {} of log for replication slot {}, {} more each second, and nothing bounds "
          "it but its disk, of which it tells nothing: watch the free space of pg_wal; see what "
          "this process waits for, or set max_slot_wal_keep_size, which would end the migration "
          "rather than the {}",
          database, held, slot, bytes_text(outlook.growth_per_second), database);
    case SlotAlarm::little_time:
      return fmt::format(
          "replication slot {} on the {} reaches max_slot_wal_keep_size in about {} ({} are kept, "
          "{} are left): raise that setting and reload the server, or see what this process waits "
          "for; beyond it changes are lost",
          slot, database, short_duration(outlook.time_left.value_or(seconds(0)).count()), held,
          bytes_text(outlook.health.left_bytes));
    case SlotAlarm::endangered:
      return fmt::format(
          "replication slot {} on the {} is beyond max_slot_wal_keep_size ({} are kept): its next "
          "checkpoint may remove changes that were not captured. Raise that setting and reload the "
          "server now",
          slot, database, held);
    case SlotAlarm::lost:
      return fmt::format(
          "replication slot {} on the {} is gone or was invalidated: changes that were not "
          "captured are lost. The migration has to begin anew; raise max_slot_wal_keep_size before",
          slot, database);
  }
  return "";
}

bool AlarmPace::due(SlotTrend::Clock::time_point now, SlotAlarm alarm) {
  if (now - told_at_ >= between_reminders) told_ = SlotAlarm::none;
  if (alarm <= told_) return false;
  told_ = alarm;
  told_at_ = now;
  return true;
}

}  // namespace voyager::changes
