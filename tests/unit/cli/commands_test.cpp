// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "base/error.hpp"
#include "base/file.hpp"
#include "cli/target_schema.hpp"
#include "support/temp_directory.hpp"

namespace voyager::cli {
namespace {

const std::vector<std::string> source_flags = {
    "--export-dir",     "dir", "--source-db-type", "postgresql", "--source-db-host", "db1",
    "--source-db-user", "u",   "--source-db-name", "shop"};
const std::vector<std::string> target_flags = {
    "--export-dir",     "dir", "--target-db-host", "yb1",
    "--target-db-user", "u",   "--target-db-name", "shop"};

const std::vector<std::string> replica_flags = {
    "--export-dir", "dir", "--source-replica-db-user", "u", "--source-replica-db-name", "shop"};

/// Parses as the program does, without environment and configuration file.
template <typename T>
void parse(T& command, std::vector<std::string> arguments,
           const std::vector<std::string>& more = {}) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  OptionTable options;
  command.declare(options);
  options.parse_arguments(arguments);
  options.check_required();
  command.check();
}

template <typename T>
int parse_error(T command, const std::vector<std::string>& arguments,
                const std::vector<std::string>& more = {}) {
  try {
    parse(command, arguments, more);
  } catch (const Error& error) {
    return error.code().number;
  }
  return 0;
}

class RecordingStatus : public Status {
 public:
  void line(const std::string& text) override { lines.push_back(text); }
  void warning(const std::string& text) override { warnings.push_back(text); }
  void progress(const std::string&, std::uint64_t, std::uint64_t) override {}
  void panel(const Rows&) override {}
  bool confirm(const std::string&) override { return true; }
  std::vector<std::string> lines;
  std::vector<std::string> warnings;
};

TEST(ExportDataCommand, TurnsFlagsIntoARequest) {
  ExportDataCommand command;
  parse(command, source_flags,
        {"--source-db-schema", "public,sales", "--export-type", "snapshot-and-changes",
         "--table-list", "orders,item*", "--exclude-table-list", "item_log", "--parallel-jobs", "8",
         "--data-format", "csv", "--start-clean", "yes", "--run-guardrails-checks", "false"});
  const ExportDataRequest request = command.request();
  EXPECT_EQ(request.source.host, "db1");
  EXPECT_EQ(request.source.database, "shop");
  EXPECT_EQ(request.source.schemas, (std::vector<std::string>{"public", "sales"}));
  EXPECT_EQ(request.source.application, "yb-voyager source_db_exporter");
  EXPECT_TRUE(request.with_changes);
  EXPECT_EQ(request.selection.include, (std::vector<std::string>{"orders", "item*"}));
  EXPECT_EQ(request.selection.exclude, std::vector<std::string>{"item_log"});
  EXPECT_EQ(request.parallel_jobs, 8);
  EXPECT_EQ(request.format, snapshot::DataFormat::csv);
  EXPECT_TRUE(request.start_clean);
  EXPECT_FALSE(request.run_guardrails);
}

TEST(ExportDataCommand, HasTheDocumentedDefaults) {
  ExportDataCommand command;
  parse(command, source_flags);
  const ExportDataRequest request = command.request();
  EXPECT_FALSE(request.with_changes);
  EXPECT_EQ(request.parallel_jobs, 4);
  EXPECT_EQ(request.format, snapshot::DataFormat::automatic);
  EXPECT_FALSE(request.start_clean);
  EXPECT_TRUE(request.run_guardrails);
}

TEST(ExportDataCommand, NeedsSourceAndDirectory) {
  EXPECT_EQ(parse_error(ExportDataCommand(), {"--export-dir", "dir"}), 1003);
  EXPECT_EQ(parse_error(ExportDataCommand(), {}), 1003);
  EXPECT_EQ(parse_error(ExportDataCommand(), source_flags, {"--export-type", "changes-only"}),
            1002);
  EXPECT_EQ(parse_error(ExportDataCommand(), source_flags, {"--metrics-port", "9100"}), 1004);
}

TEST(ImportDataCommand, TurnsTheFlagsOfTheWorkflowIntoARequest) {
  ImportDataCommand command;
  parse(command, target_flags,
        {"--target-db-password", "p", "--target-db-schema", "public", "--parallel-jobs", "3",
         "--start-clean", "1", "--truncate-tables", "1", "--target-endpoints", "n1:5433,n2",
         "--use-public-ip", "true", "--max-retries-streaming", "2"});
  const ImportDataRequest request = command.request();
  EXPECT_EQ(request.database.host, "yb1");
  EXPECT_EQ(request.database.type, "yugabytedb");
  EXPECT_EQ(request.database.nodes, (std::vector<std::string>{"n1:5433", "n2"}));
  EXPECT_TRUE(request.database.use_public_ip);
  EXPECT_EQ(request.database.application, "yb-voyager target_db_importer");
  EXPECT_EQ(request.parallelism.jobs, 3);
  EXPECT_FALSE(request.parallelism.adaptive) << "a number that is asked for stays";
  EXPECT_TRUE(request.start_clean);
  EXPECT_TRUE(request.truncate_tables);
  EXPECT_EQ(request.max_retries_streaming, 2);
}

TEST(ImportDataCommand, LeavesParallelJobsToTheTarget) {
  ImportDataCommand command;
  parse(command, target_flags);
  EXPECT_EQ(command.request().parallelism.jobs, 0);
  ASSERT_TRUE(command.request().parallelism.adaptive);
  EXPECT_EQ(command.request().parallelism.adaptive->cpu_percent, 80);
}

TEST(ImportDataCommand, LetsTheTargetsLoadChangeParallelJobs) {
  ImportDataCommand command;
  parse(command, target_flags,
        {"--parallel-jobs", "4", "--adaptive-parallelism", "AGGRESSIVE",
         "--adaptive-parallelism-max", "9"});
  EXPECT_EQ(command.request().parallelism.jobs, 4);
  EXPECT_EQ(command.request().parallelism.most, 9);
  ASSERT_TRUE(command.request().parallelism.adaptive);
  EXPECT_EQ(command.request().parallelism.adaptive->cpu_percent, 95);
  ImportDataCommand disabled;
  parse(disabled, target_flags, {"--adaptive-parallelism", "disabled"});
  EXPECT_FALSE(disabled.request().parallelism.adaptive);
}

TEST(ImportDataCommand, RefusesABoundForANumberThatStays) {
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--adaptive-parallelism", "disabled"},
        std::vector<std::string>{"--parallel-jobs", "4"}}) {
    std::vector<std::string> all = flags;
    all.insert(all.end(), {"--adaptive-parallelism-max", "9"});
    EXPECT_EQ(parse_error(ImportDataCommand(), target_flags, all), 1006);
  }
  EXPECT_EQ(parse_error(ImportDataCommand(), target_flags, {"--adaptive-parallelism", "some"}),
            1002);
}

