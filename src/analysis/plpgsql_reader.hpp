// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace voyager::analysis {

/// SQL text that stands in PL/pgSQL. `text` has the length of what it was cut from, with spaces
/// where something was left out, and for an expression "SELECT " in front.
struct SqlPiece {
  std::string text;
  std::size_t offset = 0;  ///< of its first own byte in the body
};

/// Finds the SQL statements and expressions in a body of PL/pgSQL, in their order: queries without
/// their INTO, conditions, loop bounds, assigned and returned values, arguments of RAISE and
/// EXECUTE, queries of cursors, and the text that EXECUTE runs when it is one literal.
///
/// It cuts at PL/pgSQL's own keywords and needs no types. libpg_query's parser of PL/pgSQL is not
/// used: it refuses what needs a catalog, for example FETCH from a cursor and an assignment to a
/// field of a composite variable (15-4.0: `"m.a" is not a known variable`), and then tells nothing
/// of the whole body. Throws: E4005 for a body that can't be cut into tokens.
std::vector<SqlPiece> read_plpgsql(const std::string& body);

}  // namespace voyager::analysis
