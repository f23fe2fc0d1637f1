-- expect: MERGE_STATEMENT
MERGE INTO stock t USING delivery d ON t.id = d.id
 WHEN MATCHED THEN UPDATE SET n = t.n + d.n
 WHEN NOT MATCHED THEN INSERT (id, n) VALUES (d.id, d.n);
-- expect: MERGE_STATEMENT +2
CREATE PROCEDURE take() LANGUAGE plpgsql AS $$
BEGIN
  MERGE INTO stock t USING delivery d ON t.id = d.id WHEN MATCHED THEN DO NOTHING;
END $$;

INSERT INTO stock (id, n) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = 3;
SELECT merge('MERGE INTO stock') FROM merge; -- MERGE INTO stock