TEST(ImportDataCommand, RefusesWhatItCannotDo) {
  const auto refused = [](const std::vector<std::string>& flags) {
    return parse_error(ImportDataCommand(), target_flags, flags);
  };
  EXPECT_EQ(refused({"--truncate-tables", "true"}), 1003);
  EXPECT_EQ(refused({"--table-list", "orders"}), 1004);
  EXPECT_EQ(refused({"--on-primary-key-conflict", "IGNORE"}), 1004);
  EXPECT_EQ(refused({"--error-policy-snapshot", "stash-and-continue"}), 1004);
  EXPECT_EQ(refused({"--use-partition-root", "false"}), 1004);
  EXPECT_EQ(refused({"--enable-upsert", "true"}), 1004);
}

TEST(ImportDataCommand, AcceptsHintsAndDefaultsOfOtherVersions) {
  EXPECT_EQ(parse_error(ImportDataCommand(), target_flags,
                        {"--batch-size", "20000", "--adaptive-parallelism", "balanced",
                         "--on-primary-key-conflict", "ERROR-POLICY", "--use-partition-root",
                         "true", "--error-policy-snapshot", "abort", "--cdc-partition-key", "auto",
                         "--enable-upsert", "false", "--send-diagnostics", "false"}),
            0);
}

TEST(ImportSchemaCommand, EveryNameOfThePostDataStepMeansTheSame) {
  for (const char* flag : {"--post-import-data", "--post-snapshot-import"}) {
    ImportSchemaCommand command(false);
    parse(command, target_flags, {flag, "true", "--refresh-mviews", "true"});
    EXPECT_TRUE(command.request().post_snapshot_import) << flag;
    EXPECT_TRUE(command.request().refresh_mviews);
  }
  ImportSchemaCommand finalize(true);
  parse(finalize, target_flags, {"--refresh-mviews", "no"});
  EXPECT_TRUE(finalize.request().post_snapshot_import);
  EXPECT_FALSE(finalize.request().refresh_mviews);
}

TEST(ImportSchemaCommand, TakesTheWorkflowsRepeatedUserFlag) {
  ImportSchemaCommand command(false);
  parse(command, target_flags, {"--target-db-user", "other", "--target-db-schema", "public"});
  EXPECT_FALSE(command.request().post_snapshot_import);
}

