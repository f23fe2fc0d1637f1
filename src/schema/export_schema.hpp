// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "engine/endpoint.hpp"
#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"
#include "schema/object_files.hpp"

namespace voyager::schema {

/// The statements of schema/ in another form than the source's.
struct Rewritten {
  std::map<ObjectType, std::vector<std::string>> statements;
  int fewer = 0;  ///< statements than before: joined with others or left out; each is reported
};
using Rewrite =
    std::function<Rewritten(const std::map<ObjectType, std::vector<std::string>>& statements)>;

struct ExportSchemaOptions {
  engine::Endpoint source;
  std::vector<std::string> object_types;           ///< --object-type-list, upper case; empty: all
  std::vector<std::string> excluded_object_types;  ///< --exclude-object-type-list
  bool comments_on_objects = false;
  bool start_clean = false;
  /// Called once, before anything is put in its place; none: the files are the source's own.
  Rewrite rewrite = {};
};

struct ExportSchemaSummary {
  std::map<std::string, std::size_t> statements;  ///< by object type, as written to schema/
  std::size_t statements_read = 0;                ///< in pg_dump's output
  std::size_t left_out = 0;  ///< by options, and session settings that import schema sets itself
  std::size_t uncategorized = 0;  ///< in schema/uncategorized.sql
  int fewer = 0;                  ///< by `rewrite`
};

/// Runs pg_dump --schema-only (not older than the server), parses its output and writes one file
/// per object type under schema/, in an order that imports, and as Layout::source_schema() the
/// source's own, without `rewrite`, where nobody edits them. statements_read = sum of statements +
/// left_out + uncategorized + fewer, or it throws E4001: nothing is lost on the way. A killed
/// export leaves schema/ as it was. Throws: what `rewrite` throws; E4002 when schema/ has files
/// already and start_clean is not set; E4003 when there is no pg_dump that is new enough; E4004
/// when pg_dump fails; E4008 when a schema does not exist.
ExportSchemaSummary export_schema(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                                  const ExportSchemaOptions& options, Status& status);

}  // namespace voyager::schema
