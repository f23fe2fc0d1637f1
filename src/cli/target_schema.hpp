// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/status.hpp"

namespace voyager::cli {

/// Says that this flag (--target-db-schema and the like) changes nothing for a PostgreSQL source,
/// when it was given.
void warn_about_schema(const std::string& flag, const std::string& schema, Status& status);

}  // namespace voyager::cli
