// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "schema/import_plan.hpp"
#include "schema/object_files.hpp"

namespace voyager::schema {

/// One file of an exported schema, as it is.
struct SchemaText {
  ObjectFile file;
  std::string sql;
};

/// The files that exist, in import order. Throws: E4103 when there is none at all.
std::vector<SchemaText> read_schema_texts(const std::filesystem::path& directory);

/// What stands in the files of an exported schema.
struct SchemaFiles {
  std::vector<FileStatement> statements;  ///< file by file in import order
  /// Schemas that the files create, and public when a name in them is qualified with it.
  std::vector<std::string> schemas;
};

/// Throws: as read_schema_texts(); E4005 naming the file that can't be read as SQL.
SchemaFiles read_schema_files(const std::filesystem::path& directory);

/// A statement that could not be run.
struct FailedStatement {
  FileStatement item;
  std::string error;
};

/// For schema/failed.sql: each statement below a comment with its place and the server's error.
std::string failed_sql_text(const std::vector<FailedStatement>& failures);

}  // namespace voyager::schema
