-- What PostgreSQL 15's grammar takes for calls of plain functions.

-- expect: JSON_CONSTRUCTOR_FUNCTION
SELECT json_array(1, 2, id) FROM sale;
-- expect: JSON_CONSTRUCTOR_FUNCTION
SELECT JSON_OBJECT();
-- expect: JSON_CONSTRUCTOR_FUNCTION
SELECT JSON_ARRAYAGG(region ORDER BY region) FROM sale;
-- expect: JSON_QUERY_FUNCTION
SELECT JSON_VALUE(body, '$.a') FROM doc;
-- expect: JSON_QUERY_FUNCTION
-- expect: JSON_QUERY_FUNCTION
SELECT json_query(body, '$.a') FROM doc WHERE json_exists(body, '$.b');

SELECT json_object('{a,1}'), json_object('{a}', '{1}'), json_build_array(1), json_agg(id),
  json_object_agg(id, region), jsonb_path_query(body, '$.a'), json('{}'), 'JSON_ARRAY(1)' FROM sale;
