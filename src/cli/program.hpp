// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/registry.hpp"

namespace voyager::cli {

/// Finds the command by its words, runs it, prints an Error as one line on stderr. The process's
/// exit code: 0 done, 1 failed, 2 wrong command line, 3 verify data found differences.
int run(int argc, char** argv, const engine::Registry& registry);

}  // namespace voyager::cli
