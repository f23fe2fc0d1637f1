-- Replication by hand, as people do it for want of a tool: foreign tables of another server and triggers that write to
-- them by names that they make up.
CREATE EXTENSION IF NOT EXISTS postgres_fdw;

CREATE TYPE kind AS ENUM ('a', 'b');
CREATE TYPE part AS (a integer, b text);
CREATE TABLE t (i serial NOT NULL PRIMARY KEY, ts timestamptz(0) DEFAULT now(), j json, t text, e kind, c part);
CREATE TABLE c (i serial, t integer REFERENCES t (i), x text);

CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost', dbname 'elsewhere');
CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (user 'copier', password 'not;real');
CREATE FOREIGN TABLE f_t (i integer, ts timestamptz(0) DEFAULT now(), j json, t text, e kind, c part)
  SERVER elsewhere OPTIONS (table_name 't');
CREATE FOREIGN TABLE f_c (i integer, t integer, x text) SERVER elsewhere OPTIONS (table_name 'c');

CREATE FUNCTION key_of(_t name) RETURNS name LANGUAGE sql AS $$
  SELECT attname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
  WHERE conrelid = _t::regclass AND contype = 'p';
$$;
CREATE FUNCTION send_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('INSERT INTO %I SELECT ($1).*', 'f_' || TG_RELNAME) USING NEW;
  RETURN NEW;
END;
$$;
CREATE FUNCTION send_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  _c integer := 0;
BEGIN
  EXECUTE format('DELETE FROM %I WHERE %2$I = ($1).%2$I', 'f_' || TG_RELNAME, key_of(TG_RELNAME)) USING OLD;
  GET DIAGNOSTICS _c := ROW_COUNT;
  IF _c < 1 THEN
    RAISE EXCEPTION '%', 'This row is not there yet, thus can''t be deleted';
  END IF;
  RETURN OLD;
END;
$$;
CREATE TRIGGER send_insert BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION send_insert();
CREATE TRIGGER send_delete BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION send_delete();
CREATE TRIGGER send_insert BEFORE INSERT ON c FOR EACH ROW EXECUTE FUNCTION send_insert();
