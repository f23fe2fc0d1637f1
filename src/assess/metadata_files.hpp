// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "assess/metadata.hpp"

namespace voyager::assess {

/// Writes the metadata as CSV files: <directory>/node-<name>/*.csv, <directory>/schema/schema.sql.
/// The directory appears whole or not at all. Names and columns are those of yb-voyager's
/// gather-assessment-metadata scripts, see docs/formats/assessment-metadata.md. No row data: of
/// the values of a column only how they are spread.
void write_metadata(const std::filesystem::path& directory, const Metadata& metadata);

/// Reads what write_metadata() or those scripts wrote; a file that an older script did not make is
/// a note, not an error. Throws: E4303 naming the file and line that can't be understood, or the
/// directory that holds no metadata.
Metadata read_metadata(const std::filesystem::path& directory);

}  // namespace voyager::assess
