// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "schema/parse_tree.hpp"

namespace voyager::assess {

/// Whether a RangeVar is a relation of the server itself, not of an application.
bool is_system_relation(const schema::Json& range_var);

/// Whether a statement names relations, and all of them are of that kind. One without any relation
/// may still call functions that matter.
bool names_only(const schema::Json& tree,
                const std::function<bool(const schema::Json& range_var)>& is_of_that_kind);

}  // namespace voyager::assess
