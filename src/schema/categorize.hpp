// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "schema/object_files.hpp"

namespace voyager::schema {

/// A schema dump, sorted into the files that it is written to.
struct Categorized {
  std::map<ObjectType, std::vector<std::string>> statements;  ///< in the dump's order
  std::vector<std::string> uncategorized;
  std::set<std::string> schemas;    ///< that the dump creates
  std::size_t statements_read = 0;  ///< all of them
  std::size_t left_out = 0;         ///< session settings and types that are not wanted
};

/// Every statement of the dump lands in exactly one place.
/// Throws: E4005 when the dump can't be cut into statements; E4006 when it was made with
/// standard_conforming_strings = off, where string literals mean something else.
Categorized categorize(const std::string& dump, const std::vector<ObjectType>& wanted);

/// Statements as a file's content, each with its semicolon and an empty line.
std::string as_file(const std::vector<std::string>& statements);

}  // namespace voyager::schema
