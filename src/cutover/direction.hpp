// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voyager::cutover {

/// Which database the applications switch to.
enum class Direction : std::uint8_t { to_target, to_source_replica, to_source };

inline constexpr std::array all_directions{Direction::to_target, Direction::to_source_replica,
                                           Direction::to_source};

/// What is fixed for a direction: its words and who does its work.
struct DirectionFacts {
  Direction direction;
  std::string_view word;   ///< in the journal: "target", "source_replica", "source"
  std::string_view title;  ///< for people: "source → target"
  std::string_view place;  ///< where it leads, for people: "target", "source-replica", "source"
  std::string_view exporter_role;
  std::string_view exporter_command;
  std::string_view importer_role;
  std::string_view importer_command;
};
const DirectionFacts& facts_of(Direction direction);

/// What a cutover leaves open for the time after it; chosen when it is requested.
enum class WayBack : std::uint8_t {
  none,
  fall_back,     ///< to the target: the target's changes go to the source
  fall_forward,  ///< to the target: the target's changes go to the source-replica
  restart,       ///< to the source: the source's changes go to the target again, in the next round
};
std::string_view word_of(WayBack way);
/// Throws: std::invalid_argument for a word that word_of() does not give.
WayBack way_back_of(std::string_view word);
/// The direction whose capture must exist before the cutover with this way back is complete.
std::optional<Direction> opened_direction(WayBack way);

}  // namespace voyager::cutover
