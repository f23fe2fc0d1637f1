// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

/// Changes of SQL text at its tokens: everything else in a statement stays as it was. The
/// statements were parsed before, so that their form is known.
namespace voyager::optimize {

/// CREATE TABLE t (...) with more columns or constraints at the end of its list.
std::string with_elements(const std::string& create_table,
                          const std::vector<std::string>& elements);

/// The first list in parentheses from `offset` on with ASC behind its first element, in front of
/// NULLS FIRST or LAST.
std::string with_ascending_lead(const std::string& sql, std::size_t offset = 0);

/// The first list in parentheses from `offset` on, with its parentheses.
std::string list_at(const std::string& sql, std::size_t offset);

/// CREATE TABLE or CREATE MATERIALIZED VIEW with one more option in its WITH (...).
/// `first_option`: where the statement's first option begins; 0: it has none.
std::string with_option(const std::string& create, const std::string& option,
                        std::size_t first_option);

}  // namespace voyager::optimize
