-- What pg_dump can emit and every_object.sql has not: rare kinds, rare clauses and hostile names.
-- For a database of its own, which a superuser fills.

CREATE SCHEMA rare;
CREATE SCHEMA "it's; a ""name""";
CREATE SCHEMA "$$";
CREATE EXTENSION btree_gist WITH SCHEMA rare;

-- A base type with a shell, a composite with a collation, domains on domains and on arrays
CREATE TYPE rare.raw;
CREATE FUNCTION rare.raw_in(cstring) RETURNS rare.raw LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION rare.raw_out(rare.raw) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE rare.raw (INPUT = rare.raw_in, OUTPUT = rare.raw_out, LIKE = text, CATEGORY = 'S');
CREATE TYPE rare.empty AS ();
CREATE TYPE rare.pair AS (a text COLLATE "C", "b;c" integer[]);
CREATE TYPE rare.nothing AS ENUM ();
CREATE FUNCTION rare.apart(a double precision, b double precision) RETURNS double precision
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT a - b';
CREATE TYPE rare.span AS RANGE (subtype = double precision, subtype_diff = rare.apart);
CREATE DOMAIN rare.word AS text CHECK (VALUE !~ ' ') CHECK (length(VALUE) < 100);
CREATE DOMAIN rare.short_word AS rare.word NOT NULL DEFAULT '--' CHECK (length(VALUE) < 10);
CREATE DOMAIN rare.words AS rare.word[] CHECK (array_length(VALUE, 1) > 0);

-- Routines
CREATE FUNCTION rare.every_clause(a integer, VARIADIC rest text[] DEFAULT '{}', OUT x integer, OUT y text)
  RETURNS SETOF record LANGUAGE plpgsql VOLATILE STRICT LEAKPROOF SECURITY DEFINER PARALLEL RESTRICTED COST 10 ROWS 5
  SET search_path TO 'rare', 'it''s; a "name"' SET work_mem TO '8MB' AS $body$
BEGIN
  x := a; y := $q$ $b$ ; $b$ -- $q$; RETURN NEXT; -- $$
