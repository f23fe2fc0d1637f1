// SPDX-License-Identifier: Apache-2.0
#include "changes/lag.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voyager::changes {
namespace {

/// What clocks that are kept right may differ by.
constexpr std::int64_t usual_difference_micros = 1'000'000;

}  // namespace

std::optional<std::int64_t> lag_millis(std::int64_t commit_micros, std::int64_t now_micros) {
  const std::int64_t lag = now_micros - commit_micros;
  if (lag < -usual_difference_micros) return std::nullopt;
  return std::max<std::int64_t>(0, lag / 1000);
}

std::string lag_text(const std::optional<std::int64_t>& millis) {
  return millis ? fmt::format("{:.1f}s", static_cast<double>(*millis) / 1000) : "unknown";
}

std::string lag_figure(const std::optional<std::int64_t>& millis) {
  return millis ? std::to_string(*millis) : "";
}

}  // namespace voyager::changes
