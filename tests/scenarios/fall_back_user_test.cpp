// SPDX-License-Identifier: Apache-2.0

#include "scenarios/fall_back.hpp"

namespace voyager::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

class FallBackWithoutSuperuser : public FallBack {
 protected:
  /// As the documents' preparation of a source says it.
  void begin_restricted() {
    prepare(
        R"sql(
CREATE TABLE trail (id serial PRIMARY KEY, what text NOT NULL);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO trail (what) VALUES (TG_TABLE_NAME || ' ' || TG_NAME); RETURN NULL; END$$;
CREATE TABLE parent (id int PRIMARY KEY, v text, twin int UNIQUE,
  CONSTRAINT "the twin" FOREIGN KEY (twin) REFERENCES parent (twin) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE child (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  parent_id int REFERENCES parent ON DELETE CASCADE ON UPDATE SET NULL, v text);
CREATE TABLE loose (id int PRIMARY KEY, parent_id int);
CREATE TABLE parts (id int, day int, parent_id int REFERENCES parent ON UPDATE CASCADE, PRIMARY KEY (id, day))
  PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
INSERT INTO parent SELECT i, 'v', NULL FROM generate_series(1, 20) i;
INSERT INTO child (parent_id) SELECT i FROM generate_series(1, 20) i;
INSERT INTO loose VALUES (1, 999);
INSERT INTO parts SELECT i, i, i FROM generate_series(1, 19) i;
ALTER TABLE loose ADD FOREIGN KEY (parent_id) REFERENCES parent NOT VALID;
CREATE TRIGGER plain AFTER INSERT OR UPDATE OR DELETE ON child FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER everywhere AFTER INSERT ON parent FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER replicas AFTER INSERT ON parent FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER sleeping AFTER INSERT ON parent FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER parted AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION note();
CREATE RULE also AS ON INSERT TO loose DO ALSO INSERT INTO trail (what) VALUES ('rule');
CREATE USER ybvoyager REPLICATION;
GRANT USAGE ON SCHEMA public TO ybvoyager;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO ybvoyager;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO ybvoyager;
CREATE ROLE replication_group;
GRANT replication_group TO ybvoyager;
DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT quote_ident(table_name) FROM information_schema.tables
            WHERE table_schema = 'public' LOOP
    EXECUTE 'ALTER TABLE public.' || t || ' OWNER TO replication_group';
  END LOOP;
END $$;
GRANT CREATE ON DATABASE shop TO ybvoyager;
)sql",
        "ybvoyager");
    // States that the target does not know.
    execute(source(),
            "ALTER TABLE parent ENABLE ALWAYS TRIGGER everywhere; ALTER TABLE parent ENABLE "
            "REPLICA TRIGGER replicas; ALTER TABLE parent DISABLE TRIGGER sleeping;"
            "ALTER TABLE parts_2 DISABLE TRIGGER parted;"
            "CREATE RULE unused AS ON DELETE TO loose DO INSTEAD NOTHING;"
            "ALTER TABLE loose DISABLE RULE unused");
    before_ = restorable_state(source());
    start();
  }
  /// What triggers, rules and keys of the source would double, refuse or follow.
  void change_target() {
    run_script(
        target(),
        "INSERT INTO parent VALUES (100, 'new', 100), (101, 'new', 101);"
        "BEGIN; UPDATE parent SET twin = 102 WHERE id = 100; UPDATE parent SET twin = 100 "
        "WHERE id = 101; UPDATE parent SET twin = 101 WHERE id = 100; COMMIT;"
        "INSERT INTO child (parent_id, v) VALUES (100, 'a'), (101, 'b');"
        "INSERT INTO loose VALUES (100, 100); INSERT INTO parts VALUES (100, 5, 100), (101, "
        "15, 101);"
        "UPDATE parent SET id = 200 WHERE id = 101; DELETE FROM parent WHERE id = 20 AND NOT "
        "EXISTS (SELECT FROM parts WHERE parent_id = 20);"
        "DELETE FROM loose WHERE id = 100; UPDATE parts SET day = 16 WHERE id = 5;");
  }
  std::string active_hindrances() {
    return value(source(),
                 "SELECT (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN "
                 "('O', 'A')) + (SELECT count(*) FROM pg_constraint WHERE contype = 'f') + "
                 "(SELECT count(*) FROM pg_attribute WHERE attidentity = 'a') + (SELECT count(*) "
                 "FROM pg_rewrite WHERE ev_class = 'loose'::regclass AND ev_enabled <> 'D')");
  }
  /// Without the ledger, which end migration takes away.
  std::vector<std::string> state_of_tables() {
    auto lines = restorable_state(source());
    std::erase_if(lines, [](const auto& line) { return line.starts_with("ybvoyager_metadata."); });
    return lines;
  }
  void restart_source_side() { source_side_.emplace(migration_->start_import_to_source()); }
};

