// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/cli_errors.hpp"

namespace voyager::cli {
namespace {

constexpr NumberRange ports{0, 65535};

void add_ssl_options(OptionTable& options, const std::string& side, engine::Endpoint& endpoint) {
  endpoint.ssl_mode = "prefer";
  options.choice(side + "-ssl-mode", endpoint.ssl_mode,
                 {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
                 "how far the connection is secured by TLS");
  options.file(side + "-ssl-cert", endpoint.ssl_cert, "client certificate");
  options.file(side + "-ssl-key", endpoint.ssl_key, "key of the client certificate");
  options.file(side + "-ssl-root-cert", endpoint.ssl_root_cert,
               "certificates of the authorities that may have signed the server's");
  options.file(side + "-ssl-crl", endpoint.ssl_crl, "list of revoked certificates");
}

void refuse_oracle_name(OptionTable& options, const std::string& name) {
  options.only(name, "\"\"", "it names an Oracle database, and this program has no Oracle engine")
      .hidden();
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::vector<std::string> patterns(const std::string& flag, const std::vector<std::string>& given,
                                  const std::string& path) {
  if (path.empty()) return given;
  if (!given.empty())
    fail(flags_exclude, fmt::format("--{} and --{}-file-path exclude each other", flag, flag));
  std::string content;
  try {
    content = read_file(path);
  } catch (const Error& error) {
    fail(list_unreadable, fmt::format("--{}-file-path: {}", flag, error.what()));
  }
  std::vector<std::string> names;
  std::replace(content.begin(), content.end(), '\n', ',');
  for (const std::string& part : split(content, ',')) {
    const std::string_view name = trim(part);
    if (!name.empty()) names.emplace_back(name);
  }
  if (names.empty())
    fail(list_unreadable, fmt::format("--{}-file-path: there is no table name in {}", flag, path));
  return names;
}

}  // namespace

void add_common_options(OptionTable& options, CommonOptions& values) {
  options.group("Common");
  options
      .text("export-dir,e", values.export_dir, "directory that holds everything of the migration")
      .required()
      .takes = "DIR";
  options.file("config-file,c", values.config_file,
               "YAML file with values for options that are not given");
  options.choice("log-level,l", values.log_level,
                 {"trace", "debug", "info", "warn", "error", "fatal", "panic"},
                 "least severity that is logged under logs/");
  options.flag("yes,y", values.yes, "answer yes to every question");
  options.hint("send-diagnostics", "true|false", "nothing is ever sent");
}

void add_progress_option(OptionTable& options, CommonOptions& values) {
  options.boolean("disable-pb", values.disable_progress,
                  "print plain lines instead of progress bars and screens that refresh");
}

void add_source_options(OptionTable& options, DatabaseOptions& values, bool required) {
  engine::Endpoint& source = values.endpoint;
  options.group("Source database");
  const auto add = [&](const char* name, std::string& value, const char* takes, const char* help) {
    Option& option = options.text(name, value, help);
    option.takes = takes;
    option.is_required = required;
  };
  add("source-db-type", source.type, "TYPE", "postgresql");
  source.host = "localhost";
  options.text("source-db-host", source.host, "host name, address, or directory of a Unix socket")
      .takes = "HOST";
  source.port = 5432;
  options.number("source-db-port", source.port, ports, "port");
  add("source-db-user", source.user, "NAME", "user");
  options.secret("source-db-password", values.password, "password; else it is asked for")
      .environment("SOURCE_DB_PASSWORD");
  add("source-db-name", source.database, "NAME", "database");
  options.list("source-db-schema", source.schemas,
               "schemas to migrate, separated by commas; all user schemas when not given");
  add_ssl_options(options, "source", source);
  for (const char* name : {"oracle-db-sid", "oracle-home", "oracle-tns-alias", "oracle-cdb-name",
                           "oracle-cdb-sid", "oracle-cdb-tns-alias"})
    refuse_oracle_name(options, name);
}

void check_source_options(const DatabaseOptions& values) {
  const engine::Endpoint& source = values.endpoint;
  std::vector<std::string> missing;
  if (source.type.empty()) missing.emplace_back("--source-db-type");
  if (source.user.empty()) missing.emplace_back("--source-db-user");
  if (source.database.empty()) missing.emplace_back("--source-db-name");
  if (!missing.empty()) fail(missing_flag, "missing: " + join(missing, ", "));
}

void add_target_options(OptionTable& options, DatabaseOptions& values) {
  engine::Endpoint& target = values.endpoint;
  options.group("Target database");
  target.type = "yugabytedb";
  options.text("target-db-type", target.type, "yugabytedb").takes = "TYPE";
  target.host = "127.0.0.1";
  options.text("target-db-host", target.host, "host name or address of any node").takes = "HOST";
  target.port = 5433;
  options.number("target-db-port", target.port, ports, "port");
  options.text("target-db-user", target.user, "user").required().takes = "NAME";
  options.secret("target-db-password", values.password, "password; else it is asked for")
      .environment("TARGET_DB_PASSWORD");
  target.database = "yugabyte";
  options.text("target-db-name", target.database, "database").takes = "NAME";
  options
      .text("target-db-schema", values.ignored_schema,
            "for other sources than PostgreSQL, whose schemas keep their names; a warning else")
      .takes = "NAME";
  add_ssl_options(options, "target", target);
}

void add_source_replica_options(OptionTable& options, DatabaseOptions& values) {
  engine::Endpoint& replica = values.endpoint;
  options.group("Source-replica database");
  replica.type = "postgresql";
  replica.host = "127.0.0.1";
  options
      .text("source-replica-db-host", replica.host,
            "host name, address, or directory of a Unix socket")
      .takes = "HOST";
  replica.port = 5432;
  options.number("source-replica-db-port", replica.port, ports, "port");
  options.text("source-replica-db-user", replica.user, "user").required().takes = "NAME";
  options.secret("source-replica-db-password", values.password, "password; else it is asked for")
      .environment("SOURCE_REPLICA_DB_PASSWORD");
  options.text("source-replica-db-name", replica.database, "database").required().takes = "NAME";
  options
      .text("source-replica-db-schema", values.ignored_schema,
            "for other sources than PostgreSQL, whose schemas keep their names; a warning else")
      .takes = "NAME";
  add_ssl_options(options, "source-replica", replica);
  for (const char* name : {"source-replica-db-sid", "oracle-home", "oracle-tns-alias"})
    refuse_oracle_name(options, name);
}

void add_source_password(OptionTable& options, PasswordOptions& values) {
  options.secret("source-db-password", values.source, "password of the source database")
      .environment("SOURCE_DB_PASSWORD");
}

void add_target_password(OptionTable& options, PasswordOptions& values) {
  options.secret("target-db-password", values.target, "password of the target database")
      .environment("TARGET_DB_PASSWORD");
}

void add_source_replica_password(OptionTable& options, PasswordOptions& values) {
  options
      .secret("source-replica-db-password", values.source_replica,
              "password of the source-replica, for migrations that have one")
      .environment("SOURCE_REPLICA_DB_PASSWORD");
}

void add_object_type_options(OptionTable& options, ObjectTypeOptions& values) {
  options.list("object-type-list", values.include,
               "only these object types (TABLE, VIEW, ...), separated by commas");
  options.list("exclude-object-type-list", values.exclude, "all object types but these");
}

ObjectTypeOptions resolved(const ObjectTypeOptions& values) {
  if (!values.include.empty() && !values.exclude.empty())
    fail(flags_exclude, "--object-type-list and --exclude-object-type-list exclude each other");
  ObjectTypeOptions result = values;
  for (auto* list : {&result.include, &result.exclude})
    std::transform(list->begin(), list->end(), list->begin(), upper);
  return result;
}

void add_table_list_options(OptionTable& options, TableListOptions& values) {
  options.list("table-list", values.include,
               "only these tables: [schema.]name with * and ?, separated by commas");
  options.list("exclude-table-list", values.exclude, "all tables but these");
  options.file("table-list-file-path", values.include_file,
               "file with the names of --table-list, one or more in a line");
  options.file("exclude-table-list-file-path", values.exclude_file,
               "file with the names of --exclude-table-list");
}

TableListOptions resolved(const TableListOptions& values) {
  TableListOptions result;
  result.include = patterns("table-list", values.include, values.include_file);
  result.exclude = patterns("exclude-table-list", values.exclude, values.exclude_file);
  return result;
}

void add_output_format(OptionTable& options, std::string& format) {
  options.choice("output-format", format, {"table", "json"}, "how the result is printed");
}

}  // namespace voyager::cli
