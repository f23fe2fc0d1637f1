// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/yb_release.hpp"
#include "changes/archive.hpp"
#include "cli/command.hpp"
#include "cli/flows.hpp"
#include "optimize/optimize.hpp"
#include "schema/export_schema.hpp"
#include "schema/import_schema.hpp"
#include "verify/verify.hpp"

/// The commands. Each has a pure step, request(): options → what the pipelines are called with. It
/// may read files that options name, nothing else; passwords that were not given are asked for in
/// run().
namespace voyager::cli {

class ExportSchemaCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  void check() const override;
  int run(const Session& session) override;
  schema::ExportSchemaOptions request() const;
  optimize::Switches switches() const;

 private:
  DatabaseOptions source_;
  ObjectTypeOptions object_types_;
  std::string assessment_report_;
  bool comments_on_objects_ = false;
  bool start_clean_ = false;
  bool skip_performance_ = false;
  bool skip_colocation_ = false;
  bool skip_merge_ = false;
  bool assess_ = true;
};

class AnalyzeSchemaCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  void check() const override;
  int run(const Session& session) override;
  /// The forms of the report to write: "html", "json", "txt", "xml".
  std::vector<std::string> formats() const;
  /// Throws: E4201 when --target-db-version is no release.
  analysis::TargetRelease target() const;

 private:
  std::string format_;
  std::string target_version_;
};

/// What the commands that create a schema have in common.
class SchemaImporter : public Command {
 public:
  void check() const override;
  schema::ImportSchemaOptions request() const;

 protected:
  void declare_import(OptionTable& options, const std::string& failed_file);
  /// Those that finalize-schema-post-data-import does not have.
  void declare_phases(OptionTable& options);

  schema::ImportSchemaOptions values_;

 private:
  ObjectTypeOptions object_types_;
  bool post_import_data_ = false;
};

class ImportSchemaCommand final : public SchemaImporter {
 public:
  /// `finalize`: finalize-schema-post-data-import, the same as --post-snapshot-import true.
  explicit ImportSchemaCommand(bool finalize);
  void declare(OptionTable& options) override;
  int run(const Session& session) override;

 private:
  bool finalize_ = false;
  DatabaseOptions target_;
};

/// import schema to source-replica: the source's own schema, for fall-forward.
class ImportSchemaToReplicaCommand final : public SchemaImporter {
 public:
  ImportSchemaToReplicaCommand();
  void declare(OptionTable& options) override;
  int run(const Session& session) override;

 private:
  DatabaseOptions replica_;
};

class ExportDataCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  void check() const override;
  int run(const Session& session) override;
  ExportDataRequest request() const;

 private:
  DatabaseOptions source_;
  TableListOptions tables_;
  std::string export_type_ = "snapshot-only";
  std::string data_format_ = "auto";
  ExportDataRequest values_;
};

/// What both imports of the snapshot share.
class RowsImportCommand : public Command {
 public:
  void check() const override;
  int run(const Session& session) override;
  ImportDataRequest request() const;

 protected:
  struct Place {
    const char* application;  ///< what the connections call themselves
    const char* whose;        ///< whose password is asked for
    const char* schema_flag;
    const char* usual_jobs;
    bool tells_load;  ///< what its servers are doing
    decltype(&import_data_to_target) import;
  };
  explicit RowsImportCommand(const Place& place) : place_(place) {}
  void declare_import(OptionTable& options);

  DatabaseOptions database_;

 private:
  void declare_adaptive(OptionTable& options);
  std::string adaptive_mode() const;

  Place place_;
  ImportDataRequest values_;
  std::string adaptive_mode_;
};

class ImportDataCommand final : public RowsImportCommand {
 public:
  ImportDataCommand();
  void declare(OptionTable& options) override;
};

class ImportDataToReplicaCommand final : public RowsImportCommand {
 public:
  ImportDataToReplicaCommand();
  void declare(OptionTable& options) override;
};

class ExportDataFromTargetCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;

 private:
  PasswordOptions passwords_;
  /// Given here, they replace what import data to target was told.
  std::string ssl_mode_;
  std::string ssl_root_cert_;
};

class ImportDataToSourceCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;

 private:
  PasswordOptions passwords_;
  ReverseRequest values_;
};

class ExportDataStatusCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;
  bool prints_document() const override { return true; }

 private:
  std::string format_ = "table";
};

class ImportDataStatusCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;
  bool prints_document() const override { return true; }

 private:
  std::string format_ = "table";
  std::string database_ = "target";
  PasswordOptions passwords_;
};

class InitiateCutoverToTargetCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;

 private:
  std::optional<bool> prepare_for_fall_back_;
};

class InitiateCutoverToSourceCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;

 private:
  bool restart_ = false;
};

class InitiateCutoverToReplicaCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;
};

class CutoverStatusCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;
  bool prints_document() const override { return true; }

 private:
  std::string format_ = "table";
};

class MigrationReportCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;
  bool prints_document() const override { return true; }

 private:
  std::string format_ = "table";
  PasswordOptions passwords_;
  bool verify_ = false;
  bool with_round_ = false;
};

class ArchiveChangesCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  void check() const override;
  int run(const Session& session) override;
  changes::ArchiveOptions request() const;

 private:
  std::string policy_;
  std::string archive_dir_;
  std::string move_to_;
  changes::ArchiveOptions values_;
};

class EndMigrationCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  void check() const override;
  int run(const Session& session) override;
  EndMigrationRequest request() const;

 private:
  EndMigrationRequest values_;
  PasswordOptions passwords_;
};

class InspectCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  void check() const override;
  int run(const Session& session) override;
  bool prints_document() const override { return true; }

 private:
  std::int64_t from_vsn_ = 0;  // 0: the oldest that is there
  std::int64_t to_vsn_ = 0;    // 0: the newest
  std::int64_t limit_ = 0;     // 0: none
  std::string table_;
  bool no_values_ = false;
};

class VerifyDataCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;
  bool prints_document() const override { return format_ == "json"; }
  /// `streaming`: changes flow, so rows that differ may be on their way.
  verify::VerifyOptions request(bool streaming) const;

 private:
  PasswordOptions passwords_;
  TableListOptions tables_;
  std::string between_ = "source,target";
  int parallel_jobs_ = 2;
  int settle_timeout_ = -1;  // less than 0: by the state of the migration
  std::string format_ = "table";
};

class VersionCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;
};

}  // namespace voyager::cli
