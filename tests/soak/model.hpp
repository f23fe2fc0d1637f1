// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/endpoint.hpp"

namespace voyager::testing {

/// Values of a row without its key, as PostgreSQL prints them in UTC; nothing for NULL.
using ModelRow = std::vector<std::optional<std::string>>;

/// What must be in those tables of the soak's schema of which the test knows it by itself, from
/// what its applications committed: table, key, row. Of tables with equal rows a row tells how
/// many.
using Model = std::map<std::string, std::map<std::string, ModelRow>>;

/// The tables that applications write to. Rows of some of them belong to one application each,
/// which alone writes them: these are in the model. For the others applications compete.
std::string soak_schema(int applications);

/// Adds rows of other applications.
void merge(Model& model, const Model& more);

/// What a database holds of the model's tables. Throws: std::runtime_error.
Model read_model(const engine::Endpoint& place, int applications);

/// One line for each of the first differences of each table; empty when they are equal.
std::vector<std::string> differences_from_model(const Model& expected, const Model& found);

}  // namespace voyager::testing
