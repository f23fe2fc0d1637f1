// SPDX-License-Identifier: Apache-2.0
#include "analysis/body.hpp"

namespace voyager::analysis {

void read_body(ParsedStatement&) {}

}  // namespace voyager::analysis
