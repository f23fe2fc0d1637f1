// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/table.hpp"

namespace voyager::exportdir {

/// A Table as the JSON text that meta.db keeps (column `definition` of `tables`).
std::string table_to_json(const Table& table);
/// Throws: E2202 when the text is no table.
Table table_from_json(const std::string& text);
/// Several of them, as one text.
std::string tables_to_json(const std::vector<Table>& tables);
std::vector<Table> tables_from_json(const std::string& text);

}  // namespace voyager::exportdir
