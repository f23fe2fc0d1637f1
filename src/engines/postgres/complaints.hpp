// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engines/postgres/connection.hpp"
#include "model/name.hpp"

namespace voyager::postgres {

/// What a kind of problem is called in a query, and what to tell about it.
struct Complaint {
  const char* problem;
  const char* text;  ///< {0}: the names it concerns, {1}: the user
};

/// Runs a query about these relations ($1: their schemas, $2: their names) whose rows are problem,
/// schema, name (empty: the schema itself), and adds one line for each kind of problem.
void add_complaints(Connection& connection, const char* sql,
                    const std::vector<QualifiedName>& relations,
                    std::span<const Complaint> complaints, const std::string& user,
                    std::vector<std::string>& lines);

/// "a, b, c and 7 more".
std::string listed_names(const std::vector<std::string>& names);

}  // namespace voyager::postgres
