SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('sad', 'ok');
CREATE TABLE shop.t (id bigint NOT NULL, v text DEFAULT 'a;b', j jsonb, CHECK (id > 0)) PARTITION BY RANGE (id);
ALTER TABLE ONLY shop.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX t_v ON shop.t USING gin (j jsonb_path_ops) WHERE v IS NOT NULL;
CREATE FUNCTION shop.f() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE r record; c CURSOR FOR SELECT * FROM shop.t;
BEGIN
  IF new.id > 1 THEN EXECUTE 'SELECT 1' INTO r; END IF;
  FOR r IN SELECT ctid FROM shop.t LOOP RAISE NOTICE '%', r.ctid; END LOOP;
  RETURN new;
END $$;
CREATE TRIGGER g AFTER INSERT ON shop.t REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION shop.f();
CREATE VIEW shop.w AS SELECT xmin, count(*) OVER () FROM shop.t WITH CHECK OPTION;
CREATE RULE r AS ON INSERT TO shop.w DO INSTEAD (INSERT INTO shop.t VALUES (1); SELECT 2);
CREATE FUNCTION shop.s() RETURNS int BEGIN ATOMIC; SELECT 1; SELECT 2; END;
COMMENT ON TABLE shop.t IS 'it''s';
