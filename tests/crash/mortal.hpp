// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "support/migration.hpp"

namespace voyager::testing {

/// The parts of a story that change the direction in which changes go.
enum class Leg { forth, back, forth_again };

const char* word_of(Leg leg);

/// What happens at a failpoint.
enum class Effect { kill, error, delay };

/// Which failpoints the processes of a story pass with what effect.
struct Orders {
  std::set<std::string> failpoints;
  int pass = 1;  ///< the n-th time that one process comes by
  Effect effect = Effect::kill;
};

/// Where it took place, and in which legs.
using Hits = std::map<std::string, std::set<Leg>>;

/// What the processes of one story have in common.
struct Stage {
  Migration& migration;
  const Orders& orders;
  Leg leg = Leg::forth;  ///< of those whose command does not tell it
  Hits hits;
  std::string history;  ///< of ends and new beginnings, for a message
};

/// One process of a story: whoever ends it at a failpoint has it started again. Each failpoint has
/// its effect once in each leg.
class Mortal {
 public:
  /// Starts it the first time (0 ends) or after so many. `other`: by its other name, if it has one
  /// by now.
  using Start = std::function<Child(int ends, bool other)>;

  Mortal(Stage& stage, std::string command, Start start);

  /// False while it runs. Throws: std::runtime_error when it failed by itself.
  bool done();
  void wait(std::chrono::seconds limit = std::chrono::seconds(60));
  /// Kills it, unless it was started after the first leg: failpoints that it has passed in that one
  /// would have no effect in a later one.
  void renew();
  std::string text() const { return child_->output() + child_->errors(); }

 private:
  void run();
  void note_name();
  /// Returns those that are new.
  std::set<std::string> note_hits();
  bool ended_by_orders(int code) const;
  Leg leg() const;

  Stage& stage_;
  std::string command_;  ///< what it is at present
  Start start_;
  std::unique_ptr<Child> child_;
  Leg started_in_ = Leg::forth;
  bool killed_by_us_ = false;
  int ends_ = 0;
  std::set<std::string> seen_;                 ///< hits of this run
  std::map<Leg, std::set<std::string>> over_;  ///< hits of all runs
};

}  // namespace voyager::testing
