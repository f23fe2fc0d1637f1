-- expect: UNLOGGED_TABLES
CREATE UNLOGGED TABLE u (a int);
CREATE TABLE logged (a int);
CREATE TEMPORARY TABLE temporary_one (a int);
-- expect: UNLOGGED_TABLES
ALTER TABLE logged SET UNLOGGED;
ALTER TABLE logged SET LOGGED;

-- expect: STORAGE_PARAMETERS
CREATE INDEX i1 ON logged (a) WITH (fillfactor = 70);
CREATE INDEX i2 ON logged (a);
CREATE INDEX i3 ON logged (a) WITH (colocation_id = 20001);
-- expect: STORAGE_PARAMETERS +1
CREATE TABLE with_key (a int,
  CONSTRAINT k PRIMARY KEY (a) WITH (fillfactor = 70));
-- expect: STORAGE_PARAMETERS
ALTER TABLE logged ADD CONSTRAINT u UNIQUE (a) WITH (fillfactor = 70);
-- Parameters of a table are ignored with a warning.
CREATE TABLE filled (a int PRIMARY KEY) WITH (fillfactor = 70, autovacuum_enabled = false);

-- expect: COMPRESSION_CLAUSE_IN_TABLE +2
CREATE TABLE compressed (
  a int,
  b text COMPRESSION pglz,
  c text
);
-- expect: COMPRESSION_CLAUSE_IN_TABLE
ALTER TABLE logged ALTER COLUMN a SET COMPRESSION lz4;
-- A column may have that name.
CREATE TABLE packed (compression text, storage text);

-- expect: WITH_OIDS
CREATE TABLE with_oids (a int) WITH (oids = true);
CREATE TABLE without_oids (a int) WITH (oids = false);