TEST(ImportSchemaCommand, PassesOptionsOnAndRefusesAContradiction) {
  ImportSchemaCommand command(false);
  parse(command, target_flags,
        {"--object-type-list", "table,view", "--ignore-exist", "true", "--straight-order", "true",
         "--continue-on-error", "true"});
  const schema::ImportSchemaOptions request = command.request();
  EXPECT_EQ(request.object_types, (std::vector<std::string>{"TABLE", "VIEW"}));
  EXPECT_TRUE(request.ignore_exist);
  EXPECT_TRUE(request.straight_order);
  EXPECT_TRUE(request.continue_on_error);
  EXPECT_EQ(parse_error(ImportSchemaCommand(false), target_flags,
                        {"--start-clean", "true", "--post-import-data", "true"}),
            1006);
}

TEST(ImportSchemaToReplicaCommand, AsksForTheSourcesSchemaWithTheOptionsOfImportSchema) {
  ImportSchemaToReplicaCommand command;
  parse(command, replica_flags,
        {"--ignore-exist", "true", "--refresh-mviews", "true", "--continue-on-error", "true"});
  const schema::ImportSchemaOptions request = command.request();
  EXPECT_EQ(request.recipient, schema::SchemaRecipient::source_replica);
  EXPECT_TRUE(request.ignore_exist);
  EXPECT_TRUE(request.refresh_mviews);
  EXPECT_TRUE(request.continue_on_error);
  EXPECT_FALSE(request.post_snapshot_import);
  EXPECT_EQ(ImportSchemaCommand(false).request().recipient, schema::SchemaRecipient::target);
}

TEST(ImportSchemaToReplicaCommand, HasBothNamesOfThePostDataStepAndRefusesAContradiction) {
  for (const char* flag : {"--post-import-data", "--post-snapshot-import"}) {
    ImportSchemaToReplicaCommand command;
    parse(command, replica_flags, {flag, "true"});
    EXPECT_TRUE(command.request().post_snapshot_import) << flag;
    EXPECT_EQ(parse_error(ImportSchemaToReplicaCommand(), replica_flags,
                          {flag, "true", "--start-clean", "true"}),
              1006);
  }
}

TEST(ImportSchemaToReplicaCommand, KnowsNoTarget) {
  EXPECT_EQ(parse_error(ImportSchemaToReplicaCommand(), target_flags), 1001);
  EXPECT_EQ(parse_error(ImportSchemaToReplicaCommand(), {"--export-dir", "dir"}), 1003);
}

TEST(ExportSchemaCommand, TurnsFlagsIntoARequest) {
  ExportSchemaCommand command;
  parse(command, source_flags,
        {"--exclude-object-type-list", "view", "--comments-on-objects", "true", "--start-clean",
         "true", "--use-orafce", "false"});
  const schema::ExportSchemaOptions request = command.request();
  EXPECT_EQ(request.excluded_object_types, std::vector<std::string>{"VIEW"});
  EXPECT_TRUE(request.comments_on_objects);
  EXPECT_TRUE(request.start_clean);
  EXPECT_EQ(request.source.application, "yb-voyager export schema");
}

TEST(ExportSchemaCommand, SwitchesOptimisationsOff) {
  ExportSchemaCommand all;
  parse(all, source_flags);
  EXPECT_TRUE(all.switches().merge_constraints);
  EXPECT_TRUE(all.switches().remove_redundant_indexes);
  EXPECT_TRUE(all.switches().range_sharding);
  EXPECT_TRUE(all.switches().colocation);
  ExportSchemaCommand none;
  parse(none, source_flags,
        {"--skip-performance-recommendations", "true", "--skip-colocation-recommendations",
         "--skip-merge-constraints-transformations", "--assess-schema-before-export", "false"});
  EXPECT_FALSE(none.switches().merge_constraints);
  EXPECT_FALSE(none.switches().remove_redundant_indexes);
  EXPECT_FALSE(none.switches().range_sharding);
  EXPECT_FALSE(none.switches().colocation);
}

TEST(ExportSchemaCommand, RefusesAReportThatIsNone) {
  const testing::TempDirectory directory;
  const std::string report = (directory.path() / "report.json").string();
  EXPECT_EQ(parse_error(ExportSchemaCommand(), source_flags, {"--assessment-report-path", report}),
            1002);
  write_file_atomically(report, "{}");
  EXPECT_EQ(parse_error(ExportSchemaCommand(), source_flags, {"--assessment-report-path", report}),
            4305);
}

