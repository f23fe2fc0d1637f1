// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "cli/option_table.hpp"
#include "engine/endpoint.hpp"

/// The groups of options that several commands share.
namespace voyager::cli {

struct CommonOptions {
  std::string export_dir;
  std::string config_file;
  std::string log_level = "info";
  bool yes = false;
  bool disable_progress = false;
};
/// --export-dir, --config-file, --log-level, --yes, --send-diagnostics.
void add_common_options(OptionTable& options, CommonOptions& values);
/// --disable-pb, for commands that show progress.
void add_progress_option(OptionTable& options, CommonOptions& values);

/// A database as the options of one side describe it; the password is asked for later.
struct DatabaseOptions {
  engine::Endpoint endpoint;
  std::optional<Secret> password;
  std::string ignored_schema;  ///< --target-db-schema and the like: for sources of other kinds
};
/// --source-db-*, --source-ssl-*, and the Oracle names, which need an Oracle source. Not
/// `required`: for a command that may do without the database, see check_source_options().
void add_source_options(OptionTable& options, DatabaseOptions& values, bool required = true);
/// Throws: E1003 when an option is missing that the connection needs.
void check_source_options(const DatabaseOptions& values);
/// --target-db-*, --target-ssl-*.
void add_target_options(OptionTable& options, DatabaseOptions& values);
/// --source-replica-db-*, --source-replica-ssl-*, and the Oracle names, which need an Oracle
/// source.
void add_source_replica_options(OptionTable& options, DatabaseOptions& values);

/// The passwords of databases whose other connection data is recorded in the export directory.
struct PasswordOptions {
  std::optional<Secret> source;
  std::optional<Secret> target;
  std::optional<Secret> source_replica;
};
void add_source_password(OptionTable& options, PasswordOptions& values);
void add_target_password(OptionTable& options, PasswordOptions& values);
void add_source_replica_password(OptionTable& options, PasswordOptions& values);

struct ObjectTypeOptions {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
};
/// --object-type-list, --exclude-object-type-list.
void add_object_type_options(OptionTable& options, ObjectTypeOptions& values);
/// Both in upper case. Throws: E1006 when both are given.
ObjectTypeOptions resolved(const ObjectTypeOptions& values);

struct TableListOptions {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::string include_file;
  std::string exclude_file;
};
/// --table-list, --exclude-table-list and their -file-path variants.
void add_table_list_options(OptionTable& options, TableListOptions& values);
/// The patterns, those of the files included. Throws: E1006 when a list is given twice, E1030 when
/// a file can't be read or is empty.
TableListOptions resolved(const TableListOptions& values);

/// table or json.
void add_output_format(OptionTable& options, std::string& format);

}  // namespace voyager::cli
