// SPDX-License-Identifier: Apache-2.0
#include "schema/import_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "schema/ddl_runner.hpp"
#include "schema/schema_files.hpp"

namespace voyager::schema {
namespace {

constexpr ErrorCode statements_failed{4101};
constexpr ErrorCode stopped_by_user{4104};
constexpr ErrorCode refresh_failed{4105};
constexpr ErrorCode no_source_schema{4106};

/// What differs between the databases that get a schema.
struct Place {
  std::filesystem::path files;
  std::filesystem::path failed_sql;
  const char* database;  ///< in messages
  const char* mend;      ///< what to do about statements that failed
  const char* finalize;  ///< the command that creates what was held back
  const char* next;
  // Settings: the command has begun, and it has ended; without and with the post-data part.
  const char* begun;
  const char* done;
  const char* finalize_begun;
  const char* finalized;
  bool replica_identity;
};

Place target_place(const exportdir::Layout& layout) {
  return {.files = layout.schema(),
          .failed_sql = layout.failed_sql(),
          .database = "target",
          .mend =
              "Mend them in their files under schema/ and run the command again with "
              "--ignore-exist true",
          .finalize = "yb-voyager finalize-schema-post-data-import",
          .next = "yb-voyager export data, import data",
          .begun = "import_schema_begun",
          .done = "import_schema_done",
          .finalize_begun = "finalize_schema_begun",
          .finalized = "finalize_schema_done",
          .replica_identity = false};
}

Place source_replica_place(const exportdir::Layout& layout) {
  return {.files = layout.source_schema(),
          .failed_sql = layout.failed_on_source_replica_sql(),
          .database = "source-replica",
          .mend =
              "Create on the source-replica what they need (extensions, roles), or run them by "
              "hand in another form, and run the command again with --ignore-exist true",
          .finalize = "yb-voyager import schema to source-replica --post-snapshot-import true",
          .next = "yb-voyager import data to source-replica",
          .begun = "source_replica_import_schema_begun",
          .done = "source_replica_import_schema_done",
          .finalize_begun = "source_replica_finalize_schema_begun",
          .finalized = "source_replica_finalize_schema_done",
          .replica_identity = true};
}

void require_source_schema(const exportdir::Layout& layout, const exportdir::MetaDb& meta) {
  if (std::filesystem::exists(layout.source_schema()) && meta.setting("export_schema_done")) return;
  fail(no_source_schema,
       "the export directory has no whole copy of the source's own schema: it was exported by an "
       "older version, or the export was cut short",
       "Save your changes of the files under schema/, and run yb-voyager export schema again, with "
       "--start-clean true");
}

struct Counts {
  std::size_t created = 0;
  std::size_t existed = 0;
  std::size_t held_back = 0;
  std::size_t failed = 0;
};

struct Report {
  std::map<ObjectType, Counts> counts;  ///< by file
  std::vector<FailedStatement> failures;
};

/// Runs the plan in passes: what waits for something is tried again as long as a pass got any
/// further.
class PlanRun {
 public:
  PlanRun(DdlRunner& runner, Status& status) : runner_(runner), status_(status) {}

  Report run(const ImportPlan& plan) {
    for (const auto& [type, count] : plan.held_back) report_.counts[type].held_back = count;
    total_ = plan.run.size();
    std::vector<FailedStatement> waiting;
    for (const FileStatement& item : plan.run) waiting.push_back({item, ""});
    while (!waiting.empty()) {
      const std::size_t before = waiting.size();
      waiting = pass(waiting);
      if (waiting.size() == before) break;
    }
    for (FailedStatement& left : waiting) add_failure(std::move(left));
    return std::move(report_);
  }

 private:
  std::vector<FailedStatement> pass(const std::vector<FailedStatement>& statements) {
    std::vector<FailedStatement> later;
    for (const FailedStatement& entry : statements) {
      Outcome outcome = runner_.run(entry.item);
      VOYAGER_FAILPOINT("import_schema.statement");
      if (outcome.kind == Outcome::Kind::waits) {
        later.push_back({entry.item, std::move(outcome.error)});
      } else {
        settle(entry.item, std::move(outcome));
      }
    }
    return later;
  }
  void settle(const FileStatement& item, Outcome outcome) {
    if (outcome.kind == Outcome::Kind::failed) {
      add_failure({item, std::move(outcome.error)});
      return;
    }
    Counts& counts = report_.counts[item.file];
    ++(outcome.kind == Outcome::Kind::existed ? counts.existed : counts.created);
    show_progress();
  }
  void add_failure(FailedStatement failure) {
    ++report_.counts[failure.item.file].failed;
    report_.failures.push_back(std::move(failure));
    show_progress();
  }
  void show_progress() { status_.progress("import schema", ++done_, total_); }

