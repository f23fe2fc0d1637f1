// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engines/postgres/target_table.hpp"

/// The text of the statements that apply changes; no I/O. Every value travels as a parameter.
///
/// One row: parameter $n is the value of the n-th column. Many rows: $n is the text[] of the n-th
/// column's values, and each element is cast by the type's input function. Either way parameters
/// stand in the order written columns, then keys.
namespace voyager::postgres::statements {

using Columns = std::vector<const TargetColumn*>;

/// How many rows a statement handles; its text depends on nothing else about them.
enum class Rows : std::uint8_t { one, many };

/// INSERT of one row. No columns: a row of defaults.
std::string insert(const TargetTable& table, const Columns& columns);
std::string insert_many(const TargetTable& table, const Columns& columns);
/// The same row several times: the last parameter says how often.
std::string insert_copies(const TargetTable& table, const Columns& columns);
/// COPY FROM STDIN in the text format.
std::string copy(const TargetTable& table, const Columns& columns);
/// A temporary table with columns c1, c2, ... of these types, and COPY into it.
std::string create_staging(const std::string& staging, const Columns& columns);
std::string copy_staging(const std::string& staging, std::size_t columns);
/// As update() of many rows, with the values of a staging table: written columns, then keys.
std::string update_from(const std::string& staging, const TargetTable& table,
                        const Columns& written, const Columns& keys);
std::string update(const TargetTable& table, const Columns& written, const Columns& keys,
                   Rows rows);
std::string remove(const TargetTable& table, const Columns& keys, Rows rows);
/// Finds rows, to prove that they exist.
std::string find(const TargetTable& table, const Columns& keys, Rows rows);
/// Removes every row with exactly this image, compared as the types' output functions print it:
/// also types without an equality, NULL equal to NULL. `lookup` (or nothing) is a column that is
/// not NULL in the image and leads an index.
std::string remove_image(const TargetTable& table, const Columns& columns,
                         const TargetColumn* lookup);

/// The same for many images at once: parameters are the text[] of each column. Answers one row
/// (place of the image from 1, rows removed) for each image that was found. `narrows` (or nothing)
/// is a column that is not NULL in any of the images and is cheap to compare: printing every row of
/// the table costs ten times as much.
std::string remove_images(const TargetTable& table, const Columns& columns,
                          const TargetColumn* narrows);

}  // namespace voyager::postgres::statements
