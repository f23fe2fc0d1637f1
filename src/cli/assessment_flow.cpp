// SPDX-License-Identifier: Apache-2.0
#include "cli/assessment_flow.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "assess/gather.hpp"
#include "assess/metadata_files.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "schema/pg_dump.hpp"

namespace voyager::cli {
namespace {

constexpr ErrorCode unknown_schema{4307};

using Schemas = std::vector<std::string>;

/// pg_dump is content when one of several schemas exists.
void require_schemas(const Schemas& wanted, const Schemas& existing) {
  Schemas missing;
  for (const std::string& schema : wanted)
    if (std::find(existing.begin(), existing.end(), schema) == existing.end())
      missing.push_back(schema);
  if (!missing.empty())
    fail(unknown_schema, fmt::format("the source has no schema {}", join(missing, ", ")),
         fmt::format("Correct --source-db-schema; there are: {}", join(existing, ", ")));
}

assess::Metadata gathered(const AssessmentRequest& request, const Session& session) {
  const assess::GatherOptions options{.primary = request.source,
                                      .interval = request.interval,
                                      .replica_endpoints = request.replica_endpoints,
                                      .primary_only = request.primary_only,
                                      .ask_about_cautions = request.run_guardrails};
  const auto open = [&](const engine::Endpoint& endpoint) {
    return session.registry.statistics(endpoint)->statistics();
  };
  if (!request.source.schemas.empty())
    require_schemas(request.source.schemas, open(request.source)->user_schemas());
  const auto dump = [&] { return schema::dump_schema(request.source, false); };
  return assess::gather(options, open, dump, session.stop, session.status);
}

/// Where the metadata are in the export directory already, they stay.
bool is_own(const std::filesystem::path& directory, const exportdir::Layout& layout) {
  std::error_code ignored;
  return !directory.empty() &&
         std::filesystem::equivalent(directory, layout.assessment_metadata(), ignored);
}

/// The JSON report comes last, because it says that the assessment is whole.
void write_reports(const assess::Assessment& assessment, const exportdir::Layout& layout) {
  make_directory(layout.assessment_reports());
  write_file_atomically(layout.assessment_report("html"), assess::to_html(assessment));
  VOYAGER_FAILPOINT("assess.before_json");
  write_file_atomically(layout.assessment_report("json"), assess::to_json(assessment));
}

/// Those that were gathered have been shown when they were made.
void show_notes(const assess::Assessment& assessment, const Schemas& shown, Status& status) {
  for (const std::string& note : assessment.schema.context.notes)
    if (std::find(shown.begin(), shown.end(), note) == shown.end()) status.warning(note);
}

}  // namespace

bool is_assessed(const exportdir::Layout& layout) {
  return std::filesystem::exists(layout.assessment_report("json"));
}

assess::Assessment run_assessment(const AssessmentRequest& request, const Session& session) {
  const bool given = !request.metadata_directory.empty();
  const assess::Metadata metadata =
      given ? assess::read_metadata(request.metadata_directory) : gathered(request, session);
  assess::Assessment assessment = assess::assess(
      metadata,
      {VOYAGER_VERSION, request.target, request.query_constructs, request.plpgsql_objects});
  const exportdir::Layout& layout = session.layout;
  std::filesystem::remove_all(layout.assessment_reports());
  if (!is_own(request.metadata_directory, layout)) {
    std::filesystem::remove_all(layout.assessment_metadata());
    assess::write_metadata(layout.assessment_metadata(), metadata);
    VOYAGER_FAILPOINT("assess.metadata_written");
  }
  write_reports(assessment, layout);
  show_notes(assessment, given ? Schemas() : metadata.notes, session.status);
  return assessment;
}

}  // namespace voyager::cli