  DdlRunner& runner_;
  Status& status_;
  Report report_;
  std::size_t done_ = 0;
  std::size_t total_ = 0;
};

ImportSchemaSummary summary_of(const Report& report) {
  ImportSchemaSummary summary;
  for (const auto& [type, counts] : report.counts) {
    summary.created += counts.created;
    summary.existed += counts.existed;
    summary.held_back += counts.held_back;
    summary.failed += counts.failed;
  }
  return summary;
}

void show(const Report& report, Status& status) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [type, counts] : report.counts) {
    rows.push_back({std::string(object_file(type).name), with_thousands(counts.created),
                    with_thousands(counts.existed), with_thousands(counts.held_back),
                    with_thousands(counts.failed)});
  }
  if (rows.empty()) {
    status.line("Nothing to create in this step");
  } else {
    status.line(format_table({"Object type", "Created", "Existed", "Held back", "Failed"}, rows));
  }
}

/// Statements about colocation say something only in a colocated database: without one all tables
/// are sharded, those too that the assessment wants together.
void ask_about_colocation(DdlRunner& runner, const ImportPlan& plan, Status& status) {
  const auto stating = std::count_if(plan.run.begin(), plan.run.end(),
                                     [](const auto& item) { return item.facts.states_colocation; });
  if (stating == 0) return;
  std::optional<bool> colocated;
  runner.repeat("The question whether the database is colocated",
                [&](auto& writer) { colocated = writer.colocated(); });
  if (colocated.value_or(true)) return;
  if (!status.confirm(fmt::format(
          "The target database is not colocated, so every table in it will be sharded. Of those in "
          "the files {} say whether they are, as the assessment recommends or as you wrote: the "
          "others are meant to be colocated. CREATE DATABASE ... WITH COLOCATION = true makes a "
          "database for that. Go on?",
          with_thousands(static_cast<std::uint64_t>(stating)))))
    fail(stopped_by_user, "nothing was imported: the target is as it was");
}

/// Empties the database's schemas after asking, or warns that there is something in them. True when
/// they are empty.
bool prepare_database(DdlRunner& runner, const SchemaFiles& files, const Place& place,
                      const ImportSchemaOptions& options, Status& status) {
  std::int64_t objects = 0;
  runner.repeat("The look for objects that exist",
                [&](auto& writer) { objects = writer.object_count(files.schemas); });
  if (objects == 0) return true;
  const std::string where = join(files.schemas, ", ");
  if (options.start_clean) {
    if (!status.confirm(fmt::format(
            "The {} has {} objects in {}. They will be dropped with all their data. Go on?",
            place.database, objects, where)))
      fail(stopped_by_user,
           fmt::format("nothing was imported: the {} is as it was", place.database));
    runner.repeat("Dropping the schemas",
                  [&](auto& writer) { writer.drop_schemas(files.schemas); });
  } else if (!options.ignore_exist) {
    status.warning(
        fmt::format("The {} has {} objects in {} already: --ignore-exist true goes on with "
                    "what is missing, --start-clean true drops them first",
                    place.database, objects, where));
  }
  return options.start_clean;
}

void write_failures(const Place& place, const Report& report, ImportPhase phase, Status& status) {
  if (!report.failures.empty()) {
    write_file_atomically(place.failed_sql, failed_sql_text(report.failures));
    for (const FailedStatement& failure : report.failures) {
      status.warning(fmt::format("{}, line {}: {}", object_file(failure.item.file).path,
                                 failure.item.statement.line, failure.error));
    }
  } else if (phase == ImportPhase::before_data) {
    // What an earlier run left is settled now; the later phase says nothing about it.
    std::error_code ignored;
    std::filesystem::remove(place.failed_sql, ignored);
  }
}

