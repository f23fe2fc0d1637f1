// SPDX-License-Identifier: Apache-2.0
#include "scenarios/story.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>
#include <thread>

namespace voyager::testing {

TwoServers::TwoServers() {
  source_.create_database("shop");
  target_.create_database("shop");
}

void wait_until(const std::function<bool()>& done, const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("in vain: " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

std::string value(const engine::Endpoint& endpoint, const std::string& sql) {
  return query(endpoint, sql).at(0).at(0).value_or("");
}

void run_script(const engine::Endpoint& endpoint, const std::string& script) {
  std::string path = ::testing::TempDir() + "script." + std::to_string(getpid()) + ".sql";
  std::ofstream(path) << script;
  ChildOptions options;
  options.arguments = {"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", path};
  options.environment = {{"PGHOST", endpoint.host},
                         {"PGPORT", std::to_string(endpoint.port)},
                         {"PGDATABASE", endpoint.database},
                         {"PGUSER", endpoint.user},
                         {"PGPASSWORD", endpoint.password.reveal()},
                         {"PGCLIENTENCODING", "UTF8"}};
  options.errors = path + ".err";
  Child psql(options);
  const int code = psql.wait();
  const std::string errors = psql.errors();
  std::filesystem::remove(path);
  std::filesystem::remove(options.errors);
  if (code != 0) {
    throw std::runtime_error("psql: " + errors);
  }
}

std::string churn(const std::string& schemas) {
  return "SET churn.schemas = '" + schemas + R"sql(';
DO $churn$
DECLARE
  t record;
  c text;
  all_columns text;
  key text;
BEGIN
  FOR t IN SELECT r.oid, r.oid::regclass::text AS name FROM pg_class r
            JOIN pg_namespace n ON n.oid = r.relnamespace
           WHERE n.nspname = ANY (string_to_array(current_setting('churn.schemas'), ','))
             AND r.relkind IN ('r', 'p') AND NOT r.relispartition ORDER BY 2
  LOOP
    DROP TABLE IF EXISTS pg_temp.saved;
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO all_columns FROM pg_attribute
     WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    CONTINUE WHEN all_columns IS NULL;
    EXECUTE format('CREATE TEMP TABLE saved AS SELECT %s FROM %s LIMIT 200', all_columns, t.name);
    CONTINUE WHEN NOT EXISTS (SELECT FROM pg_temp.saved);
    SELECT string_agg(format('t.%1$I = a.%1$I', attname), ' AND ') INTO key
      FROM pg_index i JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey)
     WHERE i.indrelid = t.oid AND i.indisprimary;
    COMMIT;
    FOR c IN SELECT attname FROM pg_attribute x WHERE attrelid = t.oid AND attnum BETWEEN 1 AND 40
               AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a' AND key IS NOT NULL
               AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid
                                AND i.indisunique AND x.attnum = ANY (i.indkey))
    LOOP
      BEGIN
        EXECUTE format('WITH s AS (SELECT *, row_number() OVER () AS place, count(*) OVER () AS n '
          'FROM saved) UPDATE %s t SET %I = b.%2$I FROM s a JOIN s b ON b.place = a.place %% a.n + 1 '
          'WHERE %s', t.name, c, key);
        SET CONSTRAINTS ALL IMMEDIATE;
      EXCEPTION WHEN OTHERS THEN NULL;
      END;
      COMMIT;
    END LOOP;
    BEGIN
      EXECUTE format('DELETE FROM %s t USING (SELECT * FROM saved LIMIT 100) a WHERE %s', t.name,
                     coalesce(key, '(SELECT count(*) FROM ' || t.name || ') <= 200'));
      SET CONSTRAINTS ALL IMMEDIATE;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    COMMIT;
    BEGIN
      EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM saved LIMIT 70',
                     t.name, all_columns);
      SET CONSTRAINTS ALL IMMEDIATE;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    COMMIT;
  END LOOP;
END $churn$;
)sql";
}

