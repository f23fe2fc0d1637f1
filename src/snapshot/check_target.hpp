// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "exportdir/meta_db.hpp"

namespace voyager::snapshot {

/// What the target lacks of the migrating tables: "table a.b", "column c of table a.b".
std::vector<std::string> missing_on_target(const std::vector<exportdir::TableRecord>& tables,
                                           const std::vector<Table>& target);

/// Columns of tables in binary form that the target would read with another meaning: "column c of
/// table a.b (integer, bigint on the target)". Types with the same bytes (text, varchar, bpchar)
/// count as one.
std::vector<std::string> binary_type_differences(const std::vector<exportdir::TableRecord>& tables,
                                                 const std::vector<Table>& target);

}  // namespace voyager::snapshot
