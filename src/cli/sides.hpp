// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "cli/apply_side.hpp"
#include "cli/flow_steps.hpp"

/// One process on the source's side is by turns `export data from source` and `import data to
/// source`, one on the target's side `import data to target` and `export data from target`: which,
/// the journal says. So each may be started by either name after a crash.
namespace voyager::cli {

/// One round of what the process was first started for; true when its cutover is complete.
using FirstRound = std::function<bool(const std::stop_token&)>;

struct SourceSide {
  engine::Endpoint source;
  ApplyEffort effort;
};
/// Goes on from where the journal stands until nothing is left to do on this side, or a stop.
/// `command`: the name that the process was started by.
void run_source_side(const Flow& flow, const SourceSide& side, const std::string& command,
                     const FirstRound& export_first_round, const std::stop_token& stop);

struct TargetSide {
  engine::Endpoint target;
  ApplyEffort effort;
};
void run_target_side(const Flow& flow, const TargetSide& side, const std::string& command,
                     const FirstRound& import_first_round, const std::stop_token& stop);

}  // namespace voyager::cli
