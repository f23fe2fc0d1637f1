// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/settings.hpp"

namespace voyager::cli {

void ExportSchemaCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  add_source_options(options, source_);
  options.group("Export");
  options.boolean("start-clean", start_clean_, "remove an earlier export of the schema first");
  add_object_type_options(options, object_types_);
  options.boolean("comments-on-objects", comments_on_objects_, "export COMMENT statements too");
  options.hint("run-guardrails-checks", "true|false", "the checks of this command always run");
  options.hint("use-orafce", "true|false", "it concerns Oracle sources");
  options.hint("skip-colocation-recommendations", "true|false", "none are applied");
  options.hint("skip-performance-recommendations", "true|false", "none are applied");
  options.only("assess-schema-before-export", "false", "this program does not assess schemas")
      .hidden();
  options.only("assessment-report-path", "\"\"", "this program does not assess schemas").hidden();
}

void ExportSchemaCommand::check() const {
  resolved(object_types_);
}

schema::ExportSchemaOptions ExportSchemaCommand::request() const {
  const ObjectTypeOptions types = resolved(object_types_);
  schema::ExportSchemaOptions request;
  request.source = source_.endpoint;
  request.source.application = "yb-voyager export schema";
  request.object_types = types.include;
  request.excluded_object_types = types.exclude;
  request.comments_on_objects = comments_on_objects_;
  request.start_clean = start_clean_;
  return request;
}

int ExportSchemaCommand::run(const Session& session) {
  schema::ExportSchemaOptions call = request();
  call.source.password = password_or_ask(source_.password, session, "the source database");
  // The registry names the types that exist, before anything is written.
  const auto source = session.registry.source(call.source);
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, true);
  schema::export_schema(session.layout, meta, call, session.status);
  const nlohmann::json exported = {{"database", call.source.database},
                                   {"server_version", source->catalog()->server_version()}};
  meta.set_setting(settings::exported_schema, exported.dump());
  return 0;
}

}  // namespace voyager::cli
