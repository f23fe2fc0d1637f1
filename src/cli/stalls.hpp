// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "cli/flow_steps.hpp"
#include "engine/target.hpp"
#include "exportdir/wait_watch.hpp"

namespace voyager::cli {

// Work that stands still although its connections are alive, made visible while the object lives.

/// An import whose sessions wait for locks of others.
std::unique_ptr<exportdir::WaitWatch> watch_load(const Flow& flow, engine::TargetEngine& database,
                                                 const cutover::DirectionFacts& facts);

/// The same; and an apply that has everything, while the process that should bring more is not
/// running, or waits itself.
std::unique_ptr<exportdir::WaitWatch> watch_apply(const Flow& flow, engine::TargetEngine& database,
                                                  const cutover::DirectionFacts& facts);

/// A capture to which the database sends signs of life, but none of the log that it has.
std::unique_ptr<exportdir::WaitWatch> watch_sender(const Flow& flow, engine::ChangeSource& database,
                                                   const engine::CaptureNames& names,
                                                   const cutover::DirectionFacts& facts);

}  // namespace voyager::cli
