// SPDX-License-Identifier: Apache-2.0
#include "schema/import_schema.hpp"

#include <fmt/format.h>

#include <filesystem>
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
      std::vector<FailedStatement> later = pass(waiting);
      if (later.size() == waiting.size()) break;
      waiting = std::move(later);
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

/// Empties the target's schemas after asking, or warns that there is something in them.
void prepare_target(engine::SchemaWriter& writer, const SchemaFiles& files,
                    const ImportSchemaOptions& options, Status& status) {
  const std::int64_t objects = writer.object_count(files.schemas);
  if (objects == 0) return;
  const std::string where = join(files.schemas, ", ");
  if (options.start_clean) {
    if (!status.confirm(fmt::format(
            "The target has {} objects in {}. They will be dropped with all their data. Go on?",
            objects, where)))
      fail(stopped_by_user, "nothing was imported: the target is as it was");
    writer.drop_schemas(files.schemas);
  } else if (!options.ignore_exist) {
    status.warning(
        fmt::format("The target has {} objects in {} already: --ignore-exist true goes on with "
                    "what is missing, "
                    "--start-clean true drops them first",
                    objects, where));
  }
}

void write_failures(const exportdir::Layout& layout, const Report& report, ImportPhase phase,
                    Status& status) {
  if (!report.failures.empty()) {
    write_file_atomically(layout.failed_sql(), failed_sql_text(report.failures));
    for (const FailedStatement& failure : report.failures) {
      status.warning(fmt::format("{}, line {}: {}", object_file(failure.item.file).path,
                                 failure.item.statement.line, failure.error));
    }
  } else if (phase == ImportPhase::before_data) {
    // What an earlier run left is settled now; the later phase says nothing about it.
    std::error_code ignored;
    std::filesystem::remove(layout.failed_sql(), ignored);
  }
}

/// A view on another one can be refreshed only after that one: tried again while a pass gets
/// further.
void refresh(DdlRunner& runner, const std::vector<std::string>& schemas, Status& status) {
  std::vector<QualifiedName> waiting = runner.writer().materialized_views(schemas);
  const std::size_t total = waiting.size();
  std::string last_error;
  while (!waiting.empty()) {
    std::vector<QualifiedName> later;
    for (const QualifiedName& view : waiting) {
      Outcome outcome = runner.run("REFRESH MATERIALIZED VIEW " + view.quoted());
      if (outcome.kind == Outcome::Kind::created) continue;
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

void warn_of_unread_files(const exportdir::Layout& layout, Status& status) {
  if (std::filesystem::exists(layout.uncategorized_sql())) {
    status.warning(fmt::format("{} is not imported: run what you need of it by hand",
                               layout.uncategorized_sql().string()));
  }
}

void finish(const exportdir::Layout& layout, const ImportSchemaSummary& summary,
            const ImportSchemaOptions& options, Status& status) {
  if (summary.failed > 0) {
    const std::string message = fmt::format("{} schema statements failed: see {}", summary.failed,
                                            layout.failed_sql().string());
    if (!options.continue_on_error) {
      fail(statements_failed, message,
           "Mend them in their files under schema/ and run the command again with --ignore-exist "
           "true");
    }
    status.warning(message);
  }
  if (summary.held_back > 0) {
    status.line(fmt::format(
        "{} statements (secondary indexes, triggers, NOT VALID constraints) wait until the data is "
        "there: yb-voyager finalize-schema-post-data-import creates them",
        summary.held_back));
  }
  if (!options.post_snapshot_import) status.line("Next: yb-voyager export data, import data");
}

PlanOptions plan_options(const ImportSchemaOptions& options) {
  PlanOptions plan;
  plan.phase = options.post_snapshot_import ? ImportPhase::after_data : ImportPhase::before_data;
  plan.types = selected_types(options.object_types, options.excluded_object_types);
  plan.straight_order = options.straight_order;
  return plan;
}

}  // namespace

ImportSchemaSummary import_schema(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                                  engine::TargetEngine& target, const ImportSchemaOptions& options,
                                  Status& status) {
  const PlanOptions plan_by = plan_options(options);
  const SchemaFiles files = read_schema_files(layout);
  const ImportPlan plan = plan_import(files.statements, plan_by);
  DdlRunner runner(target, options.ignore_exist);
  if (!options.post_snapshot_import) {
    warn_of_unread_files(layout, status);
    prepare_target(runner.writer(), files, options, status);
  }
  const Report report = PlanRun(runner, status).run(plan);
  const ImportSchemaSummary summary = summary_of(report);
  log::info("schema imported: {} created, {} existed, {} held back, {} failed", summary.created,
            summary.existed, summary.held_back, summary.failed);
  show(report, status);
  write_failures(layout, report, plan_by.phase, status);
  if (options.refresh_mviews) refresh(runner, files.schemas, status);
  finish(layout, summary, options, status);
  meta.set_setting(options.post_snapshot_import ? "finalize_schema_done" : "import_schema_done",
                   utc_timestamp(unix_micros_now()));
  return summary;
}

}  // namespace voyager::schema
