// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <regex>
#include <set>

#include "base/file.hpp"
#include "scenarios/story.hpp"
#include "schema/pg_dump.hpp"
#include "schema/split.hpp"

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;
using Statements = std::multiset<std::string>;

/// A text (a regular expression, found anywhere) and why a round trip may meet it.
struct Allowed {
  const char* text;
  const char* reason;
};

/// Statements that a target has not got afterwards. A source-replica gets everything.
const std::vector<Allowed> never_run_on_a_target = {
    {" REPLICA IDENTITY ", "the migration gives a target's tables its own replica identities"},
};

/// What a target may answer to a statement; what is refused is then missing, and nothing else.
/// Source: analyze-schema reports each of these, see src/analysis/catalogue.
const std::vector<Allowed> refusals_of_a_target = {
    {"INHERITS not supported yet", "YugabyteDB has partitions, but no inheritance"},
    {"index method \"(gist|spgist|brin)\" not supported yet", "YugabyteDB has not these indexes"},
    {"ALTER TABLE CLUSTER not supported yet", "rows stand in the order of the primary key"},
    {"ALTER TABLE DISABLE RULE not supported yet", "a rule there is always on"},
    {"does not exist", "it needs an object that was refused"},
};

bool is_allowed(const std::string& text, const std::vector<Allowed>& list) {
  return std::any_of(list.begin(), list.end(), [&](const Allowed& allowed) {
    return std::regex_search(text, std::regex(allowed.text));
  });
}

/// What a sample needs and no server here has. Its statement is left out before the round trip.
const std::regex not_installed("^CREATE EXTENSION IF NOT EXISTS postgis");

/// The tests' own, and the files of the directory that VOYAGER_MORE_SCHEMAS names, if any.
std::vector<fs::path> samples() {
  std::vector<fs::path> found;
  const char* more = std::getenv("VOYAGER_MORE_SCHEMAS");
  for (const char* directory : {VOYAGER_TEST_SCHEMAS, more}) {
    if (directory == nullptr) continue;
    for (const auto& entry : fs::directory_iterator(directory))
      if (entry.path().extension() == ".sql") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void load(const PgCluster& server, const std::string& database, const fs::path& file) {
  std::string script;
  for (const schema::Statement& statement : schema::split_statements(read_file(file)))
    if (!std::regex_search(statement.text, not_installed)) script += statement.text + ";\n";
  server.execute(database, script);
}

fs::path failed_sql(const Migration& migration) {
  return migration.export_directory() / "export/schema/failed.sql";
}

/// All that pg_dump says of a database, whatever the tool under test does with it.
Statements dumped(const engine::Endpoint& database) {
  Statements statements;
  const std::string dump = schema::without_restrict_lines(schema::dump_schema(database, true));
  for (schema::Statement& statement : schema::split_statements(dump))
    statements.insert(std::move(statement.text));
  return statements;
}

/// All that an export wrote for users to edit.
Statements exported(const Migration& migration) {
  Statements statements;
  const fs::path directory = migration.export_directory() / "export/schema";
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file() || entry.path() == failed_sql(migration)) continue;
    for (schema::Statement& statement : schema::split_statements(read_file(entry.path())))
      statements.insert(std::move(statement.text));
  }
  return statements;
}

std::vector<std::string> missing(const Statements& wanted, const Statements& there) {
  std::vector<std::string> lost;
  std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(),
                      std::back_inserter(lost));
  return lost;
}

Statements without(Statements statements, const Statements& some) {
  for (const std::string& statement : some)
    if (const auto found = statements.find(statement); found != statements.end())
      statements.erase(found);
  return statements;
}

Statements without(Statements statements, const std::vector<Allowed>& some) {
  std::erase_if(statements, [&](const std::string& text) { return is_allowed(text, some); });
  return statements;
}

/// The statements that the last import could not create, for reasons that may be.
Statements refused(const Migration& migration) {
  static const std::regex answer("(^|\n)-- ([^\n]*\\(SQLSTATE \\w+\\))\n");
  const std::string text = file_text(failed_sql(migration));
  for (std::sregex_iterator found(text.begin(), text.end(), answer), end; found != end; ++found)
    EXPECT_TRUE(is_allowed((*found)[2], refusals_of_a_target)) << (*found)[2];
  Statements statements;
  for (schema::Statement& statement : schema::split_statements(text))
    statements.insert(std::move(statement.text));
  return statements;
}

/// Export as the source has it: nothing recommended is applied.
void export_unchanged(Migration& migration) {
  migration.set_environment("YB_VOYAGER_SKIP_MERGE_CONSTRAINTS_TRANSFORMATIONS", "true");
  migration.command({"export", "schema", "--comments-on-objects", "true",
                     "--skip-performance-recommendations", "true",
                     "--skip-colocation-recommendations", "true", "--yes"});
}

class SchemaRoundTrip : public ::testing::TestWithParam<fs::path> {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    server_ = std::make_unique<PgCluster>();
    server_->create_database("source");
    server_->execute("source", "CREATE ROLE staff");
    load(*server_, "source", GetParam());
  }
  engine::Endpoint source() const { return server_->endpoint("source"); }
  /// The copy has what the source has but for `lost`, by the server and by a second export.
  void expect_equal(const Migration& first, const engine::Endpoint& copy, const Statements& lost,
                    const std::vector<Allowed>& never_run) const {
    const Statements before = without(without(dumped(source()), lost), never_run);
    const Statements after = dumped(copy);
    EXPECT_THAT(missing(before, after), IsEmpty());
    EXPECT_THAT(missing(after, before), IsEmpty());
    Migration second(copy, engine::Endpoint(), "");
    export_unchanged(second);
    const Statements exported_before = without(without(exported(first), lost), never_run);
    const Statements exported_after = exported(second);
    EXPECT_THAT(missing(exported_before, exported_after), IsEmpty());
    EXPECT_THAT(missing(exported_after, exported_before), IsEmpty());
  }

  std::unique_ptr<PgCluster> server_;
};

TEST_P(SchemaRoundTrip, ATargetHasTheSameObjects) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  target.create_database("copy");
  target.execute("copy", "CREATE ROLE staff");
  Migration migration(source(), target.endpoint("copy"), "");
  export_unchanged(migration);
  Statements lost;
  for (const Words& phase :
       {Words{"import", "schema"}, Words{"finalize-schema-post-data-import"}}) {
    Words words = phase;
    words.insert(words.end(), {"--continue-on-error", "true", "--yes"});
    fs::remove(failed_sql(migration));
    migration.try_command(words);
    lost.merge(refused(migration));
  }
  expect_equal(migration, target.endpoint("copy"), lost, never_run_on_a_target);
}

TEST_P(SchemaRoundTrip, AReplicaHasTheSameObjects) {
  server_->create_database("copy");
  Migration migration(source(), engine::Endpoint(), "");
  migration.set_source_replica(server_->endpoint("copy"));
  export_unchanged(migration);
  const Words to_replica = {"import", "schema", "to", "source-replica", "--yes"};
  Words finalize = to_replica;
  finalize.insert(finalize.end(), {"--post-snapshot-import", "true", "--refresh-mviews", "true"});
  migration.command(to_replica);
  migration.command(finalize);
  expect_equal(migration, server_->endpoint("copy"), {}, {});
}

std::string case_name(const ::testing::TestParamInfo<fs::path>& info) {
  return info.param.stem().string();
}

INSTANTIATE_TEST_SUITE_P(Samples, SchemaRoundTrip, ::testing::ValuesIn(samples()), case_name);

}  // namespace
}  // namespace voyager::testing
