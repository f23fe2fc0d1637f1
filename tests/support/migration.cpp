// SPDX-License-Identifier: Apache-2.0
#include "support/migration.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/pg_cluster.hpp"

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string binary() {
  const char* chosen = std::getenv("VOYAGER_BINARY");
  return chosen == nullptr ? VOYAGER_BUILT_BINARY : chosen;
}

bool begins_with(const Words& words, const Words& start) {
  return words.size() >= start.size() && std::equal(start.begin(), start.end(), words.begin());
}

void add_connection(Words& words, const std::string& side, const engine::Endpoint& endpoint) {
  const Words flags = {"--" + side + "-db-host", endpoint.host,
                       "--" + side + "-db-port", std::to_string(endpoint.port),
                       "--" + side + "-db-user", endpoint.user,
                       "--" + side + "-db-name", endpoint.database};
  words.insert(words.end(), flags.begin(), flags.end());
}

bool is_status(const Words& words) {
  return std::find(words.begin(), words.end(), "status") != words.end();
}

/// A password for servers that trust everyone too: without one the program would ask.
std::string password(const engine::Endpoint& endpoint) {
  return endpoint.password.empty() ? "none" : endpoint.password.reveal();
}

std::string tail(const std::string& text) {
  constexpr std::size_t most = 3000;
  return text.size() <= most ? text : "..." + text.substr(text.size() - most);
}

std::string joined(const Words& words) {
  std::string text = "yb-voyager";
  for (const std::string& word : words) {
    text += " " + word;
  }
  return text;
}

[[noreturn]] void throw_failed(const Words& words, const Finished& finished) {
  throw std::runtime_error(joined(words) + " ended with " + std::to_string(finished.exit_code) +
                           "\n" + tail(finished.output) + "\n" + tail(finished.errors));
}

fs::path make_directory() {
  std::string path = "/tmp/voyager-export.XXXXXX";
  if (mkdtemp(path.data()) == nullptr) {
    throw std::runtime_error("can't make " + path);
  }
  return path;
}

}  // namespace

Migration::Migration(engine::Endpoint source, engine::Endpoint target, std::string schemas)
    : source_(std::move(source)),
      target_(std::move(target)),
      schemas_(std::move(schemas)),
      directory_(make_directory()) {
  fs::create_directory(directory_ / "export");
  environment_ = {{"SOURCE_DB_PASSWORD", password(source_)},
                  {"TARGET_DB_PASSWORD", password(target_)}};
}

Migration::~Migration() {
  std::error_code ignored;
  if (std::getenv("VOYAGER_KEEP_EXPORT_DIR") == nullptr) {
    fs::remove_all(directory_, ignored);
  }
}

void Migration::set_environment(const std::string& name, const std::string& value) {
  environment_[name] = value;
}

void Migration::drop_environment(const std::string& name) {
  environment_.erase(name);
}

void Migration::set_source_replica(engine::Endpoint replica) {
  source_replica_ = std::move(replica);
  environment_["SOURCE_REPLICA_DB_PASSWORD"] = password(source_replica_);
}

void Migration::add_connections(Words& arguments, const Words& words) const {
  // These know their databases from the export directory, or need none.
  if (is_status(words) || std::count(words.begin(), words.end(), "--assessment-metadata-dir") > 0 ||
      begins_with(words, {"import", "data", "to", "source"}) ||
      begins_with(words, {"export", "data", "from", "target"})) {
    return;
  }
  if (begins_with(words, {"import", "schema", "to", "source-replica"}) ||
      begins_with(words, {"import", "data", "to", "source-replica"})) {
    add_connection(arguments, "source-replica", source_replica_);
  } else if (begins_with(words, {"export"}) || begins_with(words, {"assess-migration"})) {
    arguments.insert(arguments.end(),
                     {"--source-db-type", "postgresql", "--source-db-schema", schemas_});
    add_connection(arguments, "source", source_);
  } else if (begins_with(words, {"import"}) ||
             begins_with(words, {"finalize-schema-post-data-import"}) ||
             begins_with(words, {"compare-performance"})) {
    add_connection(arguments, "target", target_);
  }
}

ChildOptions Migration::child_options(const Words& words) {
  ChildOptions options;
  options.arguments = {binary()};
  options.arguments.insert(options.arguments.end(), words.begin(), words.end());
  if (!begins_with(words, {"version"})) {
    options.arguments.insert(options.arguments.end(),
                             {"--export-dir", (directory_ / "export").string()});
  }
  add_connections(options.arguments, words);
  options.environment = environment_;
  const std::string number = std::to_string(++started_);
  options.output = directory_ / (number + ".out");
  options.errors = directory_ / (number + ".err");
  return options;
}