TEST_F(FallBackWithoutSuperuser, WhatDisturbsIsShownSwitchedOffAndPutBackAlsoAfterKills) {
  begin_restricted();
  // Switching off gets no further than this table for a while.
  ChildOptions reader;
  reader.arguments = {"psql", "-X",
                      "-d",   connection_string(source()),
                      "-c",   "BEGIN; LOCK TABLE loose IN ACCESS SHARE MODE; SELECT pg_sleep(300)"};
  Child holder(reader);
  wait_for_value(source(), "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(300)'",
                 "1");
  migration_->initiate_cutover(true);
  migration_->wait_for_cutover("source → target", processes());
  wait_for_value(source(),
                 "SELECT count(*) FROM pg_stat_activity WHERE usename = 'ybvoyager' AND "
                 "wait_event_type = 'Lock'",
                 "1");
  kill_process(*source_side_);
  execute(source(),
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
          "AND (query LIKE '%sleep(300)%' OR usename = 'ybvoyager')");
  holder.wait();
  migration_->command({"import", "schema", "--post-snapshot-import", "true", "--yes"});
  change_target();
  restart_source_side();
  Migration::wait_for_line(*source_side_, "streaming changes to the source");
  EXPECT_THAT(source_side_->output(),
              AllOf(HasSubstr("of the source are switched off"), HasSubstr("KIND"),
                    HasSubstr("foreign key"), HasSubstr("loose")));
  EXPECT_EQ(active_hindrances(), "0");
  wait_for_value(source(), "SELECT count(*) FROM parent WHERE id = 200", "1");
  kill_process(*source_side_);
  restart_source_side();
  run_script(target(), "INSERT INTO child (parent_id, v) VALUES (200, 'c')");
  to_source_for_good();
  EXPECT_THAT(state_of_tables(), UnorderedElementsAreArray(before_));
  expect_equal("on the source again");
  expect_nothing_left();
}

TEST_F(FallBackWithoutSuperuser, EndMigrationPutsBackWhatACutoverWouldHave) {
  begin_restricted();
  to_target();
  change_target();
  wait_for_value(source(), "SELECT count(*) FROM parent WHERE id = 200", "1");
  EXPECT_EQ(active_hindrances(), "0");
  for (Child* process : processes()) kill_process(*process);
  expect_nothing_left();
}

TEST_F(FallBackWithoutSuperuser, TheDocumentedStepsByHandDoNoHarm) {
  begin_restricted();
  execute(source(),
          "ALTER TABLE child DISABLE TRIGGER USER; ALTER TABLE parent DISABLE TRIGGER USER; ALTER "
          "TABLE parts DISABLE TRIGGER USER; ALTER TABLE loose DISABLE RULE also;"
          "ALTER TABLE child DROP CONSTRAINT child_parent_id_fkey; ALTER TABLE loose DROP "
          "CONSTRAINT loose_parent_id_fkey");
  const auto by_hand = state_of_tables();
  to_target();
  change_target();
  to_source_for_good();
  EXPECT_THAT(state_of_tables(), UnorderedElementsAreArray(by_hand));
  expect_equal("on the source again");
  execute(source(),
          "ALTER TABLE child ENABLE TRIGGER USER; ALTER TABLE parent ENABLE ALWAYS TRIGGER "
          "everywhere; ALTER TABLE parent ENABLE REPLICA TRIGGER replicas; ALTER TABLE ONLY parts "
          "ENABLE TRIGGER parted; ALTER TABLE parts_1 ENABLE TRIGGER parted; ALTER TABLE loose "
          "ENABLE RULE also;"
          "ALTER TABLE child ADD CONSTRAINT child_parent_id_fkey FOREIGN KEY (parent_id) "
          "REFERENCES parent ON DELETE CASCADE ON UPDATE SET NULL; ALTER TABLE loose ADD FOREIGN "
          "KEY (parent_id) REFERENCES parent NOT VALID");
  expect_nothing_left();
}

TEST_F(FallBackWithoutSuperuser, ASequenceThatMayNotBeSetHoldsTheCutoverUntilItMay) {
  begin_restricted();
  execute(source(),
          "CREATE SEQUENCE foreign_numbers; GRANT SELECT ON foreign_numbers TO ybvoyager");
  execute(target(), "CREATE SEQUENCE foreign_numbers");
  to_target();
  EXPECT_THAT(source_side_->output(), HasSubstr("may not set these sequences"))
      << "told before the cutover that would need it";
  execute(target(), "SELECT setval('foreign_numbers', 77)");
  migration_->initiate_cutover_to("source");
  EXPECT_NE(source_side_->wait(), 0);
  EXPECT_THAT(source_side_->errors(),
              AllOf(HasSubstr("public.foreign_numbers"), HasSubstr("permission denied")));
  EXPECT_EQ(cutovers()[1]["status"], "INITIATED");
  execute(source(), "GRANT UPDATE ON foreign_numbers TO ybvoyager");
  restart_source_side();
  migration_->wait_for_cutover("target → source", processes());
  expect_both_end();
  EXPECT_EQ(value(source(), "SELECT nextval('foreign_numbers')"), "78");
  expect_nothing_left();
}

}  // namespace
}  // namespace voyager::testing
