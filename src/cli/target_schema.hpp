// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/status.hpp"

namespace voyager::cli {

/// Says that --target-db-schema changes nothing for a PostgreSQL source, when it was given.
void warn_about_target_schema(const std::string& target_schema, Status& status);

}  // namespace voyager::cli
