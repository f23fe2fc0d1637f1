CREATE TABLE item (id int PRIMARY KEY, label text, xmin_of_box int);
CREATE VIEW box AS SELECT min(id) AS xmin, max(id) AS xmax, count(*) AS ctid FROM item;

-- expect: SYSTEM_COLUMN_XMIN
-- expect: SYSTEM_COLUMN_XMAX
SELECT xmin, xmax FROM item;
-- expect: SYSTEM_COLUMN_CMIN
-- expect: SYSTEM_COLUMN_CMAX
SELECT i.cmin, i.cmax FROM item i;
-- expect: SYSTEM_COLUMN_CTID +1
DELETE FROM item a USING item b WHERE a.id = b.id
   AND a.ctid < '(0,1)';
-- expect: SYSTEM_COLUMN_XMIN
UPDATE item SET label = '' WHERE id = 1 RETURNING xmin AS version;
-- expect: SYSTEM_COLUMN_CTID
CREATE VIEW places AS SELECT id, ctid AS place FROM item;
-- expect: SYSTEM_COLUMN_XMAX +3
CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- OLD.ctid
  IF NEW.xmax <> 0 THEN RAISE NOTICE 'xmin of %', 'ctid'; END IF;
  RETURN NEW;
END $$;
-- expect: SYSTEM_COLUMN_CTID
WITH gone AS (SELECT ctid FROM item LIMIT 10) DELETE FROM item WHERE id IN (SELECT 1 FROM gone);

-- Something else of the same name.
SELECT xmin, xmax FROM box;
SELECT b.xmin, b.ctid FROM box b;
SELECT e.xmin FROM (SELECT min(id) AS xmin FROM item) e;
WITH e AS (SELECT min(id) AS xmin FROM item) SELECT xmin FROM e;
SELECT e.ctid FROM item, LATERAL (SELECT id) AS e (ctid);
SELECT 'ctid' AS ctid, 'xmin' AS xmin, st_xmin(id), xmin_of_box, tableoid FROM item;
SELECT (extent).xmin FROM map;
CREATE FUNCTION wider(xmin int, by int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN xmin - by;
END $$;
