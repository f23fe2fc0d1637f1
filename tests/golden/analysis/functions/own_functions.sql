-- Functions that the schema brings along are moved with it.
CREATE FUNCTION app.any_value_step(anyelement, anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE app.any_value (anyelement) (sfunc = app.any_value_step, stype = anyelement);
CREATE FUNCTION regexp_like(value text, pattern text) RETURNS boolean LANGUAGE sql AS 'SELECT value ~ pattern';

SELECT any_value(region), count(*) FROM sale GROUP BY shop;
SELECT * FROM sale WHERE regexp_like(region, '^n');
