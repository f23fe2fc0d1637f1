// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "analysis/detector.hpp"

namespace voyager::analysis {

// One function for each file of this folder; the table of detectors() says what they report.

void detect_storage(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink);

}  // namespace voyager::analysis
