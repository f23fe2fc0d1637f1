// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace voyager::schema {

/// One SQL statement as it stands in a file: without its semicolon and the comments around it.
struct Statement {
  std::string text;
  std::size_t line = 0;  ///< where it begins, from 1
};

/// Cuts SQL text into its statements at PostgreSQL's own tokens; needs no grammar. Knows that rules
/// and SQL-standard function bodies (BEGIN ATOMIC) hold semicolons of their own. Throws: E4005 as
/// scan_tokens().
std::vector<Statement> split_statements(const std::string& sql);

/// Removes the psql commands \restrict and \unrestrict that pg_dump (since August 2025) writes
/// around its output. Only the first and last line that are neither blank nor a comment are looked
/// at, and only together, so that the same text inside a function body stays.
std::string without_restrict_lines(const std::string& sql);

}  // namespace voyager::schema
