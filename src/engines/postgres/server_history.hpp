// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engines/postgres/connection.hpp"
#include "engines/postgres/lsn.hpp"

namespace voyager::postgres {

/// What the positions of a server's log mean: the cluster they are of, and the timelines that led
/// to the present one.
///
/// A standby that becomes the primary, and a server that was restored to a point in time, begin a
/// timeline of their own: what the earlier one had beyond that point does not exist in it, although
/// its log soon has the same positions again. Source: PostgreSQL 15 documentation, 26.3.5
/// "Timelines" and 55.4 (IDENTIFY_SYSTEM, TIMELINE_HISTORY).
struct ServerHistory {
  /// A timeline that was left, and the end of what of it is in this history.
  struct Ancestor {
    std::int64_t timeline = 0;
    Lsn end = 0;
    bool operator==(const Ancestor&) const = default;
  };

  std::string system;  ///< the cluster's identifier; empty: the server tells no history
  std::int64_t timeline = 0;
  std::vector<Ancestor> ancestors;

  /// Cluster and timeline: what has to be remembered beside a position. Empty without `system`.
  std::string text() const;
  /// Whether a commit is in this history whose record begins at `commit`, and which was read when
  /// the server's history was `earlier` (text() of that time).
  bool holds(std::string_view earlier, Lsn commit) const;
};

/// The lines of a timeline's history file. Throws: Error E3204 for a position that is none.
std::vector<ServerHistory::Ancestor> parse_timeline_file(std::string_view content);

/// Asks over a connection of kind replication.
ServerHistory read_history(Connection& replication);

}  // namespace voyager::postgres
