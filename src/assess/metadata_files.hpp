// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "assess/metadata.hpp"

namespace voyager::assess {

/// Seconds between the two readings of the counters where a directory does not say it: the
/// scripts' default.
inline constexpr double assumed_interval_seconds = 120;

/// Writes the metadata as files: <directory>/node-<name>/*.csv, <directory>/schema/schema.sql and
/// <directory>/gathered.json. The directory appears whole or not at all, with mode 0700, its files
/// with 0600. Names and columns of the CSV files are those of yb-voyager's
/// gather-assessment-metadata scripts, see docs/formats/assessment-metadata.md. No row data: of the
/// values of a column only how they are spread.
/// Throws: E9001, also when there is something in the directory already.
void write_metadata(const std::filesystem::path& directory, const Metadata& metadata);

/// Reads what write_metadata() or those scripts wrote; a file that an older script did not make is
/// a note, not an error. Which table is a partition of which is read from the schema's SQL. Values
/// of columns and statements that are no data statements are not taken over.
/// Throws: E4303 naming the file and line that can't be understood, or the directory that holds no
/// metadata.
Metadata read_metadata(const std::filesystem::path& directory);

}  // namespace voyager::assess
