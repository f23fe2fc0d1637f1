// SPDX-License-Identifier: Apache-2.0
#include "exportdir/live_figures.hpp"

#include "base/text.hpp"
#include "exportdir/disk_figures.hpp"

namespace voyager::exportdir {
namespace {

using Number = std::optional<std::int64_t>;

std::string text_of(const Number& number) {
  return number ? std::to_string(*number) : "";
}

std::string text_at(const Figures& figures, const char* name) {
  const auto found = figures.find(name);
  return found == figures.end() ? "" : found->second;
}

Number number_at(const Figures& figures, const char* name) {
  return parse_int(text_at(figures, name));
}

}  // namespace

Figures to_figures(const std::optional<WaitFigures>& wait) {
  return {{"waiting_for", wait ? wait->cause : ""},
          {"waiting_since_micros", wait ? std::to_string(wait->since_micros) : ""},
          {"next_try_micros", wait ? text_of(wait->next_try_micros) : ""}};
}

std::optional<WaitFigures> wait_from(const Figures& figures) {
  const std::string cause = text_at(figures, "waiting_for");
  if (cause.empty()) return std::nullopt;
  return WaitFigures{cause, number_at(figures, "waiting_since_micros").value_or(0),
                     number_at(figures, "next_try_micros")};
}

Figures to_figures(const SlotFigures& slot) {
  return {{"slot_state", slot.state},
          {"slot_retained_bytes", text_of(slot.retained_bytes)},
          {"slot_growth_per_second", text_of(slot.growth_per_second)},
          {"slot_left_bytes", text_of(slot.left_bytes)},
          {"slot_seconds_left", text_of(slot.seconds_left)}};
}

std::optional<SlotFigures> slot_from(const Figures& figures) {
  const std::string state = text_at(figures, "slot_state");
  if (state.empty()) return std::nullopt;
  return SlotFigures{state, number_at(figures, "slot_retained_bytes"),
                     number_at(figures, "slot_growth_per_second"),
                     number_at(figures, "slot_left_bytes"),
                     number_at(figures, "slot_seconds_left")};
}

Figures to_figures(const std::optional<DiskFigures>& disk) {
  return {{"log_bytes", disk ? std::to_string(disk->log_bytes) : ""},
          {"log_free_bytes", disk ? std::to_string(disk->free_bytes) : ""},
          {"log_seconds_left", disk ? text_of(disk->seconds_left) : ""}};
}

std::optional<DiskFigures> disk_from(const Figures& figures) {
  const Number log = number_at(figures, "log_bytes");
  if (!log) return std::nullopt;
  return DiskFigures{*log, number_at(figures, "log_free_bytes").value_or(0),
                     number_at(figures, "log_seconds_left")};
}

}  // namespace voyager::exportdir