TEST(ArchiveChangesCommand, MoveToMeansArchiveThere) {
  ArchiveChangesCommand command;
  parse(command, {"--export-dir", "d", "--move-to", "elsewhere"});
  EXPECT_EQ(command.request().policy, changes::ArchiveOptions::Policy::archive);
  EXPECT_EQ(command.request().directory, "elsewhere");
  EXPECT_TRUE(command.request().follow);
}

TEST(ArchiveChangesCommand, TakesPolicyWithWhatItNeeds) {
  ArchiveChangesCommand remove;
  parse(remove, {"--export-dir", "d", "--policy", "delete", "--fs-utilization-threshold", "85",
                 "--follow", "false"});
  EXPECT_EQ(remove.request().policy, changes::ArchiveOptions::Policy::remove);
  EXPECT_EQ(remove.request().fs_utilization_threshold, 85);
  EXPECT_FALSE(remove.request().follow);
  const auto error = [](const std::vector<std::string>& flags) {
    return parse_error(ArchiveChangesCommand(), {"--export-dir", "d"}, flags);
  };
  EXPECT_EQ(error({}), 1003);
  EXPECT_EQ(error({"--policy", "archive"}), 1003);
  EXPECT_EQ(error({"--policy", "delete", "--archive-dir", "x"}), 1006);
  EXPECT_EQ(error({"--policy", "archive", "--archive-dir", "x"}), 0);
  EXPECT_EQ(error({"--policy", "delete", "--move-to", "x"}), 1006);
  EXPECT_EQ(error({"--policy", "retain"}), 1002);
}

TEST(EndMigrationCommand, NeedsEveryDecisionAndAPlaceForWhatIsKept) {
  const std::vector<std::string> nothing_kept = {"--export-dir",
                                                 "d",
                                                 "--backup-log-files",
                                                 "false",
                                                 "--backup-data-files",
                                                 "no",
                                                 "--backup-schema-files",
                                                 "0",
                                                 "--save-migration-reports",
                                                 "false"};
  EXPECT_EQ(parse_error(EndMigrationCommand(), nothing_kept), 0);
  EXPECT_EQ(parse_error(EndMigrationCommand(), {"--export-dir", "d"}), 1003);
  EXPECT_EQ(parse_error(EndMigrationCommand(), nothing_kept, {"--backup-log-files", "yes"}), 1003);
  EndMigrationCommand command;
  parse(command, nothing_kept, {"--backup-log-files", "yes", "--backup-dir", "b"});
  EXPECT_TRUE(command.request().backup_logs);
  EXPECT_FALSE(command.request().backup_data);
  EXPECT_EQ(command.request().backup_directory, "b");
}

TEST(InitiateCutoverToTargetCommand, RefusesTheConnectorThatDoesNotExist) {
  EXPECT_EQ(parse_error(InitiateCutoverToTargetCommand(), {"-e", "d"},
                        {"--prepare-for-fall-back", "true", "--use-yb-grpc-connector", "false"}),
            0);
  EXPECT_EQ(parse_error(InitiateCutoverToTargetCommand(), {"-e", "d"},
                        {"--use-yb-grpc-connector", "true"}),
            1004);
}

TEST(InspectCommand, RefusesARangeThatIsEmpty) {
  EXPECT_EQ(parse_error(InspectCommand(), {"-e", "d", "--from-vsn", "5", "--to-vsn", "4"}), 1002);
  EXPECT_EQ(parse_error(InspectCommand(), {"-e", "d", "--from-vsn", "5", "--to-vsn", "5"}), 0);
}

TEST(TargetSchema, IsNamedAsIgnoredUnlessItIsTheDefault) {
  RecordingStatus status;
  warn_about_schema("--target-db-schema", "", status);
  warn_about_schema("--target-db-schema", "public", status);
  EXPECT_TRUE(status.warnings.empty());
  warn_about_schema("--target-db-schema", "shop", status);
  ASSERT_EQ(status.warnings.size(), 1U);
  EXPECT_THAT(status.warnings[0], ::testing::HasSubstr("--target-db-schema is ignored"));
}

TEST(Passwords, AreAskedForOnlyWhenNotGiven) {
  const engine::Registry registry;
  RecordingStatus status;
  std::ostringstream out;
  int asked = 0;
  const Session session{registry, exportdir::Layout(""), status, out, {}, [&](const std::string&) {
                          ++asked;
                          return Secret("typed");
                        }};
  EXPECT_EQ(password_or_ask(Secret("given"), session, "x").reveal(), "given");
  EXPECT_TRUE(password_or_ask(Secret(""), session, "x").empty());
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(password_or_ask(std::nullopt, session, "x").reveal(), "typed");
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace voyager::cli
