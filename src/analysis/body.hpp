// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "analysis/parsed_statement.hpp"

namespace voyager::analysis {

/// Fills `body` of a function, procedure or DO from its text. Does nothing for other statements.
void read_body(ParsedStatement& statement);

}  // namespace voyager::analysis
