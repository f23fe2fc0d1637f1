// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

namespace voyager::testing {

/// Every failpoint that stands in the sources: a new one is tested by itself.
std::set<std::string> failpoints();

}  // namespace voyager::testing
