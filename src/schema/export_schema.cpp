// SPDX-License-Identifier: Apache-2.0
#include "schema/export_schema.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "schema/categorize.hpp"
#include "schema/pg_dump.hpp"
#include "schema/split.hpp"

namespace voyager::schema {
namespace {

namespace fs = std::filesystem;

constexpr ErrorCode statements_lost{4001};
constexpr ErrorCode schema_there_already{4002};
constexpr ErrorCode stopped_by_user{4007};
constexpr ErrorCode unknown_schema{4008};
constexpr ErrorCode cannot_replace_directory{4009};

bool has_files(const fs::path& directory) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory, ignored)) {
    if (entry.is_regular_file(ignored)) return true;
  }
  return false;
}

void require_free_directory(const exportdir::Layout& layout, bool start_clean, Status& status) {
  if (!has_files(layout.schema())) return;
  if (!start_clean) {
    fail(schema_there_already,
         fmt::format("{} holds an exported schema already", layout.schema().string()),
         "Use --start-clean true to export it anew");
  }
  const bool agreed = status.confirm(
      fmt::format("Everything in {} will be replaced, changes made by hand too. Go on?",
                  layout.schema().string()));
  if (!agreed) fail(stopped_by_user, "nothing was exported: the schema directory is kept");
}

void require_known_schemas(const std::vector<std::string>& asked,
                           const std::set<std::string>& found) {
  std::vector<std::string> missing;
  for (const std::string& schema : asked) {
    if (found.count(schema) == 0) missing.push_back(schema);
  }
  if (!missing.empty()) {
    fail(unknown_schema, fmt::format("the source has no schema {}", join(missing, ", ")),
         "Check --source-db-schema, upper and lower case too");
  }
}

/// Writes one file and reads it back: what import schema will see is what was meant.
void write_statements(const fs::path& file, const std::vector<std::string>& statements) {
  make_directory(file.parent_path());
  write_file_atomically(file, as_file(statements));
  const std::size_t found = split_statements(read_file(file)).size();
  if (found != statements.size()) {
    fail(statements_lost,
         fmt::format("{} has {} statements instead of {}", file.string(), found, statements.size()),
         "Report this as a bug, with the output of pg_dump --schema-only");
  }
}

using Files = std::map<ObjectType, std::vector<std::string>>;

/// Writes every file into a new directory beside its final place.
fs::path stage(const exportdir::Layout& layout, const fs::path& place, const Files& files,
               const std::vector<std::string>& uncategorized) {
  const fs::path staging = layout.temp() / place.filename();
  std::error_code ignored;
  fs::remove_all(staging, ignored);
  make_directory(staging);
  for (const auto& [type, statements] : files)
    write_statements(staging / object_file(type).path, statements);
  if (!uncategorized.empty())
    write_statements(staging / layout.uncategorized_sql().filename(), uncategorized);
  return staging;
}

void replace_directory(const fs::path& place, const fs::path& staging) {
  std::error_code error;
  fs::remove_all(place, error);
  if (!error) fs::rename(staging, place, error);
  if (error) {
    fail(cannot_replace_directory,
         fmt::format("{} can't be replaced: {}", place.string(), error.message()));
  }
  sync_directory(place.parent_path());
}

/// Puts both directories in their places only when they are whole, so that a killed export leaves
/// nothing. schema/ goes last, after the record: while it is empty, the command may simply be
/// repeated.
void publish(const exportdir::Layout& layout, exportdir::MetaDb& meta, const Categorized& dump,
             const Files& files) {
  const fs::path schema = stage(layout, layout.schema(), files, dump.uncategorized);
  const fs::path copy = stage(layout, layout.source_schema(), dump.statements, dump.uncategorized);
  VOYAGER_FAILPOINT("export_schema.before_publish");
  replace_directory(layout.source_schema(), copy);
  VOYAGER_FAILPOINT("export_schema.between_directories");
  meta.set_setting("export_schema_done", utc_timestamp(unix_micros_now()));
  VOYAGER_FAILPOINT("export_schema.recorded");
  replace_directory(layout.schema(), schema);
}

Rewritten rewritten(const ExportSchemaOptions& options, const Categorized& dump) {
  return options.rewrite ? options.rewrite(dump.statements) : Rewritten{dump.statements};
}

ExportSchemaSummary summary_of(const Categorized& dump, const Rewritten& form) {
  ExportSchemaSummary summary;
  std::size_t written = dump.uncategorized.size();
  for (const auto& [type, statements] : form.statements) {
    summary.statements[std::string(object_file(type).name)] = statements.size();
    written += statements.size();
  }
  summary.statements_read = dump.statements_read;
  summary.left_out = dump.left_out;
  summary.uncategorized = dump.uncategorized.size();
  summary.fewer = form.fewer;
  const auto accounted = static_cast<std::int64_t>(written + summary.left_out) + form.fewer;
  if (accounted != static_cast<std::int64_t>(summary.statements_read)) {
    fail(statements_lost, fmt::format("{} statements were read, {} are accounted for",
                                      summary.statements_read, accounted));
  }
  return summary;
}

void show(const exportdir::Layout& layout, const Files& files, const ExportSchemaSummary& summary,
          Status& status) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [type, statements] : files) {
    rows.push_back({std::string(object_file(type).name), with_thousands(statements.size()),
                    std::string(object_file(type).path)});
  }
  status.line(format_table({"Object type", "Statements", "File in schema/"}, rows));
  status.line(fmt::format("{} statements read, {} left out (session settings, unwanted types)",
                          summary.statements_read, summary.left_out));
  if (summary.fewer != 0)
    status.line(fmt::format("As optimised they are {} {}", std::abs(summary.fewer),
                            summary.fewer > 0 ? "fewer" : "more"));
  if (summary.uncategorized > 0) {
    status.warning(
        fmt::format("{} statements are of no known kind: see {}. import schema does not run them.",
                    summary.uncategorized, layout.uncategorized_sql().string()));
  }
  status.line(
      fmt::format("Next: look through {}, change what YugabyteDB needs otherwise, then run "
                  "yb-voyager import schema",
                  layout.schema().string()));
}

}  // namespace

ExportSchemaSummary export_schema(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                                  const ExportSchemaOptions& options, Status& status) {
  const std::vector<ObjectType> wanted =
      selected_types(options.object_types, options.excluded_object_types);
  require_free_directory(layout, options.start_clean, status);
  meta.remove_setting("export_schema_done");
  status.line(fmt::format("Exporting the schema of {}", options.source.database));
  const Categorized dump =
      categorize(dump_schema(options.source, options.comments_on_objects), wanted);
  require_known_schemas(options.source.schemas, dump.schemas);
  const Rewritten form = rewritten(options, dump);
  const ExportSchemaSummary summary = summary_of(dump, form);
  publish(layout, meta, dump, form.statements);
  log::info("schema exported: {} statements, {} left out, {} uncategorized, {} fewer written",
            summary.statements_read, summary.left_out, summary.uncategorized, summary.fewer);
  show(layout, form.statements, summary, status);
  return summary;
}

}  // namespace voyager::schema
