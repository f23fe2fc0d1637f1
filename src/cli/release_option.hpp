// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "analysis/yb_release.hpp"
#include "cli/option_table.hpp"

namespace voyager::cli {

/// --target-db-version.
void add_target_version(OptionTable& options, std::string& version);

/// The release that findings are judged for; empty: the newest known one. Throws: E4201 when it is
/// no release.
analysis::TargetRelease chosen_release(const std::string& version);

}  // namespace voyager::cli
