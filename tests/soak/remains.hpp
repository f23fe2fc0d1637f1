// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/endpoint.hpp"

namespace voyager::testing {

/// What a migration that has ended left in a database: sessions, slots, publications, schemas,
/// triggers that are switched off, and what is not as in `before` (restorable_state()).
std::vector<std::string> remains(const engine::Endpoint& place,
                                 const std::vector<std::string>& before);

/// Sequences of columns whose next value is not above all that rows have. Takes a value of each.
std::vector<std::string> sequences_behind(const engine::Endpoint& place);

}  // namespace voyager::testing
