-- expect: ANY_VALUE_AGGREGATE_FUNCTION
SELECT any_value(region) FILTER (WHERE region <> '') FROM sale GROUP BY shop;
-- expect: ANY_VALUE_AGGREGATE_FUNCTION
CREATE MATERIALIZED VIEW shops AS SELECT shop, any_value(region) FROM sale GROUP BY shop;
-- expect: RANGE_AGGREGATE_FUNCTION
SELECT range_agg(during) FROM booking;
-- expect: RANGE_AGGREGATE_FUNCTION
SELECT range_intersect_agg(during) OVER (PARTITION BY room) FROM booking;

SELECT min(region), array_agg(region), range_merge(during, during), range_agg FROM sale
 WHERE region = ANY (VALUES ('any_value(x)'));