/// A view on another one can be refreshed only after that one: tried again while a pass gets
/// further.
void refresh(DdlRunner& runner, const std::vector<std::string>& schemas, Status& status) {
  std::vector<QualifiedName> waiting;
  runner.repeat("The look for materialized views",
                [&](auto& writer) { waiting = writer.materialized_views(schemas); });
  const std::size_t total = waiting.size();
  std::string last_error;
  while (!waiting.empty()) {
    std::vector<QualifiedName> later;
    for (const QualifiedName& view : waiting) {
      Outcome outcome = runner.run("REFRESH MATERIALIZED VIEW " + view.quoted());
      if (outcome.error.empty()) continue;
      last_error = fmt::format("{}: {}", view.display(), outcome.error);
      later.push_back(view);
    }
    status.progress("refresh materialized views", total - later.size(), total);
    if (later.size() == waiting.size()) {
      fail(
          refresh_failed,
          fmt::format("{} materialized views could not be refreshed; {}", later.size(), last_error),
          "Refresh them by hand, or run the command again with --ignore-exist true");
    }
    waiting = std::move(later);
  }
  status.line(fmt::format("{} materialized views refreshed", total));
}

void warn_of_unread_files(const std::filesystem::path& uncategorized, Status& status) {
  if (std::filesystem::exists(uncategorized)) {
    status.warning(
        fmt::format("{} is not imported: run what you need of it by hand", uncategorized.string()));
  }
}

void finish(const Place& place, const ImportSchemaSummary& summary,
            const ImportSchemaOptions& options, Status& status) {
  if (summary.failed > 0) {
    const std::string message = fmt::format("{} schema statements failed: see {}", summary.failed,
                                            place.failed_sql.string());
    if (!options.continue_on_error) fail(statements_failed, message, place.mend);
    status.warning(message);
  }
  if (summary.held_back > 0) {
    status.line(fmt::format(
        "{} statements (secondary indexes, triggers, NOT VALID constraints) wait until the data is "
        "there: {} creates them",
        summary.held_back, place.finalize));
  }
  if (!options.post_snapshot_import) status.line(fmt::format("Next: {}", place.next));
}

/// A run that was cut short had begun with nothing there: what exists now was made by it.
ImportSchemaOptions continued(ImportSchemaOptions options, bool cut_short, Status& status) {
  if (!cut_short || options.start_clean) return options;
  status.line("An earlier run of this command was cut short: it goes on with what is missing");
  options.ignore_exist = true;
  return options;
}

PlanOptions plan_options(const ImportSchemaOptions& options, const Place& place) {
  PlanOptions plan;
  plan.phase = options.post_snapshot_import ? ImportPhase::after_data : ImportPhase::before_data;
  plan.types = selected_types(options.object_types, options.excluded_object_types);
  plan.straight_order = options.straight_order;
  plan.replica_identity = place.replica_identity;
  return plan;
}

}  // namespace

ImportSchemaSummary import_schema(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                                  engine::TargetEngine& target, const ImportSchemaOptions& asked,
                                  Status& status) {
  const bool to_replica = asked.recipient == SchemaRecipient::source_replica;
  if (to_replica) require_source_schema(layout, meta);
  const Place place = to_replica ? source_replica_place(layout) : target_place(layout);
  const char* begun = asked.post_snapshot_import ? place.finalize_begun : place.begun;
  const ImportSchemaOptions options = continued(asked, meta.setting(begun).has_value(), status);
  const PlanOptions plan_by = plan_options(options, place);
  const SchemaFiles files = read_schema_files(place.files);
  const ImportPlan plan = plan_import(files.statements, plan_by);
  DdlRunner runner(target, status, {.ignore_exist = options.ignore_exist});
  bool all_is_ours = options.post_snapshot_import;
  if (!options.post_snapshot_import) {
    warn_of_unread_files(place.files / layout.uncategorized_sql().filename(), status);
    ask_about_colocation(runner, plan, status);
    all_is_ours = prepare_database(runner, files, place, options, status);
  }
  if (all_is_ours) meta.set_setting(begun, "true");
  const Report report = PlanRun(runner, status).run(plan);
  const ImportSchemaSummary summary = summary_of(report);
  log::info("schema imported to the {}: {} created, {} existed, {} held back, {} failed",
            place.database, summary.created, summary.existed, summary.held_back, summary.failed);
  show(report, status);
  write_failures(place, report, plan_by.phase, status);
  if (summary.failed > 0) meta.remove_setting(begun);
  if (options.refresh_mviews) refresh(runner, files.schemas, status);
  finish(place, summary, options, status);
  VOYAGER_FAILPOINT("import_schema.before_recorded");
  meta.set_setting(options.post_snapshot_import ? place.finalized : place.done,
                   utc_timestamp(unix_micros_now()));
  meta.remove_setting(begun);
  return summary;
}

}  // namespace voyager::schema
