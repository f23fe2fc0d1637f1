CREATE DOMAIN document AS jsonb;
CREATE TABLE doc (id int PRIMARY KEY, body jsonb, meta document, tags text[], versions jsonb[]);
CREATE TABLE point_list (id int, body int[]);

-- expect: JSONB_SUBSCRIPTING
SELECT body['a'] FROM doc;
-- expect: JSONB_SUBSCRIPTING
SELECT d.body[0]['b'] FROM doc d;
-- expect: JSONB_SUBSCRIPTING
SELECT meta['a'] FROM doc;
-- expect: JSONB_SUBSCRIPTING
UPDATE doc SET body['a'] = '1' WHERE id = 1;
-- expect: JSONB_SUBSCRIPTING
UPDATE doc SET body['a']['b'][0] = '1';
-- expect: JSONB_SUBSCRIPTING +1
INSERT INTO doc (id) VALUES (1) ON CONFLICT (id) DO UPDATE
  SET body['a'] = '1';
-- expect: JSONB_SUBSCRIPTING
SELECT ('{"a": 1}'::jsonb)['a'];
-- expect: JSONB_SUBSCRIPTING
SELECT (to_jsonb(doc))[0] FROM doc;
-- expect: JSONB_SUBSCRIPTING
CREATE VIEW of_doc AS SELECT id FROM doc WHERE body['public'] = 'true';
-- expect: JSONB_SUBSCRIPTING +3
CREATE FUNCTION name_of(j jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  -- j['title']
  RETURN j['name'];
END $$;

SELECT tags[1], tags[1:2], versions[1], array_length(tags, 1), body -> 'a', 'body[''a'']' FROM doc;
SELECT body[1] FROM point_list;
SELECT (ARRAY['a', 'b'])[1], (string_to_array('a,b', ','))[1], (regexp_match('a', 'b'))[1];
UPDATE doc SET tags[1] = 'x';
