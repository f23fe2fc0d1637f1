// SPDX-License-Identifier: Apache-2.0
#include "cli/cli_errors.hpp"
#include "cli/commands.hpp"
#include "cli/target_schema.hpp"

namespace voyager::cli {
namespace {

int import_into(const engine::Endpoint& endpoint, const schema::ImportSchemaOptions& request,
                const Session& session) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
  const auto database = session.registry.target(endpoint, meta.migration_uuid());
  const schema::ImportSchemaSummary summary =
      schema::import_schema(session.layout, meta, *database, request, session.status);
  return summary.failed == 0 ? 0 : 1;
}

}  // namespace

void SchemaImporter::declare_import(OptionTable& options, const std::string& failed_file) {
  options.group("Import");
  options.boolean("ignore-exist", values_.ignore_exist,
                  "go on when an object exists already, as when the command is repeated");
  options.boolean("refresh-mviews", values_.refresh_mviews,
                  "refresh materialized views; needs the data to be there");
  options.boolean("continue-on-error", values_.continue_on_error,
                  "go on after a statement that failed; it is written to schema/" + failed_file);
  options.hint("run-guardrails-checks", "true|false", "the checks of this command always run");
}

void SchemaImporter::declare_phases(OptionTable& options) {
  options.boolean("start-clean", values_.start_clean,
                  "drop the schemas on the database first, after a question");
  add_object_type_options(options, object_types_);
  options.boolean("straight-order", values_.straight_order,
                  "import in the order of the object types, without the order of dependencies");
  options.boolean("post-snapshot-import", values_.post_snapshot_import,
                  "only what was held back: secondary indexes, triggers, NOT VALID constraints");
  options.boolean("post-import-data", post_import_data_, "the same as --post-snapshot-import");
  options.hint("enable-orafce", "true|false", "it concerns Oracle sources");
}

void SchemaImporter::check() const {
  const schema::ImportSchemaOptions call = request();
  if (call.start_clean && call.post_snapshot_import)
    fail(flags_exclude, "--start-clean and --post-snapshot-import exclude each other",
         "Starting clean would drop the data");
}

schema::ImportSchemaOptions SchemaImporter::request() const {
  const ObjectTypeOptions types = resolved(object_types_);
  schema::ImportSchemaOptions request = values_;
  request.object_types = types.include;
  request.excluded_object_types = types.exclude;
  request.post_snapshot_import = values_.post_snapshot_import || post_import_data_;
  return request;
}

ImportSchemaCommand::ImportSchemaCommand(bool finalize) : finalize_(finalize) {
  values_.post_snapshot_import = finalize;
}

void ImportSchemaCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  add_target_options(options, target_);
  declare_import(options, "failed.sql");
  if (!finalize_) declare_phases(options);
}

int ImportSchemaCommand::run(const Session& session) {
  warn_about_schema("--target-db-schema", target_.ignored_schema, session.status);
  engine::Endpoint endpoint = target_.endpoint;
  endpoint.application = "yb-voyager import schema";
  endpoint.password = password_or_ask(target_.password, session, "the target database");
  return import_into(endpoint, request(), session);
}

ImportSchemaToReplicaCommand::ImportSchemaToReplicaCommand() {
  values_.recipient = schema::SchemaRecipient::source_replica;
}

void ImportSchemaToReplicaCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  add_source_replica_options(options, replica_);
  declare_import(options, "failed-source-replica.sql");
  declare_phases(options);
}

int ImportSchemaToReplicaCommand::run(const Session& session) {
  warn_about_schema("--source-replica-db-schema", replica_.ignored_schema, session.status);
  engine::Endpoint endpoint = replica_.endpoint;
  endpoint.application = "yb-voyager import schema to source-replica";
  endpoint.password = password_or_ask(replica_.password, session, "the source-replica database");
  return import_into(endpoint, request(), session);
}

}  // namespace voyager::cli
