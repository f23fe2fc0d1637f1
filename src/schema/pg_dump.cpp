// SPDX-License-Identifier: Apache-2.0
#include "schema/pg_dump.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "model/name.hpp"

namespace voyager::schema {
namespace {

namespace fs = std::filesystem;

constexpr ErrorCode no_pg_dump{4003};
constexpr ErrorCode pg_dump_failed{4004};
constexpr ErrorCode cannot_start_program{9010};

/// The number in "/usr/lib/postgresql/15" or "/usr/pgsql-15"; -1 for another directory.
std::int64_t version_in(const fs::path& directory) {
  constexpr std::string_view prefix = "pgsql-";
  std::string name = directory.filename().string();
  if (name.compare(0, prefix.size(), prefix) == 0) name.erase(0, prefix.size());
  const std::size_t dot = name.find('.');  // 9.6 and older
  return parse_int(name.substr(0, dot)).value_or(-1);
}

void add_versions_below(const fs::path& parent,
                        std::vector<std::pair<std::int64_t, fs::path>>& found) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
    const std::int64_t version = version_in(entry.path());
    const fs::path program = entry.path() / "bin" / "pg_dump";
    if (version >= 0 && fs::exists(program, ignored)) found.emplace_back(version, program);
  }
}

struct Attempt {
  CommandResult result;
  std::string output;
};

/// Nothing when the program does not exist.
std::optional<Attempt> attempt(const Command& command) {
  Attempt made;
  try {
    made.result = run_command(command, [&](std::string_view piece) { made.output += piece; });
  } catch (const Error& error) {
    if (error.code() != cannot_start_program) throw;
    log::info("{} can't be started", command.arguments[0]);
    return std::nullopt;
  }
  return made;
}

bool is_version_mismatch(const std::string& messages) {
  return messages.find("server version mismatch") != std::string::npos;
}

/// pg_dump's messages on one line, without its own name.
std::string in_one_line(const std::string& messages) {
  constexpr std::string_view own_name = "pg_dump: ";
  std::vector<std::string> lines;
  for (const std::string& line : split(messages, '\n')) {
    std::string_view text = trim(line);
    if (text.substr(0, own_name.size()) == own_name) text.remove_prefix(own_name.size());
    if (!text.empty()) lines.emplace_back(text);
  }
  return join(lines, "; ");
}

/// From "pg_dump: detail: server version: 16.1; pg_dump version: 15.20".
std::string versions_in(const std::string& messages) {
  constexpr std::string_view marker = "server version: ";
  const std::size_t start = messages.find(marker);
  if (start == std::string::npos) return in_one_line(messages);
  return messages.substr(start, messages.find('\n', start) - start);
}

void put_when_given(std::map<std::string, std::string>& environment, const char* name,
                    const std::string& value) {
  if (!value.empty()) environment[name] = value;
}

/// One line that is right for every server. Source: PostgreSQL 15 documentation, section 34.16.
std::string password_file(const std::string& password) {
  std::string line = "*:*:*:*:";
  for (const char c : password) {
    if (c == ':' || c == '\\') line += '\\';
    line += c;
  }
  return line + "\n";
}

}  // namespace

Command pg_dump_command(const std::string& program, const engine::Endpoint& source, bool comments) {
  Command command;
  command.arguments = {program,
                       "--schema-only",
                       "--no-owner",
                       "--no-privileges",
                       "--no-tablespaces",
                       "--no-publications",
                       "--no-subscriptions",
                       "--no-security-labels",
                       "--encoding=UTF8",
                       "--no-password"};
  if (!comments) command.arguments.emplace_back("--no-comments");
  for (const std::string& schema : source.schemas)
    command.arguments.push_back("--schema=" + quote_identifier(schema));
  // Without this, a list of schemas leaves out all extensions.
  if (!source.schemas.empty()) command.arguments.emplace_back("--extension=*");
  auto& environment = command.environment;
  environment["LC_ALL"] = "C";  // its messages are read
  environment["PGDATABASE"] = source.database;
  environment["PGUSER"] = source.user;
  put_when_given(environment, "PGHOST", source.host);
  if (source.port != 0) environment["PGPORT"] = std::to_string(source.port);
  if (!source.password.empty())
    command.private_files["PGPASSFILE"] = password_file(source.password.reveal());
  put_when_given(environment, "PGSSLMODE", source.ssl_mode);
  put_when_given(environment, "PGSSLCERT", source.ssl_cert);
  put_when_given(environment, "PGSSLKEY", source.ssl_key);
  put_when_given(environment, "PGSSLROOTCERT", source.ssl_root_cert);
  put_when_given(environment, "PGSSLCRL", source.ssl_crl);
  put_when_given(environment, "PGAPPNAME", source.application);
  return command;
}

std::vector<fs::path> installed_pg_dumps() {
  std::vector<std::pair<std::int64_t, fs::path>> found;
  add_versions_below("/usr/lib/postgresql", found);  // Debian
  add_versions_below("/usr", found);                 // Red Hat: /usr/pgsql-15
  std::sort(found.begin(), found.end(), std::greater<>());
  std::vector<fs::path> programs;
  for (auto& [version, program] : found) programs.push_back(std::move(program));
  return programs;
}

std::string dump_schema(const engine::Endpoint& source, bool comments) {
  std::vector<std::string> programs{"pg_dump"};
  for (const fs::path& program : installed_pg_dumps()) programs.push_back(program.string());
  std::vector<std::string> refusals;
  for (const std::string& program : programs) {
    std::optional<Attempt> made = attempt(pg_dump_command(program, source, comments));
    if (!made) continue;
    if (made->result.exit_code == 0) return std::move(made->output);
    const std::string& messages = made->result.error_output;
    if (!is_version_mismatch(messages)) {
      fail(pg_dump_failed, fmt::format("pg_dump failed: {}", in_one_line(messages)),
           "Check the --source-db options and the user's rights to read the schema");
    }
    refusals.push_back(versions_in(messages));
  }
  if (refusals.empty()) fail(no_pg_dump, "pg_dump is not installed", "Install postgresql-client");
  fail(no_pg_dump,
       fmt::format("every pg_dump here is older than the server ({})", join(refusals, "; ")),
       "Install the postgresql-client package of the server's version or later");
}

}  // namespace voyager::schema
