// SPDX-License-Identifier: Apache-2.0
#include "engine/parallelism.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voyager::engine {

std::string overload(const ServerLoad& server, const LoadLimits& limits) {
  if (server.cpu_percent > limits.cpu_percent)
    return fmt::format("{} uses {:.0f} % of its processors", server.server, server.cpu_percent);
  const auto& available = server.available_memory_percent;
  if (available && *available < limits.available_memory_percent)
    return fmt::format("{} has {:.0f} % of its memory left", server.server, *available);
  if (server.over_memory_limit) return server.server + " is over its memory limit";
  return "";
}

JobsWanted jobs_wanted(int now, int most, std::span<const ServerLoad> servers,
                       const LoadLimits& limits) {
  if (servers.empty()) return {now, ""};
  for (const ServerLoad& server : servers) {
    std::string reason = overload(server, limits);
    if (!reason.empty()) return {std::max(1, now - 1), std::move(reason)};
  }
  return {std::min(most, now + 1), ""};
}

}  // namespace voyager::engine
