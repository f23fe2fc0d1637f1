// SPDX-License-Identifier: Apache-2.0
#include "cutover/direction.hpp"

#include <algorithm>
#include <stdexcept>

#include "model/roles.hpp"

namespace voyager::cutover {
namespace {

constexpr std::array directions{
    DirectionFacts{Direction::to_target, "target", "source → target", "target",
                   roles::source_db_exporter, "export data from source", roles::target_db_importer,
                   "import data to target"},
    DirectionFacts{Direction::to_source_replica, "source_replica", "target → source-replica",
                   "source-replica", roles::target_db_exporter_ff, "export data from target",
                   roles::source_replica_db_importer, "import data to source-replica"},
    DirectionFacts{Direction::to_source, "source", "target → source", "source",
                   roles::target_db_exporter_fb, "export data from target",
                   roles::source_db_importer, "import data to source"}};

struct WayBackWord {
  WayBack way;
  std::string_view word;
};
constexpr std::array way_backs{
    WayBackWord{WayBack::none, "none"}, WayBackWord{WayBack::fall_back, "fall-back"},
    WayBackWord{WayBack::fall_forward, "fall-forward"}, WayBackWord{WayBack::restart, "restart"}};

}  // namespace

const DirectionFacts& facts_of(Direction direction) {
  return *std::find_if(directions.begin(), directions.end(),
                       [direction](const auto& facts) { return facts.direction == direction; });
}

std::string_view word_of(WayBack way) {
  return std::find_if(way_backs.begin(), way_backs.end(),
                      [way](const auto& entry) { return entry.way == way; })
      ->word;
}

WayBack way_back_of(std::string_view word) {
  const auto found = std::find_if(way_backs.begin(), way_backs.end(),
                                  [word](const auto& entry) { return entry.word == word; });
  if (found == way_backs.end()) throw std::invalid_argument("no way back has this name");
  return found->way;
}

std::optional<Direction> opened_direction(WayBack way) {
  switch (way) {
    case WayBack::none:
      return std::nullopt;
    case WayBack::fall_back:
      return Direction::to_source;
    case WayBack::fall_forward:
      return Direction::to_source_replica;
    case WayBack::restart:
      return Direction::to_target;
  }
  return std::nullopt;
}

}  // namespace voyager::cutover
