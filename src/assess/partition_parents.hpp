// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "model/name.hpp"

namespace voyager::assess {

/// The direct parent of each partition, of tables and of indexes, as a dump of the schema attaches
/// them. Empty when the text can't be read as SQL.
std::map<QualifiedName, QualifiedName> partition_parents(const std::string& schema_sql);

}  // namespace voyager::assess
