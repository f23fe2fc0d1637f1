// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "schema/classify.hpp"
#include "schema/object_files.hpp"
#include "schema/split.hpp"

namespace voyager::schema {

/// A statement of the files under schema/, with what is known of it.
struct FileStatement {
  Statement statement;
  ObjectType file =
      ObjectType::schema;  ///< the file that it stands in; users may put anything anywhere
  Facts facts;
};

/// What one run of import schema does.
enum class ImportPhase {
  before_data,  ///< everything that is not held back
  after_data,   ///< only what was held back
};

struct PlanOptions {
  ImportPhase phase = ImportPhase::before_data;
  std::vector<ObjectType> types;  ///< whose files are imported
  /// Files in the order of `types`, statements as they stand in them.
  bool straight_order = false;
  /// REPLICA IDENTITY is held back and run, instead of never run.
  bool replica_identity = false;
};

struct ImportPlan {
  std::vector<FileStatement> run;               ///< in this order
  std::map<ObjectType, std::size_t> held_back;  ///< by file; for the phase after the data
};

/// Decides what runs in this phase, and in which order. Held back are secondary indexes, triggers,
/// NOT VALID constraints and what needs one of them (ATTACH PARTITION, comments, CLUSTER ON); never
/// run are session settings and, unless it is asked for, REPLICA IDENTITY. Foreign keys come after
/// all tables and unique indexes.
ImportPlan plan_import(const std::vector<FileStatement>& statements, const PlanOptions& options);

}  // namespace voyager::schema