END $body$;
CREATE FUNCTION rare.overloaded(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION rare.overloaded(text) RETURNS text LANGUAGE sql AS $$SELECT 'a''b;'$$;
CREATE FUNCTION rare.overloaded(anyelement, anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION rare.my_rank() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_rank';
CREATE PROCEDURE "it's; a ""name"""."do it;"("in;" integer DEFAULT 3, INOUT "out""" text DEFAULT ';')
  LANGUAGE plpgsql AS $$BEGIN "out""" := "in;"; COMMIT; END$$;
CREATE FUNCTION rare.step(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT $1 + $2';
CREATE FUNCTION rare.step_back(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT $1 - $2';
CREATE AGGREGATE rare.moving(integer) (SFUNC = rare.step, STYPE = integer, INITCOND = '0', COMBINEFUNC = rare.step,
  MSFUNC = rare.step, MINVFUNC = rare.step_back, MSTYPE = integer, MINITCOND = '0', PARALLEL = safe);
CREATE AGGREGATE rare.middle(double precision ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal,
  FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = read_write);
CREATE AGGREGATE rare.place(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi,
  STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
CREATE AGGREGATE rare.greatest_of(integer) (SFUNC = int4larger, STYPE = integer, SORTOP = >);

-- Operators, families, casts, transforms
CREATE FUNCTION rare.same(rare.pair, rare.pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.a = $2.a';
CREATE FUNCTION rare.not_same(rare.pair, rare.pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.a <> $2.a';
CREATE FUNCTION rare.hash_of(rare.pair) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT hashtext($1.a)';
CREATE OPERATOR rare.== (FUNCTION = rare.same, LEFTARG = rare.pair, RIGHTARG = rare.pair, COMMUTATOR = OPERATOR(rare.==),
  NEGATOR = OPERATOR(rare.!==), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR rare.!== (FUNCTION = rare.not_same, LEFTARG = rare.pair, RIGHTARG = rare.pair,
  NEGATOR = OPERATOR(rare.==), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR rare.@#@ (FUNCTION = rare.hash_of, RIGHTARG = rare.pair);
CREATE OPERATOR CLASS rare.pair_hash DEFAULT FOR TYPE rare.pair USING hash AS
  OPERATOR 1 rare.==, FUNCTION 1 rare.hash_of(rare.pair);
CREATE OPERATOR FAMILY rare.mixed USING btree;
ALTER OPERATOR FAMILY rare.mixed USING btree ADD
  OPERATOR 1 < (bigint, integer), OPERATOR 3 = (bigint, integer), FUNCTION 1 (bigint, integer) btint84cmp(bigint, integer);
CREATE CAST (rare.raw AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (rare.pair AS rare.raw) WITH INOUT;
CREATE TRANSFORM FOR integer LANGUAGE sql
  (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal));
CREATE DEFAULT CONVERSION rare.default_conversion FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

-- Text search
CREATE TEXT SEARCH PARSER rare.cutter (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE rare.template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY rare.dictionary (TEMPLATE = rare.template, accept = 'false');
CREATE TEXT SEARCH CONFIGURATION rare.configuration (PARSER = rare.cutter);
ALTER TEXT SEARCH CONFIGURATION rare.configuration ADD MAPPING FOR asciiword, word WITH rare.dictionary, simple;

-- Tables: storage, inheritance, columns that are gone, keys of every form
CREATE COLLATION rare.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE SEQUENCE rare.countdown AS integer START 1000 INCREMENT -1 MINVALUE -5 MAXVALUE 1000 CACHE 7;
CREATE SEQUENCE rare.lent;
CREATE TABLE rare.typed OF rare.pair (a WITH OPTIONS DEFAULT 'x', PRIMARY KEY (a));
CREATE TABLE rare.stored (
  gone integer,
  id integer GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME rare."its ids" START 10 INCREMENT 5 MAXVALUE 1000 CYCLE),
  big text COMPRESSION pglz,
  span rare.span,
  loose text COLLATE rare.loose,
  at timestamptz DEFAULT now(),
  total bigint GENERATED ALWAYS AS (length(big)::bigint * 2) STORED,
  borrowed bigint DEFAULT nextval('rare.lent'),
  down integer DEFAULT nextval('rare.countdown'),
  CONSTRAINT stored_key PRIMARY KEY (id) INCLUDE (at),
  CONSTRAINT one_each UNIQUE NULLS NOT DISTINCT (big, down) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT alone EXCLUDE USING gist (id WITH =, span WITH &&) WHERE (id > 0) DEFERRABLE
) WITH (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = false);
ALTER TABLE rare.stored DROP COLUMN gone;
ALTER TABLE rare.stored ALTER COLUMN big SET STORAGE EXTERNAL;
ALTER TABLE rare.stored ALTER COLUMN big SET (n_distinct = -0.5);
ALTER SEQUENCE rare.lent OWNED BY rare.typed.a;
CREATE TABLE rare.grandparent (id integer, CONSTRAINT everywhere CHECK (id > 0), CONSTRAINT here CHECK (id < 9) NO INHERIT);
CREATE TABLE rare.other_parent (id integer, note text DEFAULT 'p');
CREATE TABLE rare.heir (own integer, note text DEFAULT 'c') INHERITS (rare.grandparent, rare.other_parent);
CREATE UNIQUE INDEX heir_id ON rare.heir (id);
ALTER TABLE rare.heir ALTER COLUMN id SET NOT NULL;
ALTER TABLE rare.heir REPLICA IDENTITY USING INDEX heir_id;
CREATE TABLE rare.referrer (
  a integer DEFAULT 1, b integer,
  FOREIGN KEY (a) REFERENCES rare.stored ON UPDATE SET NULL ON DELETE SET DEFAULT (a),
  FOREIGN KEY (b) REFERENCES rare.heir (id) MATCH FULL ON UPDATE CASCADE NOT VALID
);
CREATE TABLE rare."no columns" ();
CREATE STATISTICS rare.everything (ndistinct, dependencies, mcv) ON id, at, (length(big)) FROM rare.stored;
ALTER STATISTICS rare.everything SET STATISTICS 42;
CREATE STATISTICS rare.expression ON (id % 10) FROM rare.stored;

-- A tree of partitions, three levels deep; other columns' order in a leaf; keys and indexes attached under other names
CREATE TABLE rare.reading (
  at date NOT NULL, place text NOT NULL, sensor integer NOT NULL, value numeric, "odd; name" text DEFAULT ';',
  PRIMARY KEY (at, place, sensor)
) PARTITION BY RANGE (at);
CREATE TABLE rare.reading_1 PARTITION OF rare.reading FOR VALUES FROM (MINVALUE) TO ('2025-01-01') PARTITION BY LIST (place);
CREATE TABLE rare.reading_1_n PARTITION OF rare.reading_1 FOR VALUES IN ('north', 'it''s; "x"') PARTITION BY HASH (sensor);
CREATE TABLE rare.reading_1_n_0 PARTITION OF rare.reading_1_n FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE rare.reading_1_n_1 (
  "odd; name" text DEFAULT 'other', gone integer, value numeric, sensor integer NOT NULL, place text NOT NULL, at date NOT NULL,
  CONSTRAINT own_key PRIMARY KEY (at, place, sensor)
);
ALTER TABLE rare.reading_1_n_1 DROP COLUMN gone;
CREATE INDEX own_index ON rare.reading_1_n_1 (value);
ALTER TABLE rare.reading_1_n ATTACH PARTITION rare.reading_1_n_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE rare.reading_1_rest PARTITION OF rare.reading_1 DEFAULT;
CREATE TABLE "it's; a ""name"""."part;2" PARTITION OF rare.reading FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);
CREATE INDEX reading_value ON rare.reading (value) INCLUDE (place) WITH (fillfactor = 80) WHERE value > 0;
CREATE INDEX reading_plain ON rare.reading (value);
CREATE INDEX reading_only ON ONLY rare.reading (sensor);
CREATE TABLE rare.by_expression (id integer, name text) PARTITION BY RANGE (lower(name) COLLATE "C" text_pattern_ops, ((id + 1)));
CREATE TABLE rare.by_expression_all PARTITION OF rare.by_expression FOR VALUES FROM ('a', 1) TO ('zz', MAXVALUE);
CREATE TABLE rare.reading_note (at date, place text, sensor integer,
  FOREIGN KEY (at, place, sensor) REFERENCES rare.reading) PARTITION BY LIST (place);
CREATE TABLE rare.reading_note_all PARTITION OF rare.reading_note DEFAULT;

-- Indexes
CREATE INDEX stored_many ON rare.stored USING btree (big COLLATE "C" text_pattern_ops DESC NULLS LAST, (id + 1), at) WITH (deduplicate_items = off);
CREATE INDEX stored_hash ON rare.stored USING hash (big);
CREATE INDEX stored_brin ON rare.stored USING brin (at) WITH (pages_per_range = 4, autosummarize = on);
CREATE INDEX stored_spgist ON rare.stored USING spgist (big);
ALTER TABLE rare.stored CLUSTER ON stored_many;

-- Views in a circle of dependencies, views of everything, functions that need keys
CREATE VIEW rare.circle AS SELECT 1 AS one;
CREATE FUNCTION rare.of_circle(rare.circle) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1.one';
CREATE OR REPLACE VIEW rare.circle AS SELECT 1 AS one, rare.of_circle(NULL) AS two;
CREATE VIEW rare.checked WITH (security_invoker = true) AS SELECT id, big FROM rare.stored WHERE id > 0 WITH CASCADED CHECK OPTION;
CREATE VIEW rare.needs_key AS SELECT id, big, at FROM rare.stored GROUP BY id;
CREATE FUNCTION rare.needs_key_too() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC
  SELECT big FROM rare.stored GROUP BY id;
  SELECT 'a;' || big FROM rare.needs_key;
END;
CREATE MATERIALIZED VIEW rare.first_view WITH (fillfactor = 50) AS SELECT id, count(*) AS n FROM rare.stored GROUP BY id WITH NO DATA;
CREATE MATERIALIZED VIEW rare.a_second_view AS SELECT max(n) AS n FROM rare.first_view WITH NO DATA;
CREATE MATERIALIZED VIEW rare."0 third" AS SELECT n, rare.needs_key_too() AS text FROM rare.a_second_view WITH NO DATA;
CREATE UNIQUE INDEX "third;index" ON rare."0 third" (n, text);
ALTER MATERIALIZED VIEW rare.first_view ALTER COLUMN n SET STATISTICS 7;

-- Foreign tables
CREATE FOREIGN DATA WRAPPER nowhere OPTIONS (debug 'true; "x"');
CREATE SERVER "far; away" TYPE 'odd' VERSION '1.0''' FOREIGN DATA WRAPPER nowhere OPTIONS (host 'h''; --');
CREATE USER MAPPING FOR PUBLIC SERVER "far; away";
CREATE FOREIGN TABLE rare.distant (id integer NOT NULL, v text OPTIONS (name '"') COLLATE "C" DEFAULT 'd;', CHECK (id > 0)) SERVER "far; away";
CREATE FOREIGN TABLE rare.distant_heir () INHERITS (rare.grandparent) SERVER "far; away";

-- Triggers, rules, policies of all forms
CREATE FUNCTION rare.fires() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE FUNCTION rare.on_event() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$;
CREATE TRIGGER for_statement AFTER UPDATE ON rare.stored REFERENCING OLD TABLE AS before NEW TABLE AS "after;" FOR EACH STATEMENT EXECUTE FUNCTION rare.fires();
CREATE TRIGGER truncated BEFORE TRUNCATE ON rare.stored EXECUTE FUNCTION rare.fires('a\b', E'new\nline', '''";');
CREATE TRIGGER "columns; ""only""" AFTER UPDATE OF big, at ON rare.stored FOR EACH ROW WHEN (old.big IS DISTINCT FROM new.big) EXECUTE FUNCTION rare.fires();
CREATE CONSTRAINT TRIGGER late AFTER INSERT OR DELETE ON rare.stored FROM rare.heir DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION rare.fires();
CREATE TRIGGER on_tree BEFORE INSERT ON rare.reading FOR EACH ROW EXECUTE FUNCTION rare.fires();
CREATE TRIGGER on_leaf AFTER DELETE ON rare.reading_1_n_0 FOR EACH ROW EXECUTE FUNCTION rare.fires();
CREATE TRIGGER on_view INSTEAD OF UPDATE OR DELETE ON rare.checked FOR EACH ROW EXECUTE FUNCTION rare.fires();
CREATE TRIGGER on_distant AFTER INSERT ON rare.distant FOR EACH ROW EXECUTE FUNCTION rare.fires();
ALTER TABLE rare.stored ENABLE ALWAYS TRIGGER truncated, ENABLE REPLICA TRIGGER late;
ALTER TABLE rare.reading_1_n_0 DISABLE TRIGGER on_tree;
CREATE EVENT TRIGGER tagged ON ddl_command_start WHEN TAG IN ('DROP TABLE', 'CREATE AGGREGATE') EXECUTE FUNCTION rare.on_event();
ALTER EVENT TRIGGER tagged DISABLE;
CREATE RULE insert_elsewhere AS ON INSERT TO rare.needs_key DO INSTEAD INSERT INTO rare.heir (id, note) VALUES (new.id, new.big) RETURNING id, note, now();
CREATE RULE always AS ON UPDATE TO rare.heir DO ALSO NOTIFY "ch;", 'it''s';
ALTER TABLE rare.heir ENABLE ALWAYS RULE always;
ALTER TABLE rare.heir ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON rare.heir FOR SELECT TO PUBLIC USING (true);
CREATE POLICY "writers;" ON rare.heir FOR INSERT TO staff WITH CHECK (note <> '; --');
CREATE POLICY changers ON rare.heir AS RESTRICTIVE FOR UPDATE TO staff, PUBLIC USING (id > 0) WITH CHECK (id < 9);

-- Hostile names
CREATE TABLE "$$"."--" ("/*" integer PRIMARY KEY, "*/" text DEFAULT '*/', "\" text, "'" text DEFAULT E'\\', "%s" text, " " text);
CREATE TABLE "$$"."new
line;" ("tab	" integer REFERENCES "$$"."--", CONSTRAINT "check
; --" CHECK ("tab	" > 0));
CREATE INDEX "$tag$" ON "$$"."--" ("*/", "\");
CREATE VIEW "$$"."CREATE TABLE x (a int);" AS SELECT "/*", "*/" || '$$;' AS "$$" FROM "$$"."--";
CREATE FUNCTION "$$"."$_$"("$1" text) RETURNS text LANGUAGE sql AS $_X$ SELECT $1 || '$_$ $$ ;' $_X$;
CREATE TYPE "$$".";" AS ENUM ('', ';', '''', '"', '\', '$$', E'\n');
CREATE TABLE "$$".pg_table (oid_ oid, "user" name, "column" "$$".";" DEFAULT ';');

-- Comments on what is rare, and hostile
COMMENT ON SCHEMA rare IS E'two\nlines; -- and \\ ''quotes''';
COMMENT ON TABLE "$$"."--" IS '*/ ; /* $$';
COMMENT ON COLUMN "$$"."--"."\" IS '\';
COMMENT ON TYPE rare.raw IS 'base';
COMMENT ON COLUMN rare.pair."b;c" IS 'of a composite';
COMMENT ON AGGREGATE rare.middle(double precision ORDER BY anyelement) IS 'ordered';
COMMENT ON CAST (rare.raw AS text) IS 'binary';
COMMENT ON CONSTRAINT alone ON rare.stored IS 'excludes';
COMMENT ON CONVERSION rare.default_conversion IS 'default';
COMMENT ON FOREIGN DATA WRAPPER nowhere IS 'wrapper';
COMMENT ON SERVER "far; away" IS 'server';
COMMENT ON FOREIGN TABLE rare.distant IS 'foreign';
COMMENT ON INDEX rare.reading_plain IS 'of partitions';
COMMENT ON MATERIALIZED VIEW rare."0 third" IS 'third';
COMMENT ON OPERATOR CLASS rare.pair_hash USING hash IS 'class';
COMMENT ON OPERATOR FAMILY rare.mixed USING btree IS 'family';
COMMENT ON OPERATOR rare.@#@ (NONE, rare.pair) IS 'prefix';
COMMENT ON POLICY "writers;" ON rare.heir IS 'policy';
COMMENT ON PROCEDURE "it's; a ""name"""."do it;"(integer, text) IS 'procedure';
COMMENT ON RULE always ON rare.heir IS 'rule';
COMMENT ON SEQUENCE rare.countdown IS 'sequence';
COMMENT ON STATISTICS rare.everything IS 'statistics';
COMMENT ON TEXT SEARCH CONFIGURATION rare.configuration IS 'configuration';
COMMENT ON TEXT SEARCH DICTIONARY rare.dictionary IS 'dictionary';
COMMENT ON TEXT SEARCH PARSER rare.cutter IS 'parser';
COMMENT ON TEXT SEARCH TEMPLATE rare.template IS 'template';
COMMENT ON TRANSFORM FOR integer LANGUAGE sql IS 'transform';
COMMENT ON TRIGGER "columns; ""only""" ON rare.stored IS 'trigger';
COMMENT ON DOMAIN rare.words IS 'domain';
COMMENT ON COLLATION rare.loose IS 'collation';
COMMENT ON VIEW rare.circle IS 'circle';
