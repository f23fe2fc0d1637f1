// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "soak/applications.hpp"

namespace voyager::testing {

enum class Journey : std::uint8_t { to_target, and_back, and_back_and_forth, fall_forward };

enum class FaultKind : std::uint8_t {
  kill,                ///< a process
  kill_at_failpoints,  ///< the process, and the one that is started in its place at a failpoint
  stand_still,         ///< a process, for a time
  cut,                 ///< from here on: the network of a database
  reset,
  reset_soon,
  swallow,
  delay,
  refuse,
  drop_answer_to_commit,
  crash,  ///< the server of a database, for a time
};

struct Fault {
  FaultKind kind = FaultKind::kill;
  int who = 0;  ///< process: source's, target's, source-replica's; database: likewise
  /// Of the applications' transactions in this leg, or milliseconds since the cutover was asked
  /// for.
  int at = 0;
  std::chrono::milliseconds lasts{0};
  std::string failpoints;  ///< a value of VOYAGER_FAILPOINT
  bool overlaps = false;   ///< the next one comes while this one lasts, whatever its own time
};

/// Applications write to one database, and then a cutover leads to the next.
struct Leg {
  std::string writes_to;   ///< "source", "target"
  std::string cutover_to;  ///< "target", "source", "source-replica"
  bool goes_on = false;    ///< with a way back, or with another round
  int transactions = 0;    ///< of each application
  std::vector<Fault> while_streaming;
  std::vector<Fault> in_cutover;
};

/// All that a seed decides about a migration, with one state of the sources: names of failpoints
/// are drawn from them.
struct Plan {
  std::uint64_t seed = 0;
  Journey journey = Journey::to_target;
  ApplicationsOptions applications;
  int transactions_before = 0;                     ///< of each application, before the migration
  std::map<std::string, std::string> environment;  ///< of our processes
  std::vector<Leg> legs;
  std::string end_failpoints;  ///< of `end migration`; empty: it is left alone
};

/// How much of everything: for CI, and for hours.
enum class Scale : std::uint8_t { brief, full };

Plan draw_plan(std::uint64_t seed, Scale scale);

/// For people, one line for each leg and fault.
std::string described(const Plan& plan);
std::string described(const Fault& fault);

}  // namespace voyager::testing
