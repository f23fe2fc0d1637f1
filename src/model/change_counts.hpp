// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "model/change.hpp"

namespace voyager {

/// How many changes of one table there were, by kind.
struct ChangeCounts {
  std::int64_t inserts = 0, updates = 0, deletes = 0, truncates = 0;

  /// One more row change of this kind.
  void count(Operation operation) {
    switch (operation) {
      case Operation::insert:
        ++inserts;
        break;
      case Operation::update:
        ++updates;
        break;
      case Operation::remove:
        ++deletes;
        break;
    }
  }
  std::int64_t total() const { return inserts + updates + deletes + truncates; }
  ChangeCounts& operator+=(const ChangeCounts& more) {
    inserts += more.inserts;
    updates += more.updates;
    deletes += more.deletes;
    truncates += more.truncates;
    return *this;
  }
  friend bool operator==(const ChangeCounts&, const ChangeCounts&) = default;
};

}  // namespace voyager
