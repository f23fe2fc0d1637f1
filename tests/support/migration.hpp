// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/endpoint.hpp"
#include "support/child.hpp"

namespace voyager::testing {

using Words = std::vector<std::string>;

/// `end migration`, with nothing of it saved.
Words end_migration_words();

/// What a command that ran to its end left.
struct Finished {
  int exit_code = 0;
  std::string output;
  std::string errors;
};

/// Drives the built program through one migration, in an export directory of its own.
///
/// The program is the one that was built beside the tests, or VOYAGER_BINARY from the environment.
/// Throws: std::runtime_error with the command and the end of its output when it does not do what
/// is asked for.
class Migration {
 public:
  /// schemas: value of --source-db-schema.
  Migration(engine::Endpoint source, engine::Endpoint target, std::string schemas = "public");
  ~Migration();
  Migration(const Migration&) = delete;
  Migration& operator=(const Migration&) = delete;

  const std::filesystem::path& export_directory() const { return directory_; }
  /// The third database of a fall-forward; the commands "to source-replica" need it.
  void set_source_replica(engine::Endpoint replica);
  /// Added to the environment of every command that starts from now on.
  void set_environment(const std::string& name, const std::string& value);
  /// Not even one of the passwords that commands get without being told.
  void drop_environment(const std::string& name);

  /// Runs `words` with --export-dir and the connection flags that the command knows, and waits for
  /// the end.
  Finished try_command(const Words& words, std::chrono::seconds limit = std::chrono::minutes(5));
  /// The same; throws unless it exits with 0.
  Finished command(const Words& words, std::chrono::seconds limit = std::chrono::minutes(5));
  /// The same in the background.
  Child start(const Words& words);

  /// export schema and import schema.
  void move_schema();
  /// export data with changes, import data, both in the background.
  Child start_export(const Words& more = {});
  Child start_import(const Words& more = {});
  /// import data to source-replica.
  Child start_replica_import(const Words& more = {});
  /// The commands that the two processes become after a cutover with a way back.
  Child start_export_from_target();
  Child start_import_to_source();
  /// Waits until the source has the slot from which changes are read, while `exporter` runs.
  void wait_for_slot(Child& exporter);
  /// Again and again while it is refused as too early (the snapshot is not out, the importer not
  /// up).
  void initiate_cutover(bool prepare_for_fall_back = false);
  /// `place`: "source", "source-replica".
  void initiate_cutover_to(const std::string& place, const Words& more = {});
  /// What `cutover status` says last about a direction ("target → source"); empty for nothing.
  std::string cutover_row(const std::string& direction);
  /// Waits until `cutover status` says COMPLETED for the last row of this direction ("target →
  /// source") and none of the processes has failed, whether they go on or end.
  void wait_for_cutover(const std::string& direction, const std::vector<Child*>& processes,
                        std::chrono::seconds limit = std::chrono::minutes(3));
  /// Waits until the process has printed this text.
  static void wait_for_line(Child& process, const std::string& text,
                            std::chrono::seconds limit = std::chrono::minutes(2));
  /// Waits until both have ended with 0 and `cutover status` says COMPLETED.
  void finish_cutover(Child& exporter, Child& importer,
                      std::chrono::seconds limit = std::chrono::minutes(5));
  /// Throws: std::runtime_error with its output unless `verify data` finds both equal.
  /// `pair`: "source,target" and so on; empty for the default.
  void expect_verified(const std::string& pair = "");
  /// Runs end_migration_words().
  void end();

 private:
  ChildOptions child_options(const Words& words);
  void add_connections(Words& arguments, const Words& words) const;

  engine::Endpoint source_;
  engine::Endpoint target_;
  engine::Endpoint source_replica_;
  std::string schemas_;
  std::filesystem::path directory_;
  std::map<std::string, std::string> environment_;
  int started_ = 0;
};

/// Compares all tables of the schemas on both sides, row by row as text and without the tool's
/// help, and the next values of their sequences. One line for each difference; empty when they are
/// equal.
std::vector<std::string> differences(const engine::Endpoint& source, const engine::Endpoint& target,
                                     const std::string& schemas = "public");

}  // namespace voyager::testing
