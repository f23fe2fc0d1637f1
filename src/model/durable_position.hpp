// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "model/change.hpp"

namespace voyager {

/// A position up to which everything is on the disk of the export directory.
///
/// Only the change log can make one (flush() of its writer), and a source is told to forget its log
/// only by one: so the compiler enforces "never confirm what is not on disk".
class DurablePosition {
 public:
  const Position& position() const { return position_; }

 private:
  friend class ChangeLogFlush;
  explicit DurablePosition(Position position) : position_(std::move(position)) {}
  Position position_;
};

/// The one maker of DurablePosition; exportdir::ChangeLogWriter derives from it.
class ChangeLogFlush {
 protected:
  static DurablePosition durable(Position position) { return DurablePosition(std::move(position)); }
};

}  // namespace voyager
