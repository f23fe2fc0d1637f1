// SPDX-License-Identifier: Apache-2.0
#include "cli/cli_errors.hpp"
#include "cli/commands.hpp"
#include "cli/settings.hpp"

namespace voyager::cli {

void EndMigrationCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Backup");
  const auto backup = [&](const char* name, bool& value, const char* help) {
    options.boolean(name, value, help).required().default_text = "";
  };
  backup("backup-schema-files", values_.backup_schema, "keep the schema files");
  backup("backup-data-files", values_.backup_data, "keep snapshot and change log");
  backup("save-migration-reports", values_.save_reports, "keep the reports");
  backup("backup-log-files", values_.backup_logs, "keep the logs");
  options
      .text("backup-dir", values_.backup_directory, "where they go; required when anything is kept")
      .takes = "DIR";
  options.group("Databases");
  options.boolean("forget-unreachable", values_.forget_unreachable,
                  "end although a database can't be cleaned, as when it is gone for good; what is "
                  "left in it is told");
  add_source_password(options, passwords_);
  add_target_password(options, passwords_);
  add_source_replica_password(options, passwords_);
}

void EndMigrationCommand::check() const {
  const bool any =
      values_.backup_schema || values_.backup_data || values_.save_reports || values_.backup_logs;
  if (any && values_.backup_directory.empty())
    fail(missing_flag, "missing: --backup-dir, because something is to be kept");
}

EndMigrationRequest EndMigrationCommand::request() const {
  return values_;
}

int EndMigrationCommand::run(const Session& session) {
  EndMigrationRequest call = request();
  call.layout = session.layout;
  // Repeated after it ended, nothing is recorded any more, and no database is asked.
  if (std::filesystem::exists(session.layout.meta_db())) {
    const exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
    call.source_password = password_or_ask(passwords_.source, session, "the source database");
    call.target_password = password_or_ask(passwords_.target, session, "the target database");
    if (meta.setting(settings::source_replica_endpoint))
      call.source_replica_password =
          password_or_ask(passwords_.source_replica, session, "the source-replica database");
  }
  end_migration(call, session.registry, session.status);
  return 0;
}

}  // namespace voyager::cli