std::vector<std::string> restorable_state(const engine::Endpoint& endpoint) {
  const Rows rows = query(
      endpoint,
      "WITH own AS (SELECT oid, relreplident, relkind FROM pg_class c WHERE relkind IN ('r', 'p') "
      "AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)) "
      "SELECT format('%s identity %s', oid::regclass, relreplident) FROM own UNION ALL "
      "SELECT format('%s trigger %s %s', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger "
      "WHERE NOT tgisinternal UNION ALL "
      "SELECT format('%s rule %s %s', ev_class::regclass, rulename, ev_enabled) FROM pg_rewrite "
      "WHERE ev_class IN (SELECT oid FROM own) UNION ALL "
      "SELECT format('%s foreign key %s %s', conrelid::regclass, pg_get_constraintdef(oid), "
      "convalidated) FROM pg_constraint WHERE contype = 'f' UNION ALL "
      "SELECT format('%s.%I identity column %s', attrelid::regclass, attname, attidentity) "
      "FROM pg_attribute WHERE attidentity <> ''");
  std::vector<std::string> lines;
  for (const auto& row : rows) lines.push_back(row[0].value_or(""));
  return lines;
}

std::vector<std::string> restorable_state_of_target(const engine::Endpoint& target) {
  std::vector<std::string> lines = restorable_state(target);
  for (std::string& line : lines) {
    if (line.ends_with(" identity c")) line.back() = 'd';
  }
  return lines;
}

std::string sessions_left(const engine::Endpoint& endpoint) {
  return value(endpoint,
               "SELECT string_agg(application_name, ', ') FROM pg_stat_activity "
               "WHERE application_name LIKE 'yb-voyager%'");
}

std::string left_behind(const engine::Endpoint& endpoint) {
  const Rows rows = query(endpoint,
                          "SELECT string_agg(o, ', ') FROM ("
                          "SELECT 'slot ' || slot_name AS o FROM pg_replication_slots "
                          "WHERE database = current_database() UNION ALL "
                          "SELECT 'publication ' || pubname FROM pg_publication UNION ALL "
                          "SELECT 'schema ' || nspname FROM pg_namespace "
                          "WHERE nspname LIKE 'ybvoyager%') all_left");
  return rows[0][0].value_or("");
}

namespace {

void expect_equal(const TwoServers& servers, Migration& migration, const Story& story,
                  const std::string& when) {
  for (const std::string& line : differences(servers.source(), servers.target(), story.schemas)) {
    ADD_FAILURE() << when << ": " << line;
  }
  migration.expect_verified();
}

void live_back(const TwoServers& servers, Migration& migration, const Story& story,
               Child& source_side, Child& target_side) {
  Migration::wait_for_line(source_side, "import data to source from now on");
  run_script(servers.target(), story.changes_back);
  if (story.churns) run_script(servers.target(), churn(story.schemas));
  migration.initiate_cutover_to("source");
  migration.wait_for_cutover("target → source", {&source_side, &target_side});
  EXPECT_EQ(source_side.wait(std::chrono::minutes(1)), 0) << source_side.errors();
  EXPECT_EQ(target_side.wait(std::chrono::minutes(1)), 0) << target_side.errors();
  expect_equal(servers, migration, story, "after the cutover back");
}

}  // namespace

void expect_migrates(const Story& story) {
  TwoServers servers;
  run_script(servers.source(), story.setup);
  const auto before = restorable_state(servers.source());
  Migration migration(servers.source(), servers.target(), story.schemas);
  migration.move_schema();
  run_script(servers.target(), story.on_target);
  Child exporter = migration.start_export();
  migration.wait_for_slot(exporter);
  Child importer = migration.start_import();
  run_script(servers.source(), story.changes);
  migration.initiate_cutover(story.falls_back);
  if (story.falls_back) {
    migration.wait_for_cutover("source → target", {&exporter, &importer});
  } else {
    migration.finish_cutover(exporter, importer);
  }
  migration.command({"import", "schema", "--post-snapshot-import", "true", "--yes"});
  expect_equal(servers, migration, story, "after the cutover to the target");
  if (story.falls_back) live_back(servers, migration, story, exporter, importer);
  migration.end();
  // The story may have added tables: what was there before counts.
  EXPECT_THAT(restorable_state(servers.source()), ::testing::IsSupersetOf(before));
  EXPECT_EQ(left_behind(servers.source()), "");
  EXPECT_EQ(left_behind(servers.target()), "");
}

}  // namespace voyager::testing
