-- expect: JSON_QUERY_FUNCTION
SELECT JSON_VALUE(body, '$.a' RETURNING int DEFAULT 0 ON EMPTY ERROR ON ERROR) FROM doc;
-- expect: JSON_QUERY_FUNCTION
SELECT JSON_QUERY(body, '$.a[*]' WITH CONDITIONAL WRAPPER) FROM doc;
-- expect: JSON_QUERY_FUNCTION
SELECT id FROM doc WHERE JSON_EXISTS(body, '$.a ? (@ > $x)' PASSING 3 AS x);
-- expect: JSON_QUERY_FUNCTION +1
SELECT jt.* FROM doc,
  JSON_TABLE(body, '$[*]' AS root COLUMNS (
    id FOR ORDINALITY,
    name text PATH '$.name' NULL ON EMPTY,
    NESTED PATH '$.parts[*]' COLUMNS (part text PATH '$')
  )) AS jt;
-- expect: JSON_QUERY_FUNCTION +2
CREATE FUNCTION f(body jsonb) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN JSON_VALUE(body, '$.a' RETURNING int);
END $$;

SELECT jsonb_path_query_first(body, '$.a'), 'JSON_VALUE(body, ''$.a'' RETURNING int)' FROM doc;
SELECT x.* FROM json_to_recordset('[]') AS x (id int);
