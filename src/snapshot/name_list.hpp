// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace voyager::snapshot {

/// "a, b, c and 4 more": at most ten names, so that a message stays one readable line.
std::string name_list(const std::vector<std::string>& names);

}  // namespace voyager::snapshot
