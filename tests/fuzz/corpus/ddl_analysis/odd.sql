\restrict abc
CREATE TABLE "T""x" (a int4[] GENERATED ALWAYS AS IDENTITY, b interval(3), EXCLUDE USING gist (b WITH &&)) INHERITS (u) TABLESPACE z;
CREATE INDEX NONCONCURRENTLY i ON t (lower(a) COLLATE "C" DESC NULLS LAST) INCLUDE (b);
ALTER TABLE t CLUSTER ON i, SET (fillfactor=70), DISABLE RULE r;
SELECT JSON_TABLE('{}', '$' COLUMNS (a int PATH '$.a')), MERGE_ACTION();
MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE;
CREATE POLICY p ON t USING (U&'d\0061t' = E'\x41');
$a$ $b$ $a$ /* /* nested */ */ -- end
\unrestrict abc