Child Migration::start(const Words& words) {
  return Child(child_options(words));
}

Finished Migration::try_command(const Words& words, std::chrono::seconds limit) {
  Child child = start(words);
  Finished finished;
  finished.exit_code = child.wait(limit);
  finished.output = child.output();
  finished.errors = child.errors();
  return finished;
}

Finished Migration::command(const Words& words, std::chrono::seconds limit) {
  Finished finished = try_command(words, limit);
  if (finished.exit_code != 0) {
    throw_failed(words, finished);
  }
  return finished;
}

void Migration::move_schema() {
  command({"export", "schema"});
  command({"import", "schema", "--yes"});
}

Child Migration::start_export(const Words& more) {
  Words words = {"export",       "data", "from", "source", "--export-type", "snapshot-and-changes",
                 "--disable-pb", "true", "--yes"};
  words.insert(words.end(), more.begin(), more.end());
  return start(words);
}

Child Migration::start_import(const Words& more) {
  Words words = {"import",          "data", "to",   "target", "--disable-pb", "true",
                 "--parallel-jobs", "4",    "--yes"};
  words.insert(words.end(), more.begin(), more.end());
  return start(words);
}

void Migration::wait_for_slot(Child& exporter) {
  const std::string ready =
      "SELECT 1 FROM pg_replication_slots WHERE slot_name LIKE 'voyager%' AND "
      "confirmed_flush_lsn IS NOT NULL";
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (query(source_, ready).empty()) {
    if (!exporter.running() || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("no replication slot on the source: " + tail(exporter.output()) +
                               tail(exporter.errors()));
    }
    std::this_thread::sleep_for(50ms);
  }
}

Child Migration::start_replica_import(const Words& more) {
  Words words = {"import", "data", "to", "source-replica", "--disable-pb", "true", "--yes"};
  words.insert(words.end(), more.begin(), more.end());
  return start(words);
}

Child Migration::start_export_from_target() {
  return start({"export", "data", "from", "target", "--disable-pb", "true", "--yes"});
}

Child Migration::start_import_to_source() {
  return start({"import", "data", "to", "source", "--disable-pb", "true", "--yes"});
}

void Migration::initiate_cutover(bool prepare_for_fall_back) {
  initiate_cutover_to("target",
                      {"--prepare-for-fall-back", prepare_for_fall_back ? "true" : "false"});
}

void Migration::initiate_cutover_to(const std::string& place, const Words& more) {
  Words words = {"initiate", "cutover", "to", place, "--yes"};
  words.insert(words.end(), more.begin(), more.end());
  const auto end = std::chrono::steady_clock::now() + 180s;
  for (Finished seen = try_command(words); seen.exit_code != 0; seen = try_command(words)) {
    const bool too_early = seen.errors.find("E7001") != std::string::npos;
    if (!too_early || std::chrono::steady_clock::now() > end) {
      throw_failed(words, seen);
    }
    std::this_thread::sleep_for(200ms);
  }
}

void Migration::finish_cutover(Child& exporter, Child& importer, std::chrono::seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (std::size_t ended = 0; ended < 2;) {
    ended = 0;
    for (Child* child : {&exporter, &importer}) {
      const std::optional<int> code = child->wait_for(100ms);
      ended += code ? 1U : 0U;
      if (code.value_or(0) != 0 || std::chrono::steady_clock::now() > end) {
        throw std::runtime_error(
            (child == &exporter ? std::string("export data") : std::string("import data")) +
            (code ? " ended with " + std::to_string(*code) : std::string(" did not end")) + "\n" +
            tail(child->output()) + "\n" + tail(child->errors()));
      }
    }
  }
  const Finished status = command({"cutover", "status"});
  if (status.output.find("COMPLETED") == std::string::npos) {
    throw_failed({"cutover", "status"}, status);
  }
}

std::string Migration::cutover_row(const std::string& direction) {
  std::istringstream lines(command({"cutover", "status"}).output);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(direction + " ") != std::string::npos) last = line;
  }
  return last;
}

void Migration::wait_for_cutover(const std::string& direction, const std::vector<Child*>& processes,
                                 std::chrono::seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (true) {
    const std::string last = cutover_row(direction);
    if (last.find("COMPLETED") != std::string::npos) return;
    for (Child* process : processes) {
      const std::optional<int> code = process->wait_for(20ms);
      if (code.value_or(0) != 0 || std::chrono::steady_clock::now() > end) {
        throw std::runtime_error("the cutover " + direction + " did not complete: " + last + "\n" +
                                 tail(process->output()) + "\n" + tail(process->errors()));
      }
    }
    std::this_thread::sleep_for(100ms);
  }
}

