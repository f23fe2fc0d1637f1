// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "engine/target.hpp"
#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::schema {

/// Which database gets a schema, and with it which files are read.
enum class SchemaRecipient : std::uint8_t {
  target,          ///< the files under schema/, as users edited them
  source_replica,  ///< the source's own schema: the files as export schema wrote them
};

struct ImportSchemaOptions {
  SchemaRecipient recipient = SchemaRecipient::target;
  std::vector<std::string> object_types;
  std::vector<std::string> excluded_object_types;
  bool ignore_exist = false;
  bool start_clean = false;
  bool straight_order = false;
  bool continue_on_error = false;
  /// Only what was held back: secondary indexes, triggers, NOT VALID constraints; on a
  /// source-replica replica identities too.
  bool post_snapshot_import = false;
  bool refresh_mviews = false;
};

struct ImportSchemaSummary {
  std::size_t created = 0;
  std::size_t existed = 0;    ///< skipped because of ignore_exist
  std::size_t held_back = 0;  ///< for the finalize step
  std::size_t failed = 0;     ///< written, with their errors, to a file under schema/
};

/// Applies the schema's files to the database. Everything but secondary indexes, triggers and
/// NOT VALID constraints first; what depends on a later object is retried. Each statement is its
/// own unit, so the command can be repeated (--ignore-exist) after a kill anywhere.
/// Throws: E4101 when statements failed and continue_on_error is not set; E4102 for an unknown
/// object type; E4103 when there are no files; E4104 when the user refused start_clean or a
/// target that is not colocated; E4105 when
/// materialized views can't be refreshed; E4106 when the export directory has no whole copy of the
/// source's own schema and a source-replica is to get it.
ImportSchemaSummary import_schema(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                                  engine::TargetEngine& target, const ImportSchemaOptions& options,
                                  Status& status);

}  // namespace voyager::schema
