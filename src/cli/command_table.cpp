// SPDX-License-Identifier: Apache-2.0
#include "cli/command_table.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/assess_migration.hpp"
#include "cli/commands.hpp"
#include "cli/compare_performance.hpp"

namespace voyager::cli {
namespace {

template <typename T, typename... Args>
std::function<std::unique_ptr<Command>()> maker(Args... args) {
  return [=] { return std::make_unique<T>(args...); };
}

CommandEntry entry(const std::string& words, const std::string& summary,
                   std::function<std::unique_ptr<Command>()> make) {
  CommandEntry made;
  made.words = words;
  made.summary = summary;
  made.make = std::move(make);
  made.name = words;
  std::replace(made.name.begin(), made.name.end(), ' ', '-');
  made.sections = {made.name};
  return made;
}

CommandEntry starting(CommandEntry made) {
  made.starts_migration = true;
  return made;
}

/// Two names of one command: one log file, and either section in the configuration file.
void add_with_alias(std::vector<CommandEntry>& table, const CommandEntry& first,
                    const std::string& other_words) {
  CommandEntry alias = entry(other_words, "the same as " + first.words, first.make);
  alias.starts_migration = first.starts_migration;
  alias.sections = {first.name, alias.name};
  alias.name = first.name;
  table.push_back(first);
  table.back().sections = alias.sections;
  table.push_back(alias);
}

std::vector<CommandEntry> make_table() {
  std::vector<CommandEntry> table;
  table.push_back(
      starting(entry("assess-migration", "report what a source needs: changes, and what cluster",
                     maker<AssessMigrationCommand>())));
  table.push_back(starting(entry("export schema", "write the source's schema as SQL files",
                                 maker<ExportSchemaCommand>())));
  table.push_back(entry("analyze-schema",
                        "report what YugabyteDB does not do of the exported schema",
                        maker<AnalyzeSchemaCommand>()));
  table.push_back(entry("import schema", "create the exported schema on the target",
                        maker<ImportSchemaCommand>(false)));
  table.push_back(entry("import schema to source-replica",
                        "create the source's own schema on the source-replica",
                        maker<ImportSchemaToReplicaCommand>()));
  table.push_back(entry("finalize-schema-post-data-import",
                        "create what import schema held back until the data is there",
                        maker<ImportSchemaCommand>(true)));
  add_with_alias(table,
                 starting(entry("export data", "export the rows of the source, and its changes",
                                maker<ExportDataCommand>())),
                 "export data from source");
  table.push_back(entry("export data status", "show how far the export of each table is",
                        maker<ExportDataStatusCommand>()));
  add_with_alias(table,
                 entry("import data", "load the rows into the target, and apply changes",
                       maker<ImportDataCommand>()),
                 "import data to target");
  table.push_back(entry("import data to source-replica",
                        "load the rows into the source-replica, and apply changes",
                        maker<ImportDataToReplicaCommand>()));
  table.push_back(entry("export data from target",
                        "capture the target's changes after the cutover to it",
                        maker<ExportDataFromTargetCommand>()));
  table.push_back(entry("import data to source",
                        "apply the target's changes to the source after the cutover (fall-back)",
                        maker<ImportDataToSourceCommand>()));
  table.push_back(entry("import data status", "show how far the import of each table is",
                        maker<ImportDataStatusCommand>()));
  table.push_back(entry("get data-migration-report",
                        "show rows and changes by table and database, exported and imported",
                        maker<MigrationReportCommand>()));
  table.push_back(
      entry("verify data", "compare the rows of source and target", maker<VerifyDataCommand>()));
  table.push_back(entry("compare-performance",
                        "compare the times of statements on the source and on the target",
                        maker<ComparePerformanceCommand>()));
  table.push_back(entry("archive changes", "move or delete changes that every database has applied",
                        maker<ArchiveChangesCommand>()));
  table.push_back(entry("initiate cutover to target", "begin the switch from source to target",
                        maker<InitiateCutoverToTargetCommand>()));
  table.push_back(entry("initiate cutover to source",
                        "begin the switch from the target back to the source",
                        maker<InitiateCutoverToSourceCommand>()));
  table.push_back(entry("initiate cutover to source-replica",
                        "begin the switch from the target to the source-replica",
                        maker<InitiateCutoverToReplicaCommand>()));
  table.push_back(
      entry("cutover status", "show how far cutovers are", maker<CutoverStatusCommand>()));
  table.push_back(entry("end migration", "remove everything that the migration left in databases",
                        maker<EndMigrationCommand>()));
  table.push_back(
      entry("inspect", "print the captured changes as JSON lines", maker<InspectCommand>()));
  CommandEntry version = entry("version", "print the version", maker<VersionCommand>());
  version.needs_directory = false;
  table.push_back(version);
  return table;
}

bool begins_with(const std::vector<std::string>& words, const std::vector<std::string>& start) {
  return words.size() >= start.size() && std::equal(start.begin(), start.end(), words.begin());
}

void add_option_keys(const CommandEntry& command, ConfigKeys& keys) {
  OptionTable options;
  const std::unique_ptr<Command> made = command.make();
  made->declare(options);
  for (const std::string& name : options.names()) {
    const ConfigPlace place = config_place(name);
    // The file can't name another file.
    if (place.key == "config-file") continue;
    if (place.section) {
      keys.sections[*place.section].insert(place.key);
    } else {
      for (const std::string& section : command.sections) keys.sections[section].insert(place.key);
    }
  }
}

}  // namespace

const std::vector<CommandEntry>& command_table() {
  static const std::vector<CommandEntry> table = make_table();
  return table;
}

std::vector<std::string> leading_words(const std::vector<std::string>& arguments) {
  const auto first_flag =
      std::find_if(arguments.begin(), arguments.end(),
                   [](const std::string& word) { return word.rfind('-', 0) == 0; });
  return {arguments.begin(), first_flag};
}

const CommandEntry* find_command(const std::vector<std::string>& words) {
  const std::string joined = join(words, " ");
  for (const CommandEntry& candidate : command_table())
    if (candidate.words == joined) return &candidate;
  return nullptr;
}

std::vector<const CommandEntry*> commands_under(const std::vector<std::string>& words) {
  std::vector<const CommandEntry*> found;
  for (const CommandEntry& candidate : command_table())
    if (begins_with(split(candidate.words, ' '), words)) found.push_back(&candidate);
  return found;
}

std::optional<std::string> suggestion(const std::vector<std::string>& words) {
  std::vector<std::string> candidates;
  for (const CommandEntry& candidate : command_table()) candidates.push_back(candidate.words);
  return closest(join(words, " "), candidates);
}

std::string overview(const std::vector<const CommandEntry*>& entries) {
  std::string text = "Migrates a live PostgreSQL database to YugabyteDB.\n\nCommands:\n";
  for (const CommandEntry* candidate : entries)
    text += fmt::format("  yb-voyager {:<34} {}\n", candidate->words, candidate->summary);
  return text + "\nThe flags of a command: yb-voyager <command> --help\n";
}

std::string command_help(const CommandEntry& command) {
  OptionTable options;
  const std::unique_ptr<Command> made = command.make();
  made->declare(options);
  return fmt::format("Usage: yb-voyager {} [flags]\n\n{}\n{}", command.words, command.summary,
                     options.help());
}

ConfigKeys config_keys() {
  ConfigKeys keys;
  for (const CommandEntry& command : command_table()) {
    if (!command.needs_directory) continue;
    add_option_keys(command, keys);
    if (command.sections.size() > 1) keys.aliases.push_back(command.sections);
  }
  for (const char* side : {"source", "target", "source-replica"})
    keys.sections[side].insert("name");
  // Commands of other versions and directions: one file can serve all of them.
  keys.ignored_sections = {"import-data-file"};
  return keys;
}

}  // namespace voyager::cli