void Migration::wait_for_line(Child& process, const std::string& text, std::chrono::seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (process.output().find(text) == std::string::npos) {
    if (process.wait_for(50ms).value_or(0) != 0 || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("a process did not say \"" + text + "\":\n" +
                               tail(process.output()) + "\n" + tail(process.errors()));
    }
  }
}

void Migration::expect_verified(const std::string& pair) {
  Words words = {"verify", "data"};
  if (!pair.empty()) words.insert(words.end(), {"--between", pair});
  command(words);
}

Words end_migration_words() {
  return {"end",
          "migration",
          "--backup-schema-files",
          "false",
          "--backup-data-files",
          "false",
          "--save-migration-reports",
          "false",
          "--backup-log-files",
          "false",
          "--yes"};
}

void Migration::end() {
  command(end_migration_words());
}

namespace {

std::string doubled(const std::string& text) {
  std::string result;
  for (const char letter : text) {
    result += letter == '\'' ? std::string("''") : std::string(1, letter);
  }
  return result;
}

std::string schema_list(const std::string& schemas) {
  std::string list;
  std::string name;
  for (const char letter : schemas + ",") {
    if (letter != ',') {
      name += letter;
      continue;
    }
    list += (list.empty() ? "'" : ", '") + doubled(name) + "'";
    name.clear();
  }
  return list;
}

/// What makes two sessions on two servers print a value alike.
const char* const same_text =
    "SET extra_float_digits = 3; SET bytea_output = hex; SET timezone = 'UTC'; SET datestyle = "
    "'ISO';"
    "SET intervalstyle = 'postgres'; SET lc_monetary = 'C'; SET search_path = '';";

/// The next value of every sequence.
std::string sequences(const engine::Endpoint& endpoint, const std::string& schemas) {
  const Rows names = query(endpoint,
                           "SELECT format('%I.%I', schemaname, sequencename), increment_by "
                           "FROM pg_sequences WHERE schemaname IN (" +
                               schema_list(schemas) + ") ORDER BY 1");
  std::string sql;
  for (const auto& row : names) {
    const std::string name = row[0].value_or("");
    sql += (sql.empty() ? "SELECT string_agg(format('%s=%s', n, v), ' ' ORDER BY n) FROM (SELECT '"
                        : " UNION ALL SELECT '") +
           doubled(name) + "' n, last_value + CASE WHEN is_called THEN " + row[1].value_or("1") +
           " ELSE 0 END v FROM " + name;
  }
  return sql.empty() ? "" : query(endpoint, sql + ") s")[0][0].value_or("");
}

/// Name, rows and an order-free hash of each of these tables.
Rows table_sums(const engine::Endpoint& endpoint, const std::vector<std::string>& tables) {
  std::string sql = same_text;
  for (const std::string& table : tables) {
    sql += (&table == &tables.front() ? "SELECT '" : " UNION ALL SELECT '") + doubled(table) +
           "', count(*), sum(hashtextextended(t::text, 0)::numeric) FROM " + table + " t";
  }
  return query(endpoint, sql + " ORDER BY 1");
}

void compare_tables(const engine::Endpoint& source, const engine::Endpoint& target,
                    const std::vector<std::string>& tables, std::vector<std::string>& found) {
  try {
    const Rows left = table_sums(source, tables);
    const Rows right = table_sums(target, tables);
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (left[i] != right[i]) {
        found.push_back(left[i][0].value_or("") + ": " + left[i][1].value_or("") +
                        " rows on the source, " + right[i][1].value_or("") +
                        " on the target, not the same");
      }
    }
  } catch (const std::exception& error) {
    found.emplace_back(error.what());
  }
}

}  // namespace

std::vector<std::string> differences(const engine::Endpoint& source, const engine::Endpoint& target,
                                     const std::string& schemas) {
  // Leaves as well: a row must be in the same partition.
  const Rows names = query(source,
                           "SELECT format('%I.%I', nspname, relname) FROM pg_class c "
                           "JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND "
                           "nspname IN (" +
                               schema_list(schemas) + ") ORDER BY 1");
  constexpr std::size_t at_once = 100;
  std::vector<std::string> found;
  std::vector<std::string> tables;
  for (const auto& row : names) {
    tables.push_back(row[0].value_or(""));
    if (tables.size() == at_once || &row == &names.back()) {
      compare_tables(source, target, tables, found);
      tables.clear();
    }
  }
  const std::string left = sequences(source, schemas);
  const std::string right = sequences(target, schemas);
  if (left != right) {
    found.push_back("sequences: " + left + " on the source, " + right + " on the target");
  }
  return found;
}

}  // namespace voyager::testing
