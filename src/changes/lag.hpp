// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace voyager::changes {

/// How long ago by our clock a transaction was committed by the database's, in milliseconds;
/// nothing when their difference can't be right, because ours is more than a second behind. Both
/// are microseconds since 1970 UTC. Only ever shown: nothing is decided by the time of day.
std::optional<std::int64_t> lag_millis(std::int64_t commit_micros, std::int64_t now_micros);

/// "1.5s" or "unknown", for people.
std::string lag_text(const std::optional<std::int64_t>& millis);
/// "1500" or empty, for the figures in meta.db.
std::string lag_figure(const std::optional<std::int64_t>& millis);

}  // namespace voyager::changes
